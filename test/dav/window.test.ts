import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerError } from '../../src/core/errors.ts';
import type { Window } from '../../src/core/window.ts';
import { infoOf, openMock, WORK } from '../support/dav-collection.ts';
import { href } from '../../src/core/storage.ts';
import {
  type Behaviour,
  found,
  getetag,
  MockDav,
  multistatus,
  refused,
  syncToken,
} from '../support/mock-dav.ts';
import { item } from '../support/sync-reports.ts';

const NAMES = { VEVENT: 'event.ics', VTODO: 'todo.ics', VJOURNAL: 'diary.ics' } as const;
type Component = keyof typeof NAMES;
const ALL = Object.keys(NAMES) as Component[];

const open = { components: [], since: undefined, until: undefined } as const satisfies Window;

/** A calendar with one item of each kind; `inside` answers a query for a kind in place of that item alone. */
function calendar(inside?: (component: Component) => Behaviour): { mock: MockDav; queries: string[] } {
  const queries: string[] = [];
  const mock = new MockDav().on(`REPORT ${WORK}`, (request) => {
    const { body = '' } = request;
    if (!body.includes('calendar-query'))
      return multistatus(...Object.values(NAMES).map((name) => item(name)), syncToken('7'))(request);
    const component = ALL.find((name) => body.includes(`"${name}"`));
    assert.ok(component, body);
    queries.push(body);
    return (inside?.(component) ?? multistatus(item(NAMES[component])))(request);
  });
  return { mock, queries };
}

async function look(
  window: Window,
  { mock }: { mock: MockDav },
): Promise<{ inside: string[]; outside: string[] }> {
  const { changed, outside = [] } = await openMock(mock, { window }, infoOf()).changes(undefined);
  const named = (hrefs: readonly string[]): string[] =>
    hrefs.map((href) => href.slice(WORK.length)).toSorted();
  return { inside: named(changed.map(({ href }) => href)), outside: named(outside) };
}

