import type { ContainerPlan } from '../../../machines/container/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import { dockerNameOf } from '../../../transport/docker/port.ts';
import type { CoreEvent } from '../../../transport/sim/engine/wire.ts';

/** What is known of a container's starts. */
interface Known {
  plan: ContainerPlan;
  starts: number;
  exitCode: number | null;
  isOver: boolean;
}

/** Whether containers are started once, and again only by their restart policy. */
export class Starts {
  readonly #known = new Map<string, Known>();
  readonly #breaks: (rule: string, what: string) => void;
  #read = 0;

  constructor(plans: ReadonlyMap<string, TaskPlan>, breaks: (rule: string, what: string) => void) {
    this.#breaks = breaks;
    for (const task of plans.values())
      for (const plan of task.containers)
        this.#known.set(dockerNameOf({ task, container: plan }), {
          plan,
          starts: 0,
          exitCode: null,
          isOver: false,
        });
  }

  /** ECS has been told that it has stopped. */
  ended(dockerName: string): void {
    const known = this.#known.get(dockerName);
    if (known) known.isOver = true;
  }

  /** Reads what has happened in the Engine since the last time. */
  check(log: CoreEvent[]): void {
    for (; this.#read < log.length; this.#read++) {
      const event = log[this.#read];
      const known = event && this.#known.get(event.Actor.Attributes.name ?? '');
      if (!known) continue;
      if (event.Action === 'die') known.exitCode = Number(event.Actor.Attributes.exitCode);
      if (event.Action === 'start') this.#started(event.Actor.Attributes.name ?? '', known);
    }
  }

  #started(dockerName: string, known: Known): void {
    known.starts += 1;
    if (known.isOver)
      this.#breaks('stopped is not running', `${dockerName} starts after it was told as stopped`);
    if (known.starts === 1) return;
    const { restartPolicy } = known.plan;
    if (!restartPolicy || restartPolicy.ignoredExitCodes.includes(known.exitCode ?? -1))
      this.#breaks('started once', `${dockerName} starts again after exit code ${known.exitCode}`);
  }
}
