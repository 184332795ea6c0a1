import type { Stamp } from '../names/effects.ts';
import type { ContainerFacts, PullBehavior } from './model.ts';

/** Names a container in an effect's input; the effect looks up the rest. */
export interface ContainerKey {
  taskArn: string;
  name: string;
}

export type ContainerEvent =
  | { type: 'container.start'; at: number }
  | { type: 'container.stop'; at: number }
  /** Stop it even though nothing is known of it: an earlier actor may have started it. */
  | { type: 'container.halt'; at: number }
  /** The Engine hinted at a change; `exitCode` is that of a `die` event. */
  | { type: 'engine.hint'; exitCode: number | null; at: number };

export interface ContainerInput extends ContainerKey {
  pullBehavior: PullBehavior;
  at: number;
}

/** When an image was really pulled; null where the image in the Engine's store served. */
export type Pulled = Stamp & { startedAt: number | null };
export type Created = Stamp & { runtimeId: string };
export type Inspected = Stamp & { facts: ContainerFacts };
