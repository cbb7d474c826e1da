import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  findEnclosingMount,
  findOwnMount,
  isInside,
  parseMountinfo,
  readMounts,
} from '../../src/fs/mountinfo.ts';

const TEXT = String.raw`27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
39 27 0:40 / /home/me/calendars rw,nosuid,nodev,relatime shared:12 master:3 - fuse.pimsync pimsync rw,user_id=1000
40 27 0:41 / /home/me/my\040\134odd\011mount rw - fuse.pimsync pimsync rw
41 27 0:42 / /home/me/photos rw - fuse.sshfs host:/photos rw
42 27 0:43 / /home/me/calendars rw - fuse.pimsync pimsync rw
garbage
43 27 0:44 / /cut`;

describe('mountinfo', () => {
  const mounts = parseMountinfo(TEXT);

  it('is read line by line, optional fields or none, and what is no line is passed over', () => {
    assert.deepEqual(
      mounts.map(({ id, type }) => [id, type]),
      [
        [27, 'ext4'],
        [39, 'fuse.pimsync'],
        [40, 'fuse.pimsync'],
        [41, 'fuse.sshfs'],
        [42, 'fuse.pimsync'],
      ],
    );
  });

  it('has odd paths escaped', () => assert.equal(mounts[2]?.mountPoint, '/home/me/my \\odd\tmount'));

  const own: readonly [what: string, path: string, id: number | undefined][] = [
    ['ours on top of another of ours', '/home/me/calendars', 42],
    ["another program's", '/home/me/photos', undefined],
    ['a folder in ours', '/home/me/calendars/dav', undefined],
    ['a folder with a similar name', '/home/me/calendars2', undefined],
  ];
  for (const [what, path, id] of own)
    it(`findOwnMount: ${what}`, () => assert.equal(findOwnMount(mounts, path)?.id, id));

  const enclosing: readonly [what: string, path: string, id: number | undefined][] = [
    ['a folder in ours', '/home/me/calendars/dav', 42],
    ['ours itself', '/home/me/calendars', undefined],
    ['a folder with a similar name', '/home/me/calendars2/x', undefined],
    ["a folder in another program's", '/home/me/photos/x', undefined],
  ];
  for (const [what, path, id] of enclosing)
    it(`findEnclosingMount: ${what}`, () => assert.equal(findEnclosingMount(mounts, path)?.id, id));

  const inside: readonly [file: string, folder: string, want: boolean][] = [
    ['/a/b', '/a', true],
    ['/a', '/a', false],
    ['/ab', '/a', false],
    ['/', '/a', false],
    ['/a/..b', '/a', true],
  ];
  for (const [file, folder, want] of inside)
    it(`${file} is ${want ? '' : 'not '}inside ${folder}`, () => assert.equal(isInside(file, folder), want));

  it("the running system's can be read", async () => {
    assert.ok((await readMounts()).some(({ mountPoint }) => mountPoint === '/'));
  });
});