describe('a window on a calendar', () => {
  for (const components of [['VEVENT'], ['VTODO'], ['VEVENT', 'VTODO'], ALL] as const) {
    it(`carries ${components.join(' and ')}, with one query each, and takes the others for outside`, async () => {
      const server = calendar();
      const { inside, outside } = await look({ ...open, components: [...components] }, server);
      assert.deepEqual(inside, components.map((name) => NAMES[name]).toSorted());
      assert.deepEqual(
        outside,
        ALL.filter((name) => !(components as readonly string[]).includes(name))
          .map((name) => NAMES[name])
          .toSorted(),
      );
      assert.equal(server.queries.length, components.length);
      // Filters side by side would all have to match.
      for (const query of server.queries)
        assert.equal(query.match(/comp-filter name="V[EJT]/g)?.length, 1, query);
    });
  }

  it('that chooses nothing is no window: one report, no query', async () => {
    const server = calendar();
    const { changed, outside } = await openMock(server.mock).changes(undefined);
    assert.deepEqual(
      [changed.length, outside, server.queries, server.mock.seen.length],
      [3, undefined, [], 1],
    );
  });

  it('of time asks for each kind of component between its edges, in UTC', async () => {
    const server = calendar();
    await look({ ...open, since: { days: 30 }, until: { date: '2026-12-24' } }, server);
    assert.equal(server.queries.length, ALL.length);
    for (const query of server.queries)
      assert.match(query, /time-range start="20261023T000000Z" end="20261225T000000Z"/);
  });

  describe('of which changes come with their texts', () => {
    const event = (...lines: readonly string[]): string =>
      ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:x', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
    const at = (day: string, ...lines: readonly string[]): string =>
      event(`DTSTART:${day}T100000Z`, ...lines);
    const between = { ...open, since: { days: 30 }, until: { date: '2026-12-24' } };
    const near = at('20261122');
    const todo = near.replaceAll('VEVENT', 'VTODO');

    const cases: readonly (readonly [title: string, window: Window, text: string, want: string])[] = [
      ['in the middle', between, near, 'inside'],
      ['of some days', between, at('20261120', 'DTEND:20261125T100000Z'), 'inside'],
      ['of a whole day', between, event('DTSTART;VALUE=DATE:20261122'), 'inside'],
      ['long ago', between, at('20250101'), 'outside'],
      ['far in the future', between, at('20280101'), 'outside'],
      ['near the beginning', between, at('20261023'), 'VEVENT'],
      ['near the end', between, at('20261224'), 'VEVENT'],
      ['that reaches into it from before', between, at('20250101', 'DTEND:20261122T100000Z'), 'inside'],
      ['that began long ago and is repeated', between, at('20250101', 'RRULE:FREQ=YEARLY'), 'VEVENT'],
      ['with further dates', between, at('20250101', 'RDATE:20261122T100000Z'), 'VEVENT'],
      ['with an occurrence of its own', between, at('20250101', 'RECURRENCE-ID:20250101'), 'VEVENT'],
      ['of some length', between, at('20250101', 'DURATION:P900D'), 'VEVENT'],
      ['without a time', between, event('SUMMARY:x'), 'VEVENT'],
      ['with an odd time', between, event('DTSTART:soon'), 'VEVENT'],
      ['that ends before it begins', between, at('20261122', 'DTEND:20251122T100000Z'), 'VEVENT'],
      ['that is a to-do', between, todo, 'VTODO'],
      ['that is damaged', between, near.replace('END:VEVENT', ''), 'VEVENT VTODO VJOURNAL'],
      ['of a kind that is carried', { ...open, components: ['VEVENT'] }, near, 'inside'],
      ['of a kind that is not', { ...open, components: ['VEVENT'] }, todo, 'outside'],
      ['of a kind that is not, in time', { ...between, components: ['VTODO'] }, near, 'outside'],
      ['in time, of several kinds', { ...between, components: ['VTODO', 'VEVENT'] }, near, 'inside'],
    ];
    for (const [title, window, text, want] of cases)
      it(`one ${title}: ${want.startsWith('V') ? `the server is asked about ${want}` : want}`, async () => {
        const server = calendar(() => multistatus());
        const collection = openMock(server.mock, { window }, infoOf());
        const { token } = await collection.changes(undefined);
        server.queries.length = 0;
        let seen = 0;
        server.mock.on(`REPORT ${WORK}`, (request) => {
          const { body = '' } = request;
          if (!body.includes('calendar-query'))
            return multistatus(
              found(`${WORK}x.ics`, getetag('"2"') + `<c:calendar-data>${text}</c:calendar-data>`),
              syncToken('8'),
            )(request);
          seen += 1;
          server.queries.push(ALL.find((name) => body.includes(`"${name}"`)) ?? '');
          return multistatus()(request);
        });
        const { changed, outside = [] } = await collection.changes(token);
        assert.equal(seen, want.startsWith('V') ? want.split(' ').length : 0);
        const told = changed.length > 0 ? 'inside' : server.queries.join(' ') || 'outside';
        assert.deepEqual([told, changed.length + outside.length], [want, 1]);
        if (want === 'inside')
          for await (const fetched of collection.fetch([href(`${WORK}x.ics`)]))
            assert.equal(fetched.type === 'item' && fetched.item.text, text, 'it is not asked for again');
      });
  });

  it('whose list is cut short is an error', async () => {
    const server = calendar(() => multistatus(item('event.ics'), refused(WORK, 507)));
    await assert.rejects(look({ ...open, components: ['VEVENT'] }, server), ServerError);
  });

  it('is asked for nothing where nothing changed', async () => {
    const server = calendar();
    const collection = openMock(server.mock, { window: { ...open, components: ['VEVENT'] } }, infoOf());
    const { token } = await collection.changes(undefined);
    server.queries.length = 0;
    server.mock.on(`REPORT ${WORK}`, multistatus(syncToken('8')));
    assert.deepEqual((await collection.changes(token)).changed, []);
    assert.equal(server.mock.seen.length, 3);
  });
});
