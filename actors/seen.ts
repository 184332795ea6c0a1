import type { ContainerFacts } from '../machines/container/model.ts';
import { containerActorId } from '../machines/names/arn.ts';
import type { TaskPlan } from '../machines/task/model.ts';
import type { ContainerRef } from '../transport/docker/port.ts';

/** What the Engine last said of a container, and since when its health is what it is. */
export interface Sight {
  facts: ContainerFacts;
  /** Epoch ms; null while its health check has given no verdict. */
  healthSince: number | null;
}

/**
 * What the Engine last said of each container, for those who look at it. In memory only: after a
 * restart it is asked again.
 */
export class Seen {
  readonly #sights = new Map<string, Sight>();

  keep(ref: ContainerRef, facts: ContainerFacts, at: number): Sight {
    const id = containerActorId(ref.task.arn, ref.container.name);
    const earlier = this.#sights.get(id);
    const isSame = (earlier?.facts.health ?? 'UNKNOWN') === facts.health;
    const sight = {
      facts: isSame && earlier ? withCheckOf(facts, earlier.facts) : facts,
      healthSince: isSame ? (earlier?.healthSince ?? null) : at,
    };
    this.#sights.set(id, sight);
    return sight;
  }

  of({ task, container }: ContainerRef): Sight | undefined {
    return this.#sights.get(containerActorId(task.arn, container.name));
  }

  forget({ arn, containers }: TaskPlan): void {
    for (const { name } of containers) this.#sights.delete(containerActorId(arn, name));
  }
}

/** The output that is shown is that of the check which changed the verdict. */
const withCheckOf = (facts: ContainerFacts, earlier: ContainerFacts): ContainerFacts => ({
  ...facts,
  details: { ...facts.details, healthCheck: earlier.details.healthCheck },
});
