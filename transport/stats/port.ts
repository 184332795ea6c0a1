import type { Signal } from '../../machines/names/ending.ts';
import type { ContainerRef } from '../docker/port.ts';

/**
 * What the Engine measures of its containers. Samples are JSON texts as the Engine writes them
 * (`GET /containers/<id>/stats` of the Docker Engine API). All calls reject with `DockerError`.
 */
export interface StatsPort {
  /** Tells of a sample about once a second, until the stream ends, which it rejects with. */
  followStats(ref: ContainerRef, sample: (text: string) => void, signal: Signal): Promise<never>;
  /** One sample. */
  stats(ref: ContainerRef, signal: Signal): Promise<string>;
}
