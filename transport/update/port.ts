import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';

/** Brings new versions of the agent onto this host. */
export interface UpdatePort {
  /**
   * Downloads a new version, sees by its SHA-256 (`signature`, in hex) that it is the one that is
   * meant, and names it as the one to start next. Answers where it is. Nothing stays of a failure.
   */
  download(
    update: { location: string; signature: string },
    signal: Signal,
  ): Promise<{ path: string }>;
}

/**
 * Raised by {@link UpdatePort}. Codes: `UPDATE_HASH` for something else than what is meant,
 * `UPDATE_DOWNLOAD` for all that keeps it from being here. Messages do not show the location, which
 * may hold a key.
 */
export class UpdateError extends AgentError {
  constructor(code: 'UPDATE_HASH' | 'UPDATE_DOWNLOAD', message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}
