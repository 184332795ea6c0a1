/**
 * How a call learns that it has been given up: as much of an AbortSignal as calls here use, so that
 * one of those will do.
 */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * An AbortController and its signal in one. Each effect of an actor and each call has one, and two of
 * the library's would take a twentieth of all the work that a task makes, by measurement.
 */
export class Ending implements Signal {
  aborted = false;
  reason: unknown = undefined;
  #listeners: Set<() => void> | null = null;

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.aborted) return;
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** Calls `stop` once the call is given up, which may have been before. */
  onEnd(stop: () => void): void {
    if (this.aborted) stop();
    else this.addEventListener('abort', stop);
  }

  /** Gives the call up; what comes after the first time means nothing. */
  abort(reason: unknown = new Error('The call was given up')): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners ?? []) listener();
    this.#listeners = null;
  }
}

/** The same as an AbortSignal, for what takes nothing else. */
export function abortSignalOf(signal: Signal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
