import type { ContainerKey } from '../machines/container/events.ts';
import type { ContainerPlan } from '../machines/container/model.ts';
import { taskIdOf } from '../machines/names/arn.ts';
import { AgentError } from '../machines/names/errors.ts';
import type { TaskPlan } from '../machines/task/model.ts';
import type { ContainerRef } from '../transport/docker/port.ts';

/** The key of a plan's record. */
export const planKey = (arn: string): string => `plan/${taskIdOf(arn)}`;

/** A task, and which of its two roles is meant: its own, or the one that the agent acts in for it. */
export interface RoleOwner {
  task: TaskPlan;
  role: 'task' | 'execution';
}

/** The plans of all tasks the agent has: what effects look up by the ids they are given. */
export class Plans {
  readonly #plans = new Map<string, TaskPlan>();
  /** Whose each endpoint id and each id of credentials is. */
  readonly #endpoints = new Map<string, ContainerRef>();
  readonly #roles = new Map<string, RoleOwner>();

  add(task: TaskPlan): void {
    this.remove(task.arn);
    this.#plans.set(task.arn, task);
    for (const container of task.containers)
      this.#endpoints.set(container.metadataId, { task, container });
    const { roleCredentialsId: own, executionCredentialsId: execution } = task;
    if (execution !== null) this.#roles.set(execution, { task, role: 'execution' });
    if (own !== null) this.#roles.set(own, { task, role: 'task' });
  }

  remove(arn: string): void {
    const task = this.#plans.get(arn);
    if (!task) return;
    this.#plans.delete(arn);
    for (const { metadataId } of task.containers) this.#endpoints.delete(metadataId);
    for (const id of [task.roleCredentialsId, task.executionCredentialsId])
      if (id !== null && this.#roles.get(id)?.task === task) this.#roles.delete(id);
  }

  /** The container that was given this id for the metadata endpoints; null for an unknown id. */
  byEndpoint(endpointId: string): ContainerRef | null {
    return this.#endpoints.get(endpointId) ?? null;
  }

  /** The task whose role has its keys under this id; null for an unknown id. */
  byCredentials(credentialsId: string): RoleOwner | null {
    return this.#roles.get(credentialsId) ?? null;
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
