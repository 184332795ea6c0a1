import type { ContainerKey } from '../machines/container/events.ts';
import type { ContainerPlan } from '../machines/container/model.ts';
import { taskIdOf } from '../machines/names/arn.ts';
import { AgentError } from '../machines/names/errors.ts';
import type { TaskPlan } from '../machines/task/model.ts';

/** The key of a plan's record. */
export const planKey = (arn: string): string => `plan/${taskIdOf(arn)}`;

/** The plans of all tasks the agent has: what effects look up by the ids they are given. */
export class Plans {
  readonly #plans = new Map<string, TaskPlan>();

  add(plan: TaskPlan): void {
    this.#plans.set(plan.arn, plan);
  }

  remove(arn: string): void {
    this.#plans.delete(arn);
  }

  /** Throws `PLAN_MISSING` for a task that is not known. */
  task(arn: string): TaskPlan {
    const task = this.#plans.get(arn);
    if (!task) throw new AgentError('PLAN_MISSING', `There is no plan for task ${arn}`);
    return task;
  }

  knows(arn: string): boolean {
    return this.#plans.has(arn);
  }

  /** Whether a task that is known has this container. */
  has(taskArn: string, name: string): boolean {
    return (
      this.#plans.get(taskArn)?.containers.some((container) => container.name === name) ?? false
    );
  }

  all(): Iterable<TaskPlan> {
    return this.#plans.values();
  }

  /** Throws `PLAN_MISSING` for a container that no plan names. */
  of({ taskArn, name }: Pick<ContainerKey, 'taskArn' | 'name'>): {
    task: TaskPlan;
    container: ContainerPlan;
  } {
    const task = this.#plans.get(taskArn);
    const container = task?.containers.find((candidate) => candidate.name === name);
    if (!task || !container)
      throw new AgentError('PLAN_MISSING', `There is no plan for container ${name} of ${taskArn}`);
    return { task, container };
  }
}
