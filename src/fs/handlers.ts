import type Fuse from 'fuse-native';
import { FileError } from '../cache/file-tree.ts';
import { MAX_NAME_BYTES } from '../core/item-name.ts';
import type { Logger } from '../lib/logger.ts';
import { answer, answerCount, type Asked, type Reply } from './answer.ts';
import type { Operations } from './operations.ts';

/** In UTF-16 units; shorter paths cannot have a name of more than 255 bytes. */
const SURELY_SHORT = Math.floor(MAX_NAME_BYTES / 3);
/** PATH_MAX without its final zero. */
const MAX_TARGET_BYTES = 4095;

/**
 * The operations in the form that the binding calls. What is left out on purpose: `fgetattr` (the binding calls getattr for it),
 * `access` (the kernel's affair with default_permissions), and all about extended attributes: once they exist, `ls -l` asks two of
 * every file and takes ten times as long.
 */
export function fuseHandlers(operations: Operations, log: Logger): Fuse.Handlers {
  const asked = (op: string): Asked => ({ op, log });
  const done = (op: string, reply: Reply<[]>, run: () => void): void =>
    answer(asked(op), reply, () => {
      run();
      return [];
    });
  const value = <T>(op: string, reply: Reply<[T]>, run: () => T): void =>
    answer<[T]>(asked(op), reply, () => [run()]);
  return {
    ...contentHandlers(operations, { done, value, asked }),
    ...nameHandlers(operations, done),
    getattr: (path, reply) => value('getattr', reply, () => operations.getattr(checked(path))),
    readdir: (path, reply) =>
      answer<[names: string[], stats: ReturnType<Operations['getattr']>[]]>(asked('readdir'), reply, () => {
        const { names, attributes } = operations.readdir(checked(path));
        return [names, attributes];
      }),
    readlink: (path, reply) => value('readlink', reply, () => operations.readlink(checked(path))),
    statfs: (_path, reply) => value('statfs', reply, () => operations.statfs()),
    chmod: (path, mode, reply) => done('chmod', reply, () => operations.chmod(checked(path), mode)),
    chown: (path, _uid, _gid, reply) => done('chown', reply, () => operations.chown(checked(path))),
    utimens: (path, atimeMs, mtimeMs, reply) =>
      done('utimens', reply, () => operations.utimens(checked(path), atimeMs, mtimeMs)),
  };
}

type Done = (op: string, reply: Reply<[]>, run: () => void) => void;

interface Gate {
  readonly done: Done;
  readonly value: <T>(op: string, reply: Reply<[T]>, run: () => T) => void;
  readonly asked: (op: string) => Asked;
}

type ContentHandlers = Pick<
  Fuse.Handlers,
  'open' | 'create' | 'read' | 'write' | 'truncate' | 'ftruncate' | 'flush' | 'fsync' | 'fsyncdir' | 'release'
>;

function contentHandlers(operations: Operations, { done, value, asked }: Gate): ContentHandlers {
  return {
    open: (path, flags, reply) => value('open', reply, () => operations.open(checked(path), flags)),
    create: (path, mode, reply) => value('create', reply, () => operations.create(checked(path), mode)),
    // The binding dictates six parameters; all that matters is in the last five.
    read: (...[, fd, buffer, length, position, reply]) =>
      answerCount(asked('read'), reply, () => operations.read(fd, buffer.subarray(0, length), position)),
    write: (...[, fd, buffer, length, position, reply]) =>
      answerCount(asked('write'), reply, () => operations.write(fd, buffer.subarray(0, length), position)),
    truncate: (path, size, reply) => done('truncate', reply, () => operations.truncate(checked(path), size)),
    ftruncate: (_path, fd, size, reply) => done('ftruncate', reply, () => operations.ftruncate(fd, size)),
    // libfuse says `-` when the file has no path any more, so it is not checked.
    flush: (path, fd, reply) => done('flush', reply, () => operations.flush(path, fd)),
    fsync: (_path, _datasync, fd, reply) => done('fsync', reply, () => operations.fsync(fd)),
    fsyncdir: (_path, _datasync, _fd, reply) => done('fsyncdir', reply, () => operations.fsyncdir()),
    release: (_path, fd, reply) => done('release', reply, () => operations.release(fd)),
  };
}

type NameHandlers = Pick<Fuse.Handlers, 'unlink' | 'rename' | 'link' | 'symlink' | 'mkdir' | 'rmdir'>;

const nameHandlers = (operations: Operations, done: Done): NameHandlers => ({
  unlink: (path, reply) => done('unlink', reply, () => operations.unlink(checked(path))),
  rename: (from, to, reply) => done('rename', reply, () => operations.rename(checked(from), checked(to))),
  link: (from, to, reply) => done('link', reply, () => operations.link(checked(from), checked(to))),
  symlink: (target, path, reply) =>
    done('symlink', reply, () => operations.symlink(checkedTarget(target), checked(path))),
  mkdir: (path, mode, reply) => done('mkdir', reply, () => operations.mkdir(checked(path), mode)),
  rmdir: (path, reply) => done('rmdir', reply, () => operations.rmdir(checked(path))),
});

/** The kernel lets longer names pass, and the binding turns bytes that are not UTF-8 into a character, so into another name. */
function checked(path: string): string {
  assertUnicode(path);
  if (path.length > SURELY_SHORT && path.split('/').some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES))
    throw new FileError('ENAMETOOLONG', `a name has at most ${MAX_NAME_BYTES} bytes`);
  return path;
}

function checkedTarget(target: string): string {
  assertUnicode(target);
  if (Buffer.byteLength(target) > MAX_TARGET_BYTES)
    throw new FileError('ENAMETOOLONG', 'the target is too long');
  return target;
}

function assertUnicode(text: string): void {
  if (text.includes('\uFFFD')) throw new FileError('EILSEQ', 'names are UTF-8 here');
}
