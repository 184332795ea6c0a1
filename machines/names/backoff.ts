/** A rule for growing delays. `jitter` 0.2 adds up to a fifth of the delay. */
export interface Backoff {
  firstMs: number;
  maxMs: number;
  factor: number;
  jitter: number;
}

/** The delay in ms before try number `attempt` (1 is the first repeat), with `roll` in [0, 1). */
export function delayOf(rule: Backoff, attempt: number, roll: number): number {
  const grown = Math.min(rule.maxMs, rule.firstMs * rule.factor ** Math.max(0, attempt - 1));
  return Math.round(grown * (1 + rule.jitter * roll));
}

/** How long something is tried again, counted from its first try, and at what pace. */
export interface Patience {
  withinMs: number;
  pace: Backoff;
}

/** Tries that came to nothing: since when there have been any, and how many. */
export interface Tries {
  begunAt: number;
  attempts: number;
}

/** How long a start waits for an Engine, a metadata service or a network that come up after it. */
export const startPatience: Patience = {
  withinMs: 10_000,
  pace: { firstMs: 250, maxMs: 2_000, factor: 2, jitter: 0.2 },
};

/** Whether it may be tried again after a failure at `at`. */
export const isPatient = ({ withinMs }: Patience, { begunAt }: Tries, at: number): boolean =>
  at - begunAt < withinMs;

/** When it is tried again: the last time just when patience ends. */
export function nextTryAt(
  { withinMs, pace }: Patience,
  { begunAt, attempts }: Tries,
  { at, roll }: { at: number; roll: number },
): number {
  return Math.min(at + delayOf(pace, attempts, roll), begunAt + withinMs);
}
