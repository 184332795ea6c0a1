/** One record to write, or to remove where `body` is undefined. Bodies are plain JSON values. */
export interface Change {
  key: string;
  body: unknown | undefined;
}

/** One record as it was read back. */
export interface Row {
  key: string;
  body: unknown;
}

/** What opening a store found. */
export interface Opened {
  rows: Row[];
  /** Records that could not be read; each is kept under `quarantine/<key>`. */
  quarantined: { key: string; reason: string }[];
  /** Whether records of the last batches may be missing, or the database had to be repaired. */
  damage: string | null;
}

/**
 * The agent's memory: versioned, summed records under keys such as `task/<id>`. A batch is written
 * whole or not at all, and is on disk when `write` resolves. Rejects with {@link StoreError}.
 */
export interface Store {
  open(): Promise<Opened>;
  write(batch: Change[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Stable codes of the store's errors.
 *
 * - `STORE_LOCKED`: another process has the data directory open.
 * - `STORE_NOT_WRITABLE`: the data directory cannot be made or written.
 * - `STORE_DAMAGED`: the database cannot be opened, not even after a repair.
 * - `STORE_WRITE_FAILED`: a batch was not written, for example because the disk is full.
 */
export type StoreErrorCode =
  | 'STORE_LOCKED'
  | 'STORE_NOT_WRITABLE'
  | 'STORE_DAMAGED'
  | 'STORE_WRITE_FAILED';

/** Raised by every call of {@link Store}. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

/**
 * Where a flight record outlives the process: lines of text without their ends. Nothing is synced, and
 * nobody relies on it: after a crash of the host more than the last lines may be missing.
 */
export interface FlightLog {
  /** The lines that it holds, oldest first; `damaged` counts the pieces that had to be left out. */
  read(): Promise<{ lines: string[]; damaged: number }>;
  /** Adds lines; answers how many characters it holds then. */
  append(lines: string[]): Promise<number>;
  /** Puts these lines in place of all that it holds. */
  replace(lines: string[]): Promise<void>;
  close(): Promise<void>;
}
