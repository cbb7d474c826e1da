import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FileError } from '../../src/cache/file-tree.ts';
import { Draft } from '../../src/fs/draft.ts';
import { testFileSystem } from '../support/test-file-system.ts';

const NAMES = ['a.ics', 'b.ics', 'tmp', '.swp'];
const name = fc.constantFrom(...NAMES);
const position = fc.nat(12);
const bytes = fc.uint8Array({ maxLength: 8 });

describe('a draft', () => {
  const change = fc.oneof(
    fc.record({ type: fc.constant('write' as const), data: bytes, position }),
    fc.record({ type: fc.constant('truncate' as const), size: fc.nat(20) }),
    fc.record({ type: fc.constant('look' as const) }),
  );

  it('holds what a plain array would, and never changes what it has shown', () => {
    fc.assert(
      fc.property(bytes, fc.array(change, { maxLength: 20 }), (start, changes) => {
        const draft = new Draft(start, 1000);
        let model = Buffer.from(start);
        const seen: [Uint8Array, Buffer][] = [];
        const at = { nowMs: 0, previousMs: () => 0 };
        for (const step of changes) {
          if (step.type === 'look') seen.push([draft.view(), Buffer.from(model)]);
          if (step.type === 'truncate') {
            draft.truncate(step.size, at);
            model = Buffer.concat([
              model.subarray(0, step.size),
              Buffer.alloc(Math.max(0, step.size - model.length)),
            ]);
          }
          if (step.type === 'write') {
            draft.write(step.data, step.position, at);
            const end = step.position + step.data.length;
            const grown = Buffer.concat([model, Buffer.alloc(Math.max(0, end - model.length))]);
            grown.set(step.data, step.position);
            model = grown;
          }
        }
        seen.push([draft.view(), model]);
        for (const [shown, then] of seen) assert.deepEqual(Buffer.from(shown), then);
      }),
    );
  });
});

type Step =
  | { type: 'write'; name: string; data: Uint8Array; position: number }
  | { type: 'truncate'; name: string; size: number }
  | { type: 'rename' | 'link'; from: string; to: string }
  | { type: 'unlink' | 'open' | 'close'; name: string };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('write' as const), name, data: bytes, position }),
  fc.record({ type: fc.constant('truncate' as const), name, size: fc.nat(20) }),
  fc.record({ type: fc.constantFrom('rename' as const, 'link' as const), from: name, to: name }),
  fc.record({ type: fc.constantFrom('unlink' as const, 'open' as const, 'close' as const), name }),
);

/** What POSIX says of a folder with plain files: names that lead to contents. */
class Model {
  readonly files = new Map<string, { bytes: Buffer }>([['a.ics', { bytes: Buffer.from('old') }]]);

  /** Whether the call succeeds. */
  run(step: Step): boolean {
    if ('from' in step) return this.#move(step);
    const file = this.files.get(step.name);
    if (!file) return false;
    if (step.type === 'unlink') this.files.delete(step.name);
    if (step.type === 'truncate') resize(file, step.size);
    if (step.type === 'write') {
      if (step.data.length > 0) resize(file, Math.max(file.bytes.length, step.position + step.data.length));
      file.bytes.set(step.data, step.data.length > 0 ? step.position : 0);
    }
    return true;
  }

  #move({ type, from, to }: { type: 'rename' | 'link'; from: string; to: string }): boolean {
    const file = this.files.get(from);
    if (!file || (type === 'link' && this.files.has(to))) return false;
    // Two names of one file: both stay.
    if (type === 'rename' && this.files.get(to) !== file) this.files.delete(from);
    this.files.set(to, file);
    return true;
  }
}

function resize(file: { bytes: Buffer }, size: number): void {
  file.bytes = Buffer.concat([
    file.bytes.subarray(0, size),
    Buffer.alloc(Math.max(0, size - file.bytes.length)),
  ]);
}

describe('the operations', () => {
  it('do to files what POSIX says, with handles open or not, and leave nothing behind', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 30 }), (history) => {
        const { ops, tree, ino } = testFileSystem();
        const model = new Model();
        const open: number[] = [];
        const at = (file: string): string => `/dav/cal/${file}`;
        const perform = (step: Step): void => {
          switch (step.type) {
            case 'rename':
              return ops.rename(at(step.from), at(step.to));
            case 'link':
              return ops.link(at(step.from), at(step.to));
            case 'unlink':
              return ops.unlink(at(step.name));
            case 'truncate':
              return ops.truncate(at(step.name), step.size);
            case 'open':
              open.push(ops.open(at(step.name), constants.O_RDWR));
              return;
            case 'close':
              ops.getattr(at(step.name));
              for (const fd of open.splice(0, 1)) ops.release(fd);
              return;
            case 'write': {
              const fd = ops.open(at(step.name), constants.O_WRONLY);
              if (step.data.length > 0) ops.write(fd, step.data, step.position);
              ops.flush(at(step.name), fd);
              return ops.release(fd);
            }
          }
        };
        for (const step of history) {
          let done = true;
          try {
            perform(step);
          } catch (error) {
            assert.ok(error instanceof FileError, String(error));
            done = false;
          }
          assert.equal(done, model.run(step), JSON.stringify(step));
          for (const [file, { bytes: want }] of model.files) {
            const { size } = ops.getattr(at(file));
            const fd = ops.open(at(file), constants.O_RDONLY);
            const buffer = Buffer.alloc(100);
            assert.deepEqual(buffer.subarray(0, ops.read(fd, buffer, 0)), want);
            assert.equal(size, want.length);
            ops.release(fd);
          }
        }
        for (const fd of open) ops.release(fd);
        assert.deepEqual(ops.readdir('/dav/cal').names.slice(2).sort(), [...model.files.keys()].sort());
        const inodes = new Set(tree.children(ino.cal).map((entry) => entry.ino));
        const files = Array.from({ length: 100 }, (_, at) => tree.inode(at + ino.a)).filter((inode) => inode);
        assert.equal(files.length, inodes.size, 'an inode without names outlived its handles');
        assert.equal(tree.written.size, 0, 'a file is still taken for being written');
      }),
      { numRuns: 300 },
    );
  });

  it('move the time of a file forward with each change of what it shows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(bytes, fc.integer({ min: -50, max: 50 }), fc.boolean()), { maxLength: 20 }),
        (writes) => {
          const { ops, clock } = testFileSystem();
          const fd = ops.open('/dav/cal/a.ics', constants.O_RDWR);
          let last = ops.getattr('/dav/cal/a.ics').mtime;
          for (const [data, ms, flush] of writes) {
            clock.move(ms);
            ops.write(fd, data, 0);
            if (flush) ops.flush('/dav/cal/a.ics', fd);
            const { mtime } = ops.getattr('/dav/cal/a.ics');
            assert.ok(mtime > last);
            last = mtime;
          }
        },
      ),
    );
  });
});
