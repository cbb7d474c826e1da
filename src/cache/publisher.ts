/** Where in the mount something is to happen. */
interface Publishing {
  /** The storage's name, which is its directory in the mount's root. */
  readonly storage: string;
  /** The collection's directory in the storage's; not always its id. Empty: the storage's own directory. */
  readonly directory: string;
}

/** One file operation that makes what is staged in the database take effect through the kernel. */
export type Publication =
  | ({ readonly type: 'change'; readonly name: string; readonly size: number } & Publishing)
  /** `token` is the name under which the new file is staged in the same directory. */
  | ({ readonly type: 'add'; readonly name: string; readonly token: string } & Publishing)
  | ({ readonly type: 'remove'; readonly name: string } & Publishing)
  /** The directory itself, with the metadata files in it. */
  | ({ readonly type: 'remove-directory' } & Publishing)
  /** Nothing is staged: the directory's times changed without the kernel knowing. */
  | ({ readonly type: 'touch' } & Publishing);

/** Brings the engine's changes to the kernel's notice (ARCHITECTURE.md, "Coherence"). Only the engine's process has one. */
export interface Publisher {
  /**
   * Resolves when the kernel has answered.
   * @throws PreconditionFailedError when the file was changed, is being written or is gone
   * @throws AlreadyExistsError when the name of a new file was taken meanwhile
   * @throws PimsyncError when there was no answer; the operation may still arrive
   */
  publish(publication: Publication, signal?: AbortSignal): Promise<void>;
}
