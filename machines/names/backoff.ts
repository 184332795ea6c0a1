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
