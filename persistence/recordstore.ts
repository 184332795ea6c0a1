import { IDENTITY_KEY, QUARANTINE, Tally, takeStock } from './ledger.ts';
import type { Medium, Step } from './medium.ts';
import { encode } from './record.ts';
import { type Change, type Opened, type Store, StoreError } from './store.ts';

/** A {@link Store} over a medium: encodes, counts, quarantines, and looks after the identity. */
export class RecordStore implements Store {
  readonly #medium: Medium;
  /** `unsure`: a write failed, so what the medium holds has to be read again. */
  #state: 'closed' | 'open' | 'unsure' = 'closed';
  #tally = new Tally();
  #generation = 0;
  /** The second copy of the identity, as the medium has it. */
  #identity: string | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(medium: Medium) {
    this.#medium = medium;
  }

  open(): Promise<Opened> {
    return this.#inTurn(() => this.#load());
  }

  write(batch: Change[]): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'closed') {
        throw new StoreError('STORE_WRITE_FAILED', 'The store is not open');
      }
      try {
        await this.#settle();
        await this.#commit(batch.map(asStep));
      } catch (cause) {
        this.#state = 'unsure';
        const message = `A batch of ${batch.length} records was not written: ${wordsOf(cause)}`;
        throw new StoreError('STORE_WRITE_FAILED', message, cause);
      }
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#state = 'closed';
      await this.#medium.close();
    });
  }

  /** One call after another, because each batch's ledger builds on the one before. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /**
   * Opens the medium anew after a failed write. LevelDB itself would go on, but behind the torn
   * record in its log, and a crash then loses all it writes from there on (seen on a full disk).
   * The failed batch may be there after all, so the records are counted again.
   */
  async #settle(): Promise<void> {
    if (this.#state === 'unsure') {
      await this.#medium.close();
      await this.#load();
    }
  }

  async #load(): Promise<Opened> {
    const found = await this.#medium.open();
    const { opened, tally, generation, repairs } = takeStock(found);
    this.#tally = tally;
    this.#generation = generation;
    this.#identity = found.identity;
    try {
      if (repairs.length > 0 || opened.damage !== null) {
        await this.#commit(repairs);
      }
    } catch (cause) {
      await this.#medium.close();
      const message = `What opening found could not be put right: ${wordsOf(cause)}`;
      throw new StoreError('STORE_WRITE_FAILED', message, cause);
    }
    this.#state = 'open';
    return opened;
  }

  async #commit(steps: Step[]): Promise<void> {
    let identity = this.#identity;
    for (const step of steps) {
      const text = step.type === 'put' ? step.value : null;
      if (!step.key.startsWith(QUARANTINE)) {
        this.#tally.note(step.key, text);
      }
      if (step.key === IDENTITY_KEY) {
        identity = text;
      }
    }
    this.#generation += 1;
    await this.#medium.write({
      steps: [...steps, this.#tally.entry(this.#generation)],
      generation: this.#generation,
      identity: identity === this.#identity ? undefined : identity,
    });
    this.#identity = identity;
  }
}

function asStep({ key, body }: Change): Step {
  return body === undefined ? { type: 'del', key } : { type: 'put', key, value: encode(key, body) };
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
