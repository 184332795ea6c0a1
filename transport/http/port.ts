import type { Health } from '../../machines/agent/model.ts';
import type { NetworkBinding } from '../../machines/container/model.ts';

/** The agent, as its introspection endpoints show it. */
export interface IntrospectionSource {
  metadata(): { cluster: string; containerInstanceArn: string | null; version: string };
  /** Whether it is in touch with ECS. */
  health(): Health;
  tasks(): IntrospectedTask[];
  /** Why the agent and its tasks are as they are; `task` is an ARN or a task id, null for all. */
  explain(task: string | null): Explanation[];
}

/** A task with its containers; times in epoch milliseconds. */
export interface IntrospectedTask {
  arn: string;
  family: string;
  version: string;
  desired: 'RUNNING' | 'STOPPED';
  known: 'PENDING' | 'RUNNING' | 'STOPPED';
  containers: IntrospectedContainer[];
}

/** A container of a task definition; those that the agent adds itself are not shown. */
export interface IntrospectedContainer {
  name: string;
  image: string;
  /** '' while the Engine has not given one. */
  dockerId: string;
  dockerName: string;
  imageId: string;
  createdAt: number | null;
  startedAt: number | null;
  bindings: NetworkBinding[];
  /** What the task definition maps, for a container that has no bindings yet. */
  mappings: { containerPort: number; hostPort: number | null; protocol: 'tcp' | 'udp' }[];
  /** Null for a container without a restart policy. */
  restarts: number | null;
}

/** What one part of the agent waits for, and the parts of it that say more. */
export interface Explanation {
  /** E.g. `task 0123…`, `container web`, `the Docker Engine`. */
  subject: string;
  /** Its state in the chart, e.g. `preparing.pulling.calling`. */
  state: string;
  /** One sentence in words for people. */
  sentence: string;
  /** Whether it may stay as it is for ever. */
  steady: boolean;
  /** Since when and until when at most, epoch ms; null where that is not known or has no end. */
  since: number | null;
  until: number | null;
  /** What happens when it ends, '' for nothing. */
  next: string;
  parts: Explanation[];
}
