import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Cancel, Clock } from './port.ts';
import { WaitHeap } from './waits.ts';

/** Node fires a timer with a longer delay at once. */
const longestDelayMs = 2 ** 31 - 1;

/** The system's clock. All waits share one heap and one timer of Node's. */
export const realClock = (): Clock => new RealClock();

class RealClock implements Clock {
  readonly #waits = new WaitHeap();
  #timer: NodeJS.Timeout | undefined;
  /** The time the timer is set for; undefined where no timer is set. */
  #setFor: number | undefined;

  now(): number {
    return Date.now();
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
    setImmediate(work);
  }

  /** Sets the timer for the first wait; none is left running when nothing waits. */
  #set(): void {
    const time = this.#waits.first?.time;
    if (time === this.#setFor) return;
    clearTimeout(this.#timer);
    this.#setFor = time;
    if (time === undefined) return;
    const delay = Math.min(Math.max(time - Date.now(), 0), longestDelayMs);
    this.#timer = setTimeout(() => this.#fire(), delay);
  }

  /**
   * Wakes what is due, but not what is asked for meanwhile: that could go on for ever. A timer that
   * was cut to the longest delay, or that Node fired early, finds nothing due and is set again.
   */
  #fire(): void {
    this.#setFor = undefined;
    const now = Date.now();
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

/** How often the event loop is looked at, once anybody asks: seldom enough to cost nothing. */
const lagResolutionMs = 100;

/** Measures the longest turn of the event loop from one call to the next; nothing at the first. */
export function lagMeter(): () => number | null {
  let meter: ReturnType<typeof monitorEventLoopDelay> | null = null;
  return () => {
    if (!meter) {
      meter = monitorEventLoopDelay({ resolution: lagResolutionMs });
      meter.enable();
      return null;
    }
    // What it measures is from one look to the next, in nanoseconds.
    const longestMs = meter.max / 1e6 - lagResolutionMs;
    meter.reset();
    return Math.max(0, longestMs);
  };
}
