import type { Backoff } from '../names/backoff.ts';
import type { Stamp } from '../names/effects.ts';
import type { SessionContext } from './events.ts';

/** Delays between connections that did not end in good order. */
export const reconnectBackoff: Backoff = {
  firstMs: 250,
  maxMs: 120_000,
  factor: 1.5,
  jitter: 0.2,
};

const minute = 60_000;

/** When a silent connection is given up: one to two minutes after the last known message. */
export const silentAt = ({ at, roll }: Stamp): number => at + minute + roll * minute;

/** When a connection is old enough to be renewed: 30 to 35 minutes after it opened. */
export const expiresAt = ({ at, roll }: Stamp): number => at + 30 * minute + roll * 5 * minute;

/** How long ACS is left alone that does not know this container instance (any more). */
export const inactiveMs = 60 * minute;

/** Whether a connection lived long enough (one to two minutes) to forget earlier failures. */
export const wasStable = (context: SessionContext, { at, roll }: Stamp): boolean =>
  at - context.connectedAt > minute + roll * minute;
