import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { requirement } from '../support/requirements.ts';
import { tempDir } from '../support/temp-dir.ts';

const run = promisify(execFile);
const USER = 'nobody';

/** In a world of its own, where /dev/fuse is for everybody as on most machines. */
const OWN_WORLD = 'unshare';
const WORLD = [OWN_WORLD, '--mount', 'sh', '-euc'];

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'the other tests have run as a user already';
  try {
    execFileSync(OWN_WORLD, ['--mount', 'setpriv', '--reuid', USER, '--clear-groups', 'true'], {
      stdio: 'ignore',
    });
    return undefined;
  } catch {
    return 'this root may not make name spaces';
  }
}

describe('for an unprivileged user, through fusermount', { skip: requirement('fuse') ?? whyNot() }, () => {
  for (const suite of ['coherence', 'collections', 'posix', 'read-only'])
    it(`the suite ${suite} passes`, async (t) => {
      const { path: folder, close } = await tempDir();
      t.after(close);
      await files.chmod(folder, 0o777);
      const device = path.join(folder, 'fuse');
      const script = `mknod -m 666 "$1" c 10 229; chmod 666 "$1"; mount --bind "$1" /dev/fuse; shift
        exec setpriv --reuid ${USER} --regid nogroup --clear-groups "$@"`;
      const test = [
        process.execPath,
        '--import',
        import.meta.resolve('tsx'),
        '--test',
        '--test-reporter',
        'tap',
      ];
      const file = path.join(import.meta.dirname, `${suite}.test.ts`);
      const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: folder, HOME: folder };
      // Else the inner run takes itself for a part of this one and reports in another form.
      delete env['NODE_TEST_CONTEXT'];
      const [program, ...args] = [...WORLD, script, 'sh', device, ...test, file];
      const { stdout } = await run(program, args, { env, timeout: 120_000, killSignal: 'SIGKILL' }).catch(
        (error: { stdout: string }) => error,
      );
      assert.match(stdout, /^# fail 0\n# cancelled 0$/m, stdout);
      assert.doesNotMatch(stdout, /^# pass 0$/m);
    });
});
