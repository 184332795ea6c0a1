import type { Clock } from '../transport/host/port.ts';
import type { Log, LogFields } from './recorder.ts';

/** In what time the same complaint is made once, and how many different ones at most. */
const periodMs = 60_000;
const linesAtMost = 50;

/** Warnings about what a peer sends: it may send the same for ever, and must not fill the log. */
export class Complaints {
  readonly #clock: Clock;
  readonly #log: Log;
  #since = Number.NEGATIVE_INFINITY;
  #said = new Set<string>();
  #leftOut = 0;

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  warn(message: string, fields?: LogFields): void {
    const now = this.#clock.now();
    if (now - this.#since >= periodMs) this.#begin(now);
    const key = `${message} ${JSON.stringify(fields)}`;
    if (this.#said.has(key) || this.#said.size >= linesAtMost) {
      this.#leftOut += 1;
      return;
    }
    this.#said.add(key);
    this.#log.warn(message, fields);
  }

  #begin(now: number): void {
    if (this.#leftOut > 0)
      this.#log.warn('Warnings about messages were left out', { count: this.#leftOut });
    this.#since = now;
    this.#said.clear();
    this.#leftOut = 0;
  }
}
