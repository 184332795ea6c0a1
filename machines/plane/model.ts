import type { ContainerReport, TaskReport } from '../report/model.ts';
import type { TaskHealth } from '../stats/model.ts';
import type { TaskStatus } from '../task/model.ts';

/** A task as the control plane sees it: what it wants, and what it was told. */
export interface PlacedTask {
  arn: string;
  desired: 'RUNNING' | 'STOPPED';
  status: TaskStatus;
  reason: string;
  essential: string[];
  containers: Record<string, ContainerReport>;
}

/** A payload on its way: sent again on each new connection until the agent acknowledges it. */
export interface Delivery {
  messageId: string;
  seqNum: number;
  taskArn: string;
  desired: 'RUNNING' | 'STOPPED';
}

/** All that is wanted of the container instance; sent once, and of use only while it is true. */
export interface WishList {
  messageId: string;
  timeline: number;
  tasks: { taskArn: string; desired: 'RUNNING' | 'STOPPED' }[];
}

/** What a container uses and what its health check says, as it was told last; null where it was not. */
export interface ContainerFigures {
  name: string;
  /** Of the whole host, on average since the figures before. */
  cpuPercent: number | null;
  /** At most since then. */
  memoryMiB: number | null;
  health: ContainerHealth | null;
}

type ContainerHealth = TaskHealth['containers'][number]['status'];

/** What the agent publishes of its tasks and of itself, as far as it is shown. */
export type Published =
  | { kind: 'usage'; tasks: PublishedTask<Omit<ContainerFigures, 'health'>>[] }
  | { kind: 'health'; tasks: PublishedTask<{ name: string; health: ContainerHealth }>[] }
  | { kind: 'status'; statuses: Record<string, string> };

interface PublishedTask<Container> {
  taskArn: string;
  containers: Container[];
}

export interface PlaneContext {
  containerInstanceArn: string | null;
  /** Whether tasks may be placed on it. */
  status: 'ACTIVE' | 'DRAINING';
  seqNum: number;
  tasks: Record<string, PlacedTask>;
  unacknowledged: Delivery[];
  /** By the task's ARN. */
  figures: Record<string, ContainerFigures[]>;
  /** What the checks of the instance's health say, by their type. */
  statuses: Record<string, string>;
}

export type PlaneEvent =
  | { type: 'instance.registered'; containerInstanceArn: string }
  | { type: 'instance.changed'; status: PlaneContext['status'] }
  | { type: 'agent.connected'; at: number }
  | { type: 'agent.disconnected' }
  | { type: 'task.run'; taskArn: string; essential: string[] }
  | { type: 'task.stop'; taskArn: string }
  | { type: 'payload.acknowledged'; messageId: string }
  | { type: 'manifest.due' }
  /** The agent asks whether these tasks, which a manifest does not want running, are to stop. */
  | { type: 'stop.asked'; messageId: string; taskArns: string[] }
  | { type: 'task.reported'; report: TaskReport }
  | { type: 'telemetry.published'; published: Published };

/** What the control plane sends over ACS. */
export type LineCommand =
  | { type: 'payload.deliver'; delivery: Delivery }
  | { type: 'manifest.deliver'; list: WishList }
  | { type: 'verification.deliver'; messageId: string; taskArns: string[] }
  | { type: 'heartbeat.send' };
