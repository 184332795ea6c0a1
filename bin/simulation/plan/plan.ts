import type { ContainerPlan, PullBehavior } from '../../../machines/container/model.ts';
import { plainContainer, plainTask } from '../../../machines/names/plain.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import type { Random } from '../../../transport/host/port.ts';
import { taskArn } from '../../world/settings.ts';
import type { FaultKind } from './faults.ts';

/** A container of a simulated task: what of it is not plain. */
export type SimContainer = Partial<ContainerPlan> & Pick<ContainerPlan, 'name'>;

/** A task that ECS places in a simulation. */
export interface SimTask {
  id: string;
  containers: SimContainer[];
  more?: Partial<TaskPlan>;
}

/**
 * What ECS does: it wants a task running or stopped, says that again under another message id, lists
 * all that it wants, or says what is no message. Times are ms from the beginning.
 */
export type Step = { at: number } & (
  | { does: 'run' | 'stop' | 'again'; task: string }
  | { does: 'manifest' | 'nonsense' }
);

/** What goes wrong, from when on and for how long: `share` of the calls it is about, in their turn. */
export interface Fault {
  at: number;
  kind: FaultKind;
  forMs: number;
  share: number;
}

/** All of a simulation that is not worked out by the agent: the same plan, the same run. */
export interface Plan {
  seed: number;
  minutes: number;
  pullBehavior: PullBehavior;
  cleanupWaitMs: number;
  /** Whether the statistics of containers are taken. */
  polls: boolean;
  tasks: SimTask[];
  steps: Step[];
  faults: Fault[];
}

/** Draws from one source of chance. */
export class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number from 0 up to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random.roll() * limit);
  }

  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(share: number): boolean {
    return this.#random.roll() < share;
  }

  pick<One>(from: readonly [One, ...One[]]): One {
    return from[this.below(from.length)] ?? from[0];
  }

  /** Between these, with as many below as above ten times as much. */
  spread(from: number, to: number): number {
    return Math.round(from * (to / from) ** this.#random.roll());
  }

  uuid(): string {
    return this.#random.uuid();
  }
}

/** The task as ECS has it. */
export function planOf({ id, containers, more }: SimTask): TaskPlan {
  const arn = taskArn(id);
  return {
    ...plainTask({ arn, family: 'simulated', version: '1' }),
    containers: containers.map((given) => ({
      ...plainContainer({
        name: given.name,
        image: 'sim/a:1',
        metadataId: `${id}-${given.name}`,
      }),
      ...given,
    })),
    ...more,
  };
}
