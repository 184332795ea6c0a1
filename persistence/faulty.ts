import type { Batch, Contents, Medium } from './medium.ts';
import { RecordStore } from './recordstore.ts';
import { StoreError } from './store.ts';

/** What outlives the process: the same things that lie in a data directory. */
interface Bytes {
  texts: Map<string, string>;
  identity: string | null;
  generation: number;
  locked: boolean;
}

/**
 * The store of a simulated agent: a true record store over memory, which fails when it is told to.
 * It has no clock and no chance of its own; unless held, calls settle in the turn they are made in.
 */
export class FaultyStore extends RecordStore {
  readonly #medium: MemoryMedium;

  constructor(bytes: Bytes = { texts: new Map(), identity: null, generation: 0, locked: false }) {
    const medium = new MemoryMedium(bytes);
    super(medium);
    this.#medium = medium;
  }

  /** The next batch is refused as by a full disk, and nothing of it is written. */
  failNextWrite(): void {
    this.#medium.failing = true;
  }

  /** Whether the disk is full: batches are refused, and nothing of them is written. */
  setFull(isFull: boolean): void {
    this.#medium.isFull = isFull;
  }

  /**
   * The process is to be killed with the next batch: before it is written, or after it is and before
   * anybody hears of that. No call settles any more from then on, and `died` is called.
   */
  dieWithNextWrite(moment: 'before' | 'after', died: () => void): void {
    this.#medium.death = { moment, died };
  }

  /** The text of a record as it is on the disk; undefined where there is none. */
  textOf(key: string): string | undefined {
    return this.#medium.bytes.texts.get(key);
  }

  /** The keys of all records that are on the disk, the store's own included. */
  keys(): string[] {
    return [...this.#medium.bytes.texts.keys()];
  }

  /** How many batches were asked to be written and neither are nor were refused. */
  get writing(): number {
    return this.#medium.writing;
  }

  /** Batches wait from now on, not yet written, until {@link release}. */
  hold(): void {
    this.#medium.held ??= [];
  }

  /** Lets the waiting batches and all later ones be written. */
  release(): void {
    const waiting = this.#medium.held ?? [];
    this.#medium.held = null;
    for (const go of waiting) {
      go();
    }
  }

  /** Damages the stored text of a record, as a bad disk would. Throws where there is none. */
  damage(key: string): void {
    this.#rewrite(key, (text) => text.replace('"body":', '"body": '));
  }

  /** Makes a record one of an agent that writes another version. Throws where there is none. */
  setVersion(key: string, version: number): void {
    this.#rewrite(key, (text) => text.replace(/^\{"v":\d+/, `{"v":${version}`));
  }

  #rewrite(key: string, change: (text: string) => string): void {
    const { texts } = this.#medium.bytes;
    const text = texts.get(key);
    if (text === undefined) {
      throw new Error(`there is no record ${key} to damage`);
    }
    texts.set(key, change(text));
  }

  /**
   * Kills the process: batches that wait are never written, and no call of this store settles any
   * more. Answers the store of the next process, over what was written.
   */
  crash(): FaultyStore {
    this.#medium.dead = true;
    return new FaultyStore({ ...this.#medium.bytes, locked: false });
  }
}

class MemoryMedium implements Medium {
  readonly bytes: Bytes;
  failing = false;
  isFull = false;
  death: { moment: 'before' | 'after'; died: () => void } | null = null;
  writing = 0;
  dead = false;
  held: (() => void)[] | null = null;

  constructor(bytes: Bytes) {
    this.bytes = bytes;
  }

  async open(): Promise<Contents> {
    await this.#alive();
    if (this.bytes.locked) {
      throw new StoreError('STORE_LOCKED', 'The store is open already');
    }
    this.bytes.locked = true;
    const { texts, identity, generation } = this.bytes;
    const sorted = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
    return { texts: sorted, identity, generation, damage: null };
  }

  async write(batch: Batch): Promise<void> {
    this.writing += 1;
    try {
      await this.#write(batch);
    } finally {
      this.writing -= 1;
    }
  }

  async #write({ steps, generation, identity }: Batch): Promise<void> {
    const { held } = this;
    if (held !== null) {
      await new Promise<void>((go) => held.push(go));
    }
    await this.#alive();
    await this.#dies('before');
    if (this.failing || this.isFull) {
      this.failing = false;
      throw new Error('no space left');
    }
    if (identity !== undefined) {
      this.bytes.identity = identity;
    }
    for (const step of steps) {
      if (step.type === 'put') {
        this.bytes.texts.set(step.key, step.value);
      } else {
        this.bytes.texts.delete(step.key);
      }
    }
    this.bytes.generation = generation;
    await this.#dies('after');
  }

  async #dies(moment: 'before' | 'after'): Promise<void> {
    if (this.death?.moment !== moment) {
      return;
    }
    this.dead = true;
    this.death.died();
    await this.#alive();
  }

  async close(): Promise<void> {
    await this.#alive();
    this.bytes.locked = false;
  }

  /** Never comes back once the process is dead. */
  async #alive(): Promise<void> {
    if (this.dead) {
      await new Promise(() => undefined);
    }
  }
}
