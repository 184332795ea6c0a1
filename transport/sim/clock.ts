import type { Cancel, Clock } from '../host/port.ts';
import { WaitHeap } from '../host/waits.ts';

/**
 * How many microtasks a turn of the virtual event loop lasts. Chains of promises settle one link a
 * microtask; the longest between two waits, from the store to an actor, has far fewer links. A fixed
 * number keeps every run alike.
 */
const microtasksOfTurn = 200;

/** Time that passes only when it is told to. The same calls in the same order give the same run. */
export class SimClock implements Clock {
  readonly #waits = new WaitHeap();
  readonly #turn: (() => void)[] = [];
  readonly #promises: () => Promise<void>;
  #now: number;

  /** `promises` lets promises settle, where there is a quicker way to do so. */
  constructor(start = 0, promises = microtasks) {
    this.#now = start;
    this.#promises = promises;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, wake: () => void): Cancel {
    return this.#waits.add({ time, wake });
  }

  afterTurn(work: () => void): void {
    this.#turn.push(work);
  }

  /** Lets `ms` of time pass, waking what is due on the way, each turn after the one before has settled. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    while (await this.step(end));
    this.#now = end;
  }

  /** Lets time pass until `condition` holds; throws if it does not within `limitMs`. */
  async until(condition: () => boolean, limitMs = 3_600_000): Promise<void> {
    const end = this.#now + limitMs;
    await this.settle();
    while (!condition())
      if (!(await this.step(end))) throw new Error(`waited ${limitMs} virtual ms in vain`);
  }

  /** Lets everything happen that needs no time; promises settle between two works, as in Node. */
  async settle(): Promise<void> {
    for (;;) {
      await this.#promises();
      const work = this.#turn.shift();
      if (!work) return;
      work();
    }
  }

  /**
   * One turn, of those up to `end`: all that is due at the same time, and then what waits for the end
   * of the turn. Answers whether there was one.
   */
  async step(end: number): Promise<boolean> {
    const next = this.#waits.first;
    if (!next || next.time > end) return false;
    this.#now = Math.max(this.#now, next.time);
    for (let left = this.#waits.size; left > 0; left--) {
      const due = this.#waits.takeDue(this.#now);
      if (!due) break;
      due.wake();
      await this.#promises();
    }
    await this.settle();
    return true;
  }
}

/** Lets promises settle. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < microtasksOfTurn; i++) await Promise.resolve();
}
