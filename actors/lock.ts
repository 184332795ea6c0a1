/** A lock: work that must be alone waits for all that came before it, other work for the former only. */
export class Lock {
  #alone: Promise<unknown> = Promise.resolve();
  readonly #together = new Set<Promise<unknown>>();

  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = Promise.allSettled([this.#alone, ...this.#together]).then(work);
    this.#alone = done.catch(() => undefined);
    return done;
  }

  together<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#alone.then(work);
    const entry: Promise<unknown> = done
      .catch(() => undefined)
      .then(() => this.#together.delete(entry));
    this.#together.add(entry);
    return done;
  }
}
