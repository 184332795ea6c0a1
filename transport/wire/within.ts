import type { Clock } from '../host/port.ts';

/**
 * Tells what is under way for a call that the call has been given up. An AbortController would do as
 * well, and take several times as long to make: one is made where something takes no other.
 */
export class Ending {
  readonly #stops: (() => void)[] = [];
  #isOver = false;
  #controller: AbortController | null = null;

  /** Calls `stop` once the call is given up, which may be at once. */
  onEnd(stop: () => void): void {
    if (this.#isOver) stop();
    else this.#stops.push(stop);
  }

  /** Aborts once the call is given up. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      const controller = new AbortController();
      this.onEnd(() => controller.abort());
      this.#controller = controller;
    }
    return this.#controller.signal;
  }

  end(): void {
    this.#isOver = true;
    for (const stop of this.#stops.splice(0)) stop();
  }
}

/** What ends a call other than its answer, and what it rejects with then. */
export interface Bounds {
  clock: Clock;
  ms: number;
  late: () => Error;
  signal?: AbortSignal | undefined;
  /** What it rejects with when the signal aborts: by default as when its time is up. */
  givenUp?: () => Error;
}

/**
 * Runs `work`, and rejects when its time is up or the caller's signal aborts, whether or not `work`
 * ever settles. What it has under way is ended then, and also when it fails.
 */
export async function within<T>(
  { clock, ms, late, signal, givenUp = late }: Bounds,
  work: (ending: Ending) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw givenUp();
  const ending = new Ending();
  let leave = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      const onAbort = () => reject(givenUp());
      signal?.addEventListener('abort', onAbort, { once: true });
      const cancelDeadline = clock.at(clock.now() + ms, () => reject(late()));
      leave = () => {
        cancelDeadline();
        signal?.removeEventListener('abort', onAbort);
      };
      work(ending).then(resolve, reject);
    });
  } catch (error) {
    ending.end();
    throw error;
  } finally {
    leave();
  }
}
