import type { Context } from 'mocha';

/**
 * Ends a hook or test whose machine lacks something it needs (null: it lacks nothing). It is told as
 * not run, except in continuous integration, where that is a failure.
 */
export function requireOrSkip(context: Context, lacking: string | null): void {
  if (lacking === null) return;
  if (process.env.CI === 'true') throw new Error(lacking);
  skipBecause(context, lacking);
}

/** Tells a hook or test as not run, and why. */
export function skipBecause(context: Context, why: string): never {
  console.warn(`    not run: ${why}`);
  return context.skip();
}
