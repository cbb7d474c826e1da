import { type AttributeOperations, attributeOperations } from './attribute-operations.ts';
import { type ContentOperations, contentOperations } from './content-operations.ts';
import { type FileSystem } from './file-system.ts';
import { type NameOperations, nameOperations } from './name-operations.ts';

/**
 * Everything the kernel asks, as plain synchronous calls: no network, no waiting for a lock, no child. A refusal is a thrown
 * FileError. Paths are absolute inside the mount, their names valid and at most 255 bytes.
 */
export interface Operations extends ContentOperations, NameOperations, AttributeOperations {
  fsyncdir(): void;
}

export const createOperations = (fs: FileSystem): Operations => ({
  ...contentOperations(fs),
  ...nameOperations(fs),
  ...attributeOperations(fs),
  fsyncdir: () => fs.tree.sync(),
});
