/** Lets at most `limit` calls run at the same time; the others wait in the order they came. */
export class Turns {
  readonly #limit: number;
  /** Ends the wait of a call; the first one came first. */
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `call` when its turn comes; a caller that has lost interest before leaves the line. */
  async take<Answer>(signal: AbortSignal, call: () => Promise<Answer>): Promise<Answer> {
    signal.throwIfAborted();
    if (this.#running < this.#limit) this.#running += 1;
    else await this.#turn(signal);
    try {
      return await call();
    } finally {
      // A call that waits takes the place of this one.
      const [next] = this.#waiting;
      if (next) next();
      else this.#running -= 1;
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(go);
        reject(signal.reason);
      };
      const go = () => {
        this.#waiting.delete(go);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(go);
    });
  }
}
