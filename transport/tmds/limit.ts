import type { Clock } from '../host/port.ts';

/** How many requests a second are let through for ever, and how many at once. */
export interface RateRules {
  steady: number;
  burst: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** With more keys than this, those are forgotten that have all of their burst again. */
const sweepAt = 10_000;

/**
 * Lets so many requests through for each key: a bucket of `burst` tokens that fills by `steady` a
 * second.
 */
export class RateLimit {
  readonly #rules: RateRules;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  #sweepAt = sweepAt;

  constructor(rules: RateRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** Whether one more request of this key is let through now. */
  lets(key: string): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? this.#begin(key, now);
    const left = this.#filled(bucket, now);
    bucket.at = now;
    bucket.left = left >= 1 ? left - 1 : left;
    return left >= 1;
  }

  #filled({ left, at }: Bucket, now: number): number {
    const { steady, burst } = this.#rules;
    return Math.min(burst, left + (Math.max(0, now - at) / 1_000) * steady);
  }

  #begin(key: string, now: number): Bucket {
    if (this.#buckets.size >= this.#sweepAt) this.#sweep(now);
    const bucket = { left: this.#rules.burst, at: now };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** Twice as many as are left may come before the next time, so that it costs little. */
  #sweep(now: number): void {
    for (const [key, bucket] of this.#buckets)
      if (this.#filled(bucket, now) >= this.#rules.burst) this.#buckets.delete(key);
    this.#sweepAt = Math.max(sweepAt, 2 * this.#buckets.size);
  }
}
