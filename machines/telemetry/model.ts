import type { Check } from '../health/model.ts';
import type { TaskHealth, TaskUsage } from '../stats/model.ts';

/** What ECS is told of one check of the instance's health. Times are epoch ms. */
export interface InstanceStatus extends Pick<Check, 'type' | 'status' | 'changedAt'> {
  updatedAt: number;
}

/** What the telemetry service (TCS) of Amazon ECS is told at once; it may take several requests. */
export type Publication =
  | { kind: 'usage'; messageId: string; idle: boolean; tasks: TaskUsage[] }
  | { kind: 'health'; messageId: string; tasks: TaskHealth[] }
  | { kind: 'status'; messageId: string; statuses: InstanceStatus[] };

/** What arrives from TCS. */
export type InboundTelemetry =
  /** An acknowledgement or a heartbeat: the service is there. */
  | { kind: 'alive'; type: string }
  | { kind: 'error'; type: string; remark: string }
  /** A message that is known but asks nothing of this agent. */
  | { kind: 'other'; type: string };
