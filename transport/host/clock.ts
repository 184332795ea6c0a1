import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Cancel, Clock } from './port.ts';
import { WaitHeap } from './waits.ts';

/** Node fires a timer with a longer delay at once. */
const longestDelayMs = 2 ** 31 - 1;

/** What a clock is made of: the time of day, which may jump, and one wait for so many ms. */
export interface Ticks extends Pick<Clock, 'now' | 'afterTurn'> {
  /** How many ms have passed since some beginning: never jumps. */
  passed(): number;
  after(ms: number, wake: () => void): Cancel;
}

/** The system's clock. All waits share one heap and one timer of Node's. */
export const realClock = (): Clock =>
  clockOver({
    now: () => Date.now(),
    passed: () => performance.now(),
    after: (ms, wake) => {
      const timer = setTimeout(wake, ms);
      return () => clearTimeout(timer);
    },
    afterTurn: (work) => {
      setImmediate(work);
    },
  });

/** By more than this the time of day is set, and not only kept right. */
const jumpMs = 1_000;

/**
 * The same over other ticks. A wait lasts as long as was asked for: a time of day that is set back by
 * an hour keeps nobody waiting for an hour more, and one that is set ahead ends no wait.
 */
export const clockOver = (ticks: Ticks): Clock => new HeapClock(ticks);

class HeapClock implements Clock {
  readonly #ticks: Ticks;
  readonly #waits = new WaitHeap();
  #cancel: Cancel = () => {};
  /** By how much the time of day has jumped in all; waits are kept by the time without that. */
  #jumpedMs = 0;
  /** What the time of day was ahead of the time that had passed when it was last looked at. */
  #aheadMs: number | undefined;
  /** The time the timer is set for; undefined where no timer is set. */
  #setFor: number | undefined;

  constructor(ticks: Ticks) {
    this.#ticks = ticks;
  }

  now(): number {
    return this.#ticks.now();
  }

  at(time: number, wake: () => void): Cancel {
    this.#look();
    const remove = this.#waits.add({ time: time - this.#jumpedMs, wake });
    this.#set();
    return () => {
      remove();
      this.#set();
    };
  }

  afterTurn(work: () => void): void {
    this.#ticks.afterTurn(work);
  }

  /** The time without its jumps. */
  #look(): number {
    const now = this.#ticks.now();
    const aheadMs = now - this.#ticks.passed();
    const movedMs = aheadMs - (this.#aheadMs ?? aheadMs);
    if (Math.abs(movedMs) > jumpMs) this.#jumpedMs += movedMs;
    this.#aheadMs = aheadMs;
    return now - this.#jumpedMs;
  }

  /** Sets the timer for the first wait; none is left running when nothing waits. */
  #set(): void {
    const time = this.#waits.first?.time;
    if (time === this.#setFor) return;
    this.#cancel();
    this.#cancel = () => {};
    this.#setFor = time;
    if (time === undefined) return;
    const delay = Math.min(Math.max(time - this.#look(), 0), longestDelayMs);
    this.#cancel = this.#ticks.after(delay, () => this.#fire());
  }

  /**
   * Wakes what is due, but not what is asked for meanwhile: that could go on for ever. A timer that
   * was cut to the longest delay, or that Node fired early, finds nothing due and is set again.
   */
  #fire(): void {
    this.#setFor = undefined;
    const now = this.#look();
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

/** So many turns of the event loop within so long: nothing is left to be done in one of them. */
const leisureRules = { turns: 3, withinMs: 1 };

/**
 * Settles as soon as the process has nothing better to do, at `until` (epoch milliseconds) at the
 * latest. Whoever waits looks once in each turn of the event loop: many in a row while it is idle,
 * and few while it is busy.
 */
export function leisure(clock: Clock, until: number): Promise<void> {
  return new Promise((resolve) => {
    let since = clock.now();
    let turns = 0;
    const look = () => {
      const now = clock.now();
      turns += 1;
      if (now - since > leisureRules.withinMs) {
        since = now;
        turns = 0;
      }
      if (turns === leisureRules.turns || now >= until) resolve();
      else clock.afterTurn(look);
    };
    clock.afterTurn(look);
  });
}
