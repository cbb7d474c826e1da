/** Programs that are called around the writes of a storage; how they end never keeps a write from being done. Neither ever rejects. */
export interface VdirHooks {
  /** An item file was written: `post_hook`. */
  readonly written: (path: string, signal: AbortSignal | undefined) => Promise<void>;
  /** An item file is about to be deleted: `pre_deletion_hook`. */
  readonly beforeRemoval: (path: string, signal: AbortSignal | undefined) => Promise<void>;
}
