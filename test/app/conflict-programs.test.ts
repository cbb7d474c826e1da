import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { unattended } from '../../src/app/conflict-programs.ts';
import { makeOneText, type OneText, type RunProgram } from '../../src/app/make-one-text.ts';
import { eventText } from '../support/items.ts';
import { crash, endsOf, eventually, isAlive } from '../support/program.ts';
import { tempDir } from '../support/temp-dir.ts';

const NO_LIMIT_MS = 60_000;
const FREE = { env: process.env, signal: undefined };
const VERSIONS = {
  kind: 'calendar',
  base: eventText({ summary: 'before' }),
  a: eventText({ summary: 'Tee für Ärzte' }),
  b: eventText({ summary: 'on b' }),
} as const;

const script = (text: string, timeoutMs = NO_LIMIT_MS): RunProgram =>
  unattended(['/bin/sh', '-euc', text, 'decide'], timeoutMs);
const decide = (text: string, versions: Parameters<typeof makeOneText>[1] = VERSIONS): Promise<OneText> =>
  makeOneText(script(text), versions, FREE);

describe('a program that makes both versions the same', () => {
  const good: readonly (readonly [what: string, text: string, want: string])[] = [
    ["takes a's", 'cp "$1" "$2"', VERSIONS.a],
    ["takes b's", 'cp "$2" "$1"', VERSIONS.b],
    ['takes what both had', 'cp "$PIMSYNC_BASE" "$1"; cp "$PIMSYNC_BASE" "$2"', VERSIONS.base],
    ['puts another file in their places', 'cp "$1" x; mv x "$2"', VERSIONS.a],
    ['leaves another line at the end of one', 'cp "$1" "$2"; echo >> "$2"', VERSIONS.a],
    ['says a lot', 'head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero; cp "$1" "$2"', VERSIONS.a],
    ['asks, and gets no answer', 'read answer || cp "$1" "$2"', VERSIONS.a],
    [
      'is given two files with telling names',
      'case "$1 $2" in */a.ics\\ */b.ics) cp "$1" "$2";; esac',
      VERSIONS.a,
    ],
    ['leaves something running', 'sleep 1000 & cp "$1" "$2"', VERSIONS.a],
  ];
  for (const [what, text, want] of good) {
    it(`and ${what} has decided`, async () => {
      assert.deepEqual(await decide(text), { type: 'text', text: want });
    });
  }

  const bad: readonly (readonly [what: string, text: string, reason: RegExp])[] = [
    ['fails', 'cp "$1" "$2"; exit 3', /^\/bin\/sh ended with 3$/],
    [
      'fails and says why',
      'echo one >&2; echo "no display" >&2; exit 1',
      /^\/bin\/sh ended with 1: no display$/,
    ],
    ['ends by a signal', 'kill -9 $$', /^\/bin\/sh ended with SIGKILL$/],
    ['does nothing', 'true', /^the program left both files different$/],
    ['empties one', ': > "$1"', /different/],
    ['empties both', ': > "$1"; : > "$2"', /^the program emptied both files$/],
    ['deletes one', 'rm "$2"', /cannot be read: ENOENT/],
    ['writes what is no text', 'printf "\\377" > "$1"; cp "$1" "$2"', /cannot be read: .*not UTF-8/],
    ['puts a folder in the place of one', 'rm "$1"; mkdir "$1"', /cannot be read: EISDIR/],
  ];
  for (const [what, text, reason] of bad) {
    it(`and ${what} has not`, async () => {
      const outcome = await decide(text);
      assert.equal(outcome.type, 'left');
      assert.match(outcome.type === 'left' ? outcome.reason : '', reason);
    });
  }

  it('and does not exist is told by its name', async () => {
    const outcome = await makeOneText(unattended(['no-such-program', '-x'], NO_LIMIT_MS), VERSIONS, FREE);
    assert.deepEqual(outcome, { type: 'left', reason: 'no-such-program cannot be run (ENOENT)' });
  });

  it('has decided, too, when only the order of the lines is different', async () => {
    const text = 'awk \'/^SUMMARY/ { late = $0; next } /^END:VEVENT/ { print late } { print }\' "$1" > "$2"';
    const versions = { ...VERSIONS, a: eventText({ summary: 'x', lines: ['LOCATION:y'] }) };
    assert.deepEqual(await decide(text, versions), { type: 'text', text: versions.a });
  });

  it('is told of no former version where there is none', async () => {
    const program = script('[ -z "${PIMSYNC_BASE-}" ] && cp "$1" "$2"');
    const env = { ...process.env, PIMSYNC_BASE: '/somewhere' };
    const outcome = await makeOneText(program, { ...VERSIONS, base: undefined }, { ...FREE, env });
    assert.equal(outcome.type, 'text');
  });

  it('is ended with all that it started when its time is up', async (t) => {
    const folder = await tempDir();
    endsOf(t).add(folder.close);
    const pids = `${folder.path}/pids`;
    const text = `sleep 1000 & echo $! > "${pids}"; echo $$ >> "${pids}"; wait`;
    const outcome = await makeOneText(script(text, 300), VERSIONS, FREE);
    assert.deepEqual(outcome, { type: 'left', reason: '/bin/sh took longer than 0.3 s and was ended' });
    for (const pid of (await readFile(pids, 'utf8')).trim().split('\n'))
      await eventually(`the end of ${pid}`, async () => !(await isAlive(Number(pid))));
  });

  it('and leaves a session of its own behind is not waited for', async (t) => {
    const folder = await tempDir();
    const ends = endsOf(t);
    ends.add(folder.close);
    const file = `${folder.path}/pid`;
    const text = `setsid sh -c 'echo $$ > "${file}.new"; mv "${file}.new" "${file}"; exec sleep 1000' & cp "$1" "$2"
      until [ -e "${file}" ]; do sleep 0.01; done`;
    const outcome = await decide(text);
    ends.add(async () => crash(Number(await readFile(file, 'utf8'))));
    assert.equal(outcome.type, 'text');
  });

  it('is ended when nobody waits for it any more', async () => {
    const stop = new AbortController();
    const program: RunProgram = (input) => {
      setImmediate(() => stop.abort(new Error('stopped')));
      return script('sleep 1000')(input);
    };
    await assert.rejects(makeOneText(program, VERSIONS, { ...FREE, signal: stop.signal }), /stopped/);
  });

  it('leaves no files behind', async (t) => {
    const folder = await tempDir();
    endsOf(t).add(folder.close);
    const usual = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder.path;
    try {
      await decide('cp "$1" "$2"; echo > "$(dirname "$1")/.x.swp"');
      await decide('false');
      assert.deepEqual(await readdir(folder.path), []);
    } finally {
      if (usual === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = usual;
    }
  });
});
