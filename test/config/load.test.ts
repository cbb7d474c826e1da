import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isEmbeddedDefault } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { tempDir } from '../support/temp-dir.ts';

let home: string;
let close: () => Promise<void>;
beforeEach(async () => ({ path: home, close } = await tempDir()));
afterEach(() => close());

/** Writes a configuration with one storage of that name. */
async function save(name: string, path: string): Promise<string> {
  const full = join(home, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, `[storage.${name}]\ntype = "vdir/icalendar"\npath = "/c"\n`);
  return full;
}

/** Which storage the configuration that was found has. */
async function found(explicitPath: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const config = await loadConfig({ explicitPath, env, home });
  return [...config.storages.keys()].join();
}

describe('loadConfig', () => {
  it('takes the file that -c names before all others', async () => {
    const explicit = await save('explicit', 'a.toml');
    await save('usual', '.config/pimsync/mount.toml');
    assert.equal(await found(explicit, { PIMSYNC_CONFIG: await save('variable', 'b.toml') }), 'explicit');
  });

  it('takes the file of $PIMSYNC_CONFIG before the usual place', async () => {
    await save('usual', '.config/pimsync/mount.toml');
    assert.equal(await found(undefined, { PIMSYNC_CONFIG: await save('variable', 'b.toml') }), 'variable');
    assert.equal(await found(undefined, { PIMSYNC_CONFIG: '~/b.toml' }), 'variable');
  });

  it('takes the usual place below $XDG_CONFIG_HOME, else below ~/.config', async () => {
    await save('elsewhere', 'xdg/pimsync/mount.toml');
    await save('usual', '.config/pimsync/mount.toml');
    assert.equal(await found(undefined, { XDG_CONFIG_HOME: join(home, 'xdg') }), 'elsewhere');
    assert.equal(await found(undefined, {}), 'usual');
    assert.equal(await found(undefined, { XDG_CONFIG_HOME: 'relative', PIMSYNC_CONFIG: '' }), 'usual');
  });

  it('tells which file it was', async () => {
    const path = await save('x', 'a.toml');
    const config = await loadConfig({ explicitPath: path, env: {}, home });
    assert.equal(config.path, path);
    assert.equal(isEmbeddedDefault(config), false);
  });

  it('refuses a missing file that was asked for', async () => {
    const path = join(home, 'missing.toml');
    await assert.rejects(loadConfig({ explicitPath: path, env: {}, home }), {
      name: 'ConfigError',
      message: `${path}, named by -c, is not there`,
    });
    await assert.rejects(loadConfig({ env: { PIMSYNC_CONFIG: path }, home }), /named by \$PIMSYNC_CONFIG/);
  });

  it('refuses a folder in place of a file', async () => {
    await assert.rejects(loadConfig({ explicitPath: home, env: {}, home }), /cannot be read \(EISDIR\)/);
  });

  it('refuses what is not UTF-8', async () => {
    const path = join(home, 'latin1.toml');
    await writeFile(path, Buffer.from([0x23, 0xfc]));
    await assert.rejects(loadConfig({ explicitPath: path, env: {}, home }), /not UTF-8/);
  });

  it('reads a file that begins with a BOM', async () => {
    const path = join(home, 'bom.toml');
    await writeFile(path, '\uFEFFstate_path = "/state"');
    assert.equal((await loadConfig({ explicitPath: path, env: {}, home })).statePath, '/state');
  });

  it('names the file in front of each fault', async () => {
    const path = join(home, 'faulty.toml');
    await writeFile(path, 'x = 1\ny = 2');
    await assert.rejects(loadConfig({ explicitPath: path, env: {}, home }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.message.split('\n').map((line) => line.slice(0, path.length + 5)),
        [`${path}:1: x`, `${path}:2: y`],
      );
      return true;
    });
  });
});

describe('the embedded default', () => {
  it('holds when there is no file at all', async () => {
    const config = await loadConfig({ env: {}, home });
    assert.equal(isEmbeddedDefault(config), true);
    assert.equal(config.statePath, join(home, '.local/state/pimsync'));
    const paths = [...config.storages.values()].map((storage) => 'path' in storage && storage.path);
    assert.deepEqual(
      paths,
      ['calendars', 'contacts'].map((name) => join(home, '.local/share/pimsync', name)),
    );
    assert.deepEqual(config.mount?.storages, ['calendars', 'contacts']);
    assert.equal(config.mount.path, join(home, 'calendars'));
  });

  it('follows $XDG_DATA_HOME and $XDG_STATE_HOME', async () => {
    const config = await loadConfig({ env: { XDG_DATA_HOME: '/data', XDG_STATE_HOME: '/state/' }, home });
    const paths = [...config.storages.values()].map((storage) => 'path' in storage && storage.path);
    assert.deepEqual(paths, ['/data/pimsync/calendars', '/data/pimsync/contacts']);
    assert.equal(config.statePath, '/state/pimsync');
  });
});

describe('a password in the file', () => {
  const storage = '[storage.dav]\ntype = "caldav"\nurl = "https://d/"\nusername = "me"\n';
  const warningsAt = async (mode: number, password: string): Promise<readonly string[]> => {
    const path = join(home, 'pw.toml');
    await writeFile(path, `${storage}password = ${password}`);
    await chmod(path, mode);
    return (await loadConfig({ explicitPath: path, env: {}, home })).warnings;
  };

  it('is warned of when others may read the file', async () => {
    for (const mode of [0o644, 0o640, 0o604]) {
      const [warning = '', ...more] = await warningsAt(mode, '"hunter2"');
      assert.match(warning, /^storage\.dav: .*chmod 600/);
      assert.doesNotMatch(warning, /hunter2/);
      assert.deepEqual(more, []);
    }
  });

  it('is not warned of when the file is private', async () => {
    assert.deepEqual(await warningsAt(0o600, '"hunter2"'), []);
  });

  it('is not warned of when it only says where the password is', async () => {
    assert.deepEqual(await warningsAt(0o644, '{ env = "PW" }'), []);
  });
});
