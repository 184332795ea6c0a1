import type { Backoff } from '../names/backoff.ts';

/** How the statistics of containers are taken, if they are. */
export type Sampling = { by: 'stream' } | { by: 'poll'; everyMs: number } | { by: 'nothing' };

/** Delays before a stream of statistics that broke, or a look that failed, is tried again. */
export const samplingBackoff: Backoff = { firstMs: 1_000, maxMs: 10_000, factor: 2, jitter: 0.5 };

/** How long a stream may say nothing: the Engine tells of a container each second. */
export const silenceMs = 18_000;

/** How long after a container is first looked at it is looked at again, so that many are spread. */
export const firstPollAfter = (everyMs: number, roll: number): number => everyMs * 0.8 * roll;

/** Whether the network that the Engine counts is the container's own. */
export const hasOwnNetwork = (networkMode: string): boolean =>
  networkMode === '' || networkMode === 'bridge' || networkMode === 'default';
