import type { TaskReport } from './model.ts';

export type ReportEvent =
  /** The task's own status moved: ECS is told at once. */
  | { type: 'task.changed'; report: TaskReport; at: number }
  /** Only containers moved: ECS is told with the next change of the task, or at the next tick. */
  | { type: 'containers.changed'; report: TaskReport; at: number };

/** `roll` in [0, 1) spreads the ticks of many tasks over time. */
export interface ReportInput {
  taskArn: string;
  roll: number;
}
