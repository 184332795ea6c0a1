import type { Needs } from '../admission/model.ts';
import type { ContainerChange, Health, PullBehavior } from '../container/model.ts';
import type { ResourceChange, ResourcePlan } from '../resource/model.ts';
import type { Beginning, PlannedContainer } from './model.ts';

export type TaskEvent =
  | { type: 'task.stop'; at: number }
  /** The host has what it needs, and holds it for the task. */
  | { type: 'task.admitted'; at: number }
  /** The host runs out of disk: its remains are to go as soon as ECS knows of its end. */
  | { type: 'task.hurry'; at: number }
  /** ECS has accepted that it stopped, or never will. */
  | { type: 'report.settled'; at: number }
  | { type: 'container.changed'; change: ContainerChange }
  | { type: 'container.health'; name: string; health: Health; at: number }
  | { type: 'resource.changed'; change: ResourceChange };

/**
 * How a task's actor begins. `refusal` is why it may not run at all, or null; `reason` is told to ECS
 * at its end, '' where its containers' reasons say all.
 */
export interface TaskInput {
  arn: string;
  desired: 'RUNNING' | 'STOPPED';
  refusal: string | null;
  reason: string;
  containers: PlannedContainer[];
  resources: ResourcePlan[];
  needs: Needs;
  begins: Beginning;
  pullBehavior: PullBehavior;
  pullUpfront: boolean;
  cleanupAfterMs: number;
  at: number;
}

/** Names a task in an effect's input. */
export interface TaskKey {
  taskArn: string;
  /** When the effect was begun, epoch ms. */
  since: number;
}
