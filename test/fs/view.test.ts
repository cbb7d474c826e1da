import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Names, roleOf } from '../../src/fs/names.ts';
import { View, type ViewOptions } from '../../src/fs/view.ts';
import { MemoryTree } from '../support/memory-tree.ts';
import { HandClock } from '../support/test-file-system.ts';

/** Storages `x` (home, work) and `y` (work, work-x), and `z`, which is not mounted. */
function names(layout: ViewOptions['layout']) {
  const tree = new MemoryTree();
  const [x, y, z] = ['x', 'y', 'z'].map((name) => tree.addStorage(name));
  const home = tree.addCollection(x ?? 0, 'home');
  const workX = tree.addCollection(x ?? 0, 'work');
  const workY = tree.addCollection(y ?? 0, 'work');
  const odd = tree.addCollection(y ?? 0, 'work-x');
  tree.addCollection(z ?? 0, 'hidden');
  const view = new View(tree, { layout, storages: ['x', 'y'] });
  const clock = new HandClock();
  return { tree, view, clock, names: new Names(tree, view, clock), ino: { x, home, workX, workY, odd } };
}

const listed = (view: View, tree: MemoryTree): string[] => {
  const root = tree.inode(1);
  assert.ok(root);
  return view.children(root).map(({ name }) => name);
};

describe('the nested layout', () => {
  const { tree, view, names: paths, ino } = names('nested');
  it('shows the mounted storages', () => assert.deepEqual(listed(view, tree), ['x', 'y']));
  it('finds by storage and collection', () => {
    assert.equal(paths.find('/x/work')?.inode.ino, ino.workX);
    assert.equal(paths.find('/y/work')?.inode.ino, ino.workY);
    assert.equal(paths.find('/z'), undefined);
    assert.equal(paths.find('/work'), undefined);
    assert.equal(paths.find('/')?.inode.ino, 1);
  });
  it('tells the path of a collection', () => {
    assert.equal(view.pathOf('x', 'work'), '/x/work');
    assert.equal(view.pathOf('x', ''), '/x');
    assert.equal(view.pathOf('z', 'hidden'), undefined);
  });
});

describe('the flat layout', () => {
  const { tree, view, names: paths, ino } = names('flat');
  it('shows all collections, and a name that clashes stands for none of them', () =>
    assert.deepEqual(listed(view, tree), ['home', 'work-x-x', 'work-y', 'work-x']));
  const paths_: readonly [path: string, ino: number | undefined][] = [
    ['/home', ino.home],
    ['/work', undefined],
    ['/work-y', ino.workY],
    ['/work-x', ino.odd],
    ['/work-x-x', ino.workX],
    ['/hidden', undefined],
    ['/x', undefined],
  ];
  for (const [path, want] of paths_)
    it(`${path} is ${want === undefined ? 'nothing' : 'one collection'}`, () =>
      assert.equal(paths.find(path)?.inode.ino, want));
  it('tells the path of a collection', () => {
    assert.equal(view.pathOf('x', 'home'), '/home');
    assert.equal(view.pathOf('x', 'work'), '/work-x-x');
    assert.equal(view.pathOf('x', ''), '/');
    assert.equal(view.pathOf('x', 'none'), undefined);
  });
});

describe('names', () => {
  it('know an upper folder for a second, so a collection that was made anew is found after that', () => {
    const { tree, clock, names: paths, ino } = names('nested');
    tree.addFile(ino.home, 'a.ics', 'old');
    assert.ok(paths.find('/x/home/a.ics'));
    tree.unlink(ino.x ?? 0, 'home', 0);
    const again = tree.addCollection(ino.x ?? 0, 'home');
    const file = tree.addFile(again, 'a.ics', 'new');
    clock.move(1000);
    assert.equal(paths.find('/x/home/a.ics')?.inode.ino, file);
    assert.equal(paths.find('/x/home')?.inode.ino, again);
  });

  it('show the times of a folder as they are, however often it is asked', () => {
    const { tree, names: paths, ino } = names('nested');
    for (const time of [1000, 2000]) {
      tree.setTimes(ino.home, time, time);
      assert.equal(paths.find('/x/home')?.inode.mtimeMs, time);
      assert.equal(paths.find('/x/home/a.ics'), undefined);
    }
  });

  it('in a hidden folder follow its renames at once', () => {
    const { tree, names: paths, ino } = names('nested');
    const folder = tree.createDirectory(ino.home, '.x', 0o700, 0);
    tree.createFile(folder.ino, 'f', 0o600, 0);
    assert.ok(paths.find('/x/home/.x/f'));
    tree.rename({ parent: ino.home, name: '.x' }, { parent: ino.home, name: '.y' }, 0);
    assert.equal(paths.find('/x/home/.x/f'), undefined);
    assert.ok(paths.find('/x/home/.y/f'));
  });

  const roles: readonly [name: string, role: string][] = [
    ['a.ics', 'item'],
    ['a.vcf', 'scratch'],
    ['.a.ics', 'scratch'],
    ['a.ics~', 'scratch'],
    ['color', 'metadata'],
    ['colour', 'scratch'],
    ['.pimsync-1', 'staged'],
    ['.fuse_hidden1', 'scratch'],
  ];
  for (const [name, role] of roles)
    it(`${name} in a calendar is ${role}`, () => {
      const { tree, ino } = names('nested');
      const parent = tree.inode(ino.home);
      assert.ok(parent);
      assert.equal(roleOf({ parent, name }), role);
    });
});
