import type { ContainerChange, PullBehavior } from '../container/model.ts';

export type TaskEvent =
  | { type: 'task.stop'; at: number }
  | { type: 'container.changed'; change: ContainerChange };

/**
 * How a task's actor begins. `refusal` is why it may not run at all, or null; `reason` is told to ECS
 * at its end, '' where its containers' reasons say all.
 */
export interface TaskInput {
  arn: string;
  desired: 'RUNNING' | 'STOPPED';
  refusal: string | null;
  reason: string;
  containers: { name: string; essential: boolean }[];
  /** Whether its containers may be running although nothing is known of them. */
  mayBeRunning: boolean;
  pullBehavior: PullBehavior;
  at: number;
}
