import type { Signal } from './ending.ts';

/** Lets at most `limit` calls go on at a time; the others wait in the order in which they came. */
export class Turns {
  readonly #limit: number;
  readonly #givenUp: (signal: Signal) => unknown;
  /** Ends the wait of a call, with an error if it may not go on. The first one came first. */
  readonly #waiting = new Set<(error?: unknown) => void>();
  #underWay = 0;

  /** `givenUp` is what a call rejects with whose caller has lost interest: by default, the reason. */
  constructor(limit: number, givenUp = ({ reason }: Signal): unknown => reason) {
    this.#limit = limit;
    this.#givenUp = givenUp;
  }

  /** Makes the call when its turn comes; a caller that has lost interest before leaves the line. */
  async take<Answer>(signal: Signal | undefined, call: () => Promise<Answer>): Promise<Answer> {
    if (signal?.aborted) throw this.#givenUp(signal);
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
  refuse(error: unknown): void {
    for (const end of this.#waiting) end(error);
  }

  #turn(signal: Signal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: unknown) => {
        this.#waiting.delete(end);
        signal?.removeEventListener('abort', leave);
        if (error === undefined) resolve();
        else reject(error);
      };
      const leave = () => signal && end(this.#givenUp(signal));
      signal?.addEventListener('abort', leave);
      this.#waiting.add(end);
    });
  }
}
