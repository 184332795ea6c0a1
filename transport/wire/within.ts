import { Ending, type Signal } from '../../machines/names/ending.ts';
import type { Clock } from '../host/port.ts';

/** What ends a call other than its answer, and what it rejects with then. */
export interface Bounds {
  clock: Clock;
  ms: number;
  late: () => Error;
  signal?: Signal | undefined;
  /** What it rejects with when the signal aborts: by default as when its time is up. */
  givenUp?: () => Error;
}

/**
 * Runs `work`, and rejects when its time is up or the caller's signal aborts, whether or not `work`
 * ever settles. What it has under way is ended then, and also when it fails.
 */
export function within<T>(
  { clock, ms, late, signal, givenUp = late }: Bounds,
  work: (ending: Ending) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) return Promise.reject(givenUp());
  return new Promise<T>((resolve, reject) => {
    const ending = new Ending();
    const leave = () => {
      cancelDeadline();
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown) => {
      leave();
      ending.abort();
      reject(error);
    };
    const onAbort = () => fail(givenUp());
    const cancelDeadline = clock.at(clock.now() + ms, () => fail(late()));
    signal?.addEventListener('abort', onAbort, { once: true });
    const succeed = (answer: T) => {
      leave();
      resolve(answer);
    };
    try {
      work(ending).then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  });
}
