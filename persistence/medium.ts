/** One step of a batch: a text to keep under its key, or a key to forget. */
export type Step = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

/** Everything a medium held when it was opened. */
export interface Contents {
  /** Keys and texts, ordered by key. */
  texts: [key: string, text: string][];
  /** The second copy of the identity record, as text. */
  identity: string | null;
  /** The newest generation known to have been written, noted apart from the texts; 0 for none. */
  generation: number;
  /** What had to be repaired, in words. */
  damage: string | null;
}

/** What is written together. */
export interface Batch {
  steps: Step[];
  generation: number;
  /** The new second copy of the identity record, null to remove it, undefined to leave it. */
  identity: string | null | undefined;
}

/** Where a record store keeps its texts: LevelDB on a disk, or memory in a simulation. */
export interface Medium {
  open(): Promise<Contents>;
  /** Writes all steps or none; they are on disk when it resolves. */
  write(batch: Batch): Promise<void>;
  /** Closing what is not open is harmless. */
  close(): Promise<void>;
}
