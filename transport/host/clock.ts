import type { Cancel, Clock } from './port.ts';
import { WaitHeap } from './waits.ts';

/** Node fires a timer with a longer delay at once. */
const longestDelayMs = 2 ** 31 - 1;

/** What a clock is made of: the time of day, which may jump, and one wait for so many ms. */
export interface Ticks extends Pick<Clock, 'now' | 'afterTurn'> {
  after(ms: number, wake: () => void): Cancel;
}

/** The system's clock. All waits share one heap and one timer of Node's. */
export const realClock = (): Clock =>
  clockOver({
    now: () => Date.now(),
    after: (ms, wake) => {
      const timer = setTimeout(wake, ms);
      return () => clearTimeout(timer);
    },
    afterTurn: (work) => {
      setImmediate(work);
    },
  });

/** The same over other ticks. */
export const clockOver = (ticks: Ticks): Clock => new HeapClock(ticks);

class HeapClock implements Clock {
  readonly #ticks: Ticks;
  readonly #waits = new WaitHeap();
  #cancel: Cancel = () => {};
  /** The time the timer is set for; undefined where no timer is set. */
  #setFor: number | undefined;

  constructor(ticks: Ticks) {
    this.#ticks = ticks;
  }

  now(): number {
    return this.#ticks.now();
  }

  at(time: number, wake: () => void): Cancel {
    const remove = this.#waits.add({ time, wake });
    this.#set();
    return () => {
      remove();
      this.#set();
    };
  }

  afterTurn(work: () => void): void {
    this.#ticks.afterTurn(work);
  }

  /** Sets the timer for the first wait; none is left running when nothing waits. */
  #set(): void {
    const time = this.#waits.first?.time;
    if (time === this.#setFor) return;
    this.#cancel();
    this.#cancel = () => {};
    this.#setFor = time;
    if (time === undefined) return;
    const delay = Math.min(Math.max(time - this.now(), 0), longestDelayMs);
    this.#cancel = this.#ticks.after(delay, () => this.#fire());
  }

  /**
   * Wakes what is due, but not what is asked for meanwhile: that could go on for ever. A timer that
   * was cut to the longest delay, or that Node fired early, finds nothing due and is set again.
   */
  #fire(): void {
    this.#setFor = undefined;
    const now = this.now();
    try {
      for (let left = this.#waits.size; left > 0; left--) {
        const due = this.#waits.takeDue(now);
        if (!due) return;
        due.wake();
      }
    } finally {
      this.#set();
    }
  }
}
