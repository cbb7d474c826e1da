import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerError } from '../../src/core/errors.ts';
import type { Window } from '../../src/core/window.ts';
import { infoOf, openMock, WORK } from '../support/dav-collection.ts';
import { type Behaviour, MockDav, multistatus, refused, syncToken } from '../support/mock-dav.ts';
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
