import type { ContainerChange } from '../container/model.ts';
import type { Failure } from '../names/errors.ts';
import type { TaskStatus } from '../task/model.ts';

/**
 * A container's part of what ECS is told. `MANIFEST_PULLED` goes out as pending, with the digest of
 * its image.
 */
export type ContainerReport = Pick<
  ContainerChange,
  'name' | 'runtimeId' | 'exitCode' | 'reason' | 'digest' | 'bindings'
> & { status: 'MANIFEST_PULLED' | 'RUNNING' | 'STOPPED' };

/** One change of a task's state as ECS is told of it, times in epoch milliseconds. */
export interface TaskReport {
  taskArn: string;
  status: TaskStatus;
  reason: string;
  containers: ContainerReport[];
  pullStartedAt: number | null;
  pullStoppedAt: number | null;
  executionStoppedAt: number | null;
}

/** A task's outbox: what ECS has accepted, and what it has still to be told, oldest first. */
export interface OutboxContext {
  taskArn: string;
  /** The latest status ECS accepted of the task (null: none yet) and of each container. */
  sent: { status: TaskStatus | null; containers: Record<string, ContainerReport['status']> };
  queue: TaskReport[];
  /** Container changes that wait for the next tick; the latest replaces earlier ones. */
  collected: TaskReport | null;
  /** How often in a row the head of the queue was not accepted. */
  attempts: number;
  /** Why the latest try was not accepted. */
  trouble: Failure | null;
  /** Whether the task's end has been accepted, or never will be. */
  settled: boolean;
  roll: number;
}
