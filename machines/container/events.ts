import type { Stamp } from '../names/effects.ts';
import type { ContainerFacts, Hold, PullBehavior, RestartPolicy, Step } from './model.ts';

/** Names a container in an effect's input; the effect looks up the rest. */
export interface ContainerKey {
  taskArn: string;
  name: string;
  /** When the effect was begun, epoch ms. */
  since: number;
}

/** Which image a pull is for: the digest that was settled, or null for the reference as it is. */
export interface PullKey extends ContainerKey {
  digest: string | null;
}

export type ContainerEvent =
  /** The task lets it go as far as `upTo`. */
  | { type: 'container.allow'; upTo: Step; at: number }
  /** It has to wait for others before its next step. */
  | { type: 'container.hold'; hold: Hold; at: number }
  /** It can never take its next step. */
  | { type: 'container.fail'; because: string; at: number }
  | { type: 'container.stop'; at: number }
  /** Its task stops and others have to end first: should it end before them, it stays so. */
  | { type: 'container.retire'; at: number }
  /** Stop it even though nothing is known of it: an earlier actor may have started it. */
  | { type: 'container.halt'; at: number }
  /** It runs although nothing is known of it: it is taken over as it is. */
  | { type: 'container.adopt'; at: number }
  /** The Engine hinted at a change; `exitCode` is that of a `die` event. */
  | { type: 'engine.hint'; exitCode: number | null; at: number }
  /** The Engine says that it has started, or that it runs. */
  | { type: 'engine.started'; at: number };

export interface ContainerInput {
  taskArn: string;
  name: string;
  pullBehavior: PullBehavior;
  needsRole: boolean;
  restartPolicy: RestartPolicy | null;
  at: number;
}

/** What is known of a container's image before it is pulled. */
export type Resolved = Stamp & {
  digest: string | null;
  digestResolved: boolean;
  mustPull: boolean;
};
export type Created = Stamp & { runtimeId: string };
export type Inspected = Stamp & { facts: ContainerFacts };
