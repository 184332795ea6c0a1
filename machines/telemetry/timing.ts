import { type Backoff, delayOf } from '../names/backoff.ts';
import type { Stamp } from '../names/effects.ts';
import type { TelemetryContext } from './events.ts';

/** How often figures are taken and the health of containers is told. */
export const publishMs = 20_000;

/** How often, on a connection, it is seen whether the instance's status is to be told. */
export const statusMs = 20_000;

const minute = 60_000;

/** When a silent connection is renewed: one to two minutes after the last sign of the service. */
export const silentAt = ({ at, roll }: Stamp): number => at + minute + roll * minute;

/** When a connection is old enough to be renewed: 30 to 35 minutes after it opened. */
export const expiresAt = ({ at, roll }: Stamp): number => at + 30 * minute + roll * 5 * minute;

/** How long the service may take to end a connection that it is asked to end. */
export const closingMs = 3 * minute;

/** Delays between connections that did not end in good order. */
const reconnectBackoff: Backoff = { firstMs: 1_000, maxMs: minute, factor: 2, jitter: 0.2 };

/** A connection that ends sooner was of no use, and this many of them in a row are borne. */
const usefulMs = 10_000;
const uselessBorne = 3;

/** How many connections in a row were of no use, the one that ends at `at` included. */
export const uselessWith = ({ connectedAt, useless }: TelemetryContext, at: number): number =>
  at - (connectedAt ?? at) < usefulMs ? useless + 1 : 0;

/** Whether the service is to be connected again without delay. */
export const mayReturnAtOnce = (
  context: TelemetryContext,
  { clean, at }: { clean: boolean; at: number },
): boolean => clean && uselessWith(context, at) <= uselessBorne;

/** When the next connection is tried. */
export function retryAt({ attempts, useless }: TelemetryContext, { at, roll }: Stamp): number {
  return at + delayOf(reconnectBackoff, Math.max(attempts, useless - uselessBorne), roll);
}
