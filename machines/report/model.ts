import type { ContainerChange } from '../container/model.ts';
import type { TaskStatus } from '../task/model.ts';

/** A container's part of what ECS is told. Only `RUNNING` and `STOPPED` are ever told. */
export type ContainerReport = Pick<
  ContainerChange,
  'name' | 'status' | 'runtimeId' | 'exitCode' | 'reason' | 'bindings'
>;

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
