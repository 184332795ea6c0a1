import type { ContainerStatus, NetworkBinding } from '../../machines/container/model.ts';
import type { TaskPlan } from '../../machines/task/model.ts';

/** What the Amazon ECS agent has saved, in the terms of this agent; times are epoch milliseconds. */
export interface FoundState {
  /** Of the agent that wrote it; '' where it does not tell. */
  agentVersion: string;
  /** As it was configured: a name or an ARN. */
  cluster: string;
  /** '' for an agent that never registered. */
  containerInstanceArn: string;
  /** '' off EC2. */
  ec2InstanceId: string;
  /** The sequence number of the latest task manifest; 0 for none. */
  manifestSequence: number;
  tasks: FoundTask[];
  images: FoundImage[];
  /** What could not be understood, and why. */
  unread: { what: string; why: string }[];
}

export interface FoundTask {
  /** Its containers and volumes bear the names that they have in the Engine. Nothing is refused yet. */
  plan: TaskPlan;
  /** What it needs and this agent does not have, in words. */
  lacks: string[];
  desired: 'RUNNING' | 'STOPPED';
  /** The latest status that ECS has accepted. */
  sent: 'MANIFEST_PULLED' | 'RUNNING' | 'STOPPED' | null;
  knownAt: number | null;
  pullStartedAt: number | null;
  pullStoppedAt: number | null;
  executionStoppedAt: number | null;
  /** Whether it was given a cgroup of its own. */
  hasCgroup: boolean;
  containers: FoundContainer[];
  /** What is to be known of the take-over, in sentences. */
  warnings: string[];
}

export interface FoundContainer {
  name: string;
  /** Null while there was none in the Engine. */
  runtimeId: string | null;
  status: ContainerStatus;
  sent: 'MANIFEST_PULLED' | 'RUNNING' | 'STOPPED' | null;
  exitCode: number | null;
  digest: string | null;
  imageId: string | null;
  bindings: NetworkBinding[];
  startedAt: number | null;
  restarts: number;
  lastRestartAt: number | null;
  /** What ended it, or what went wrong before; `name` as ECS shows it. */
  failure: { name: string; message: string } | null;
}

export interface FoundImage {
  /** `sha256:…`. */
  id: string;
  references: string[];
  pulled: boolean;
  pulledAt: number;
  lastUsedAt: number;
}
