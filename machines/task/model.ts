import type { ContainerChange, ContainerPlan, PullBehavior } from '../container/model.ts';

/** How far a task has come: pending until every container runs, stopped when none will any more. */
export type TaskStatus = 'PENDING' | 'RUNNING' | 'STOPPED';

/** What never changes about a task: the payload's task, translated from the wire, stored once. */
export interface TaskPlan {
  arn: string;
  family: string;
  /** Revision of the task definition, a decimal number as text. */
  version: string;
  /** Network mode as the payload names it; '' means Docker's default bridge. */
  networkMode: string;
  /** vCPUs and MiB for the task as a whole; null where there is no limit. */
  cpu: number | null;
  memoryMiB: number | null;
  containers: ContainerPlan[];
  /** Id (never the keys) under which the task role's credentials are vended; null for no role. */
  roleCredentialsId: string | null;
  /** Features the task needs and this agent does not have, in words; such a task is refused. */
  unsupported: string[];
}

/** A task as a payload names it: its plan and what ECS wants of it. */
export interface TaskArrival {
  plan: TaskPlan;
  desired: 'RUNNING' | 'STOPPED';
  /** A random number in [0, 1) that came with the task, for spreading its reports in time. */
  roll: number;
}

/** A task of a payload that could not be understood. `arn` is null where even that is missing. */
export interface RefusedTask {
  arn: string | null;
  reason: string;
}

/** What a task's actor remembers. */
export interface TaskContext {
  arn: string;
  desired: 'RUNNING' | 'STOPPED';
  /** The task's own reason; '' where the containers' reasons say all. */
  reason: string;
  /** The latest of each container, by name, in the order of the task definition. */
  containers: Record<string, ContainerChange & { essential: boolean }>;
  /** Whether its containers may be running although nothing is known of them. */
  mayBeRunning: boolean;
  pullBehavior: PullBehavior;
  /** When the first essential container was seen stopped. */
  executionStoppedAt: number | null;
  knownAt: number;
}
