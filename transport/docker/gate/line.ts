import { lostInterest } from '../calls.ts';
import type { DockerError } from '../port.ts';

/** Lets at most `limit` calls go on at a time; the others wait in the order in which they came. */
export class Line {
  readonly #limit: number;
  /** Ends the wait of a call, with an error if it may not go on. The first one came first. */
  readonly #waiting = new Set<(error?: DockerError) => void>();
  #underWay = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Makes the call when its turn comes. A caller that has lost interest before leaves the line. */
  async take<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    if (this.#underWay < this.#limit) this.#underWay += 1;
    else await this.#turn(signal);
    try {
      return await call();
    } finally {
      // A call that waits takes the place of this one.
      const [next] = this.#waiting;
      if (next) next();
      else this.#underWay -= 1;
    }
  }

  /** Ends the wait of all with this error. */
  refuse(error: DockerError): void {
    for (const end of this.#waiting) end(error);
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: DockerError) => {
        this.#waiting.delete(end);
        signal?.removeEventListener('abort', leave);
        if (error) reject(error);
        else resolve();
      };
      const leave = () => end(lostInterest());
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave);
      this.#waiting.add(end);
    });
  }
}
