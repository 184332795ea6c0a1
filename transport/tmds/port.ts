import type { ContainerStatus, NetworkBinding } from '../../machines/container/model.ts';

/** What the task metadata server shows: the agent's tasks, to those who run in them. */
export interface TaskServerSource {
  /** The keys under this id; `pending` for an id that is known and whose keys have not arrived yet. */
  credentials(id: string): VendedCredentials | 'pending' | null;
  /** ARN of the task of the container that this endpoint id was given to; null for an unknown one. */
  taskOf(endpointId: string): string | null;
  /** The container itself; null for one that the Engine has not made (or does not have any more). */
  container(endpointId: string): Promise<ServedContainer | null>;
  /** Null for a task that has gone meanwhile. */
  task(arn: string): Promise<ServedTask | null>;
  /**
   * The latest sample of a container's resources; `pending` before the first, null for a container
   * that is not measured.
   */
  sample(endpointId: string): ServedSample | 'pending' | null;
  /** Those of all containers of a task that the Engine has made, by their Docker ids. */
  samples(arn: string): Map<string, ServedSample | 'pending' | null>;
  /** Tags of a task or a container instance. Rejects where ECS does not tell them. */
  tags(resourceArn: string, forContainer: string): Promise<Record<string, string>>;
}

/** Keys of a role as its task is given them. */
export interface VendedCredentials {
  taskArn: string;
  /** Whether it is the role of the task itself, or the one that the agent acts in for it. */
  role: 'task' | 'execution';
  roleArn: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** As ECS wrote it. */
  expiration: string;
}

/** A container as its task sees it. Times are texts of RFC 3339, null where they have not come. */
export interface ServedContainer {
  /** '' for one that the Engine has not made yet. */
  dockerId: string;
  dockerName: string;
  name: string;
  image: string;
  imageId: string;
  bindings: NetworkBinding[];
  labels: Record<string, string>;
  desired: ContainerStatus;
  known: ContainerStatus;
  exitCode: number | null;
  cpu: number;
  memoryMiB: number;
  createdAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  kind: 'NORMAL' | 'NAMESPACE_PAUSE';
  /** Null for a container without a Docker health check. */
  health: ServedHealth | null;
  mounts: { name: string; source: string; destination: string }[];
  /** Null where the Engine has not told them. */
  networks: { mode: string; ipv4: string[]; ipv6: string[] }[] | null;
  logDriver: string;
  logOptions: Record<string, string>;
  /** '' where ECS has not named it. */
  arn: string;
  /** Null for a container without a restart policy. */
  restarts: number | null;
}

export interface ServedHealth {
  /** Null before the first verdict. */
  status: 'HEALTHY' | 'UNHEALTHY' | null;
  since: string | null;
  exitCode: number;
  output: string;
}

/** A task as it sees itself. Times are epoch milliseconds. */
export interface ServedTask {
  cluster: string;
  containerInstanceArn: string | null;
  arn: string;
  family: string;
  version: string;
  desired: 'RUNNING' | 'STOPPED';
  known: 'NONE' | 'MANIFEST_PULLED' | 'CREATED' | 'RUNNING' | 'STOPPED';
  /** vCPUs and MiB; null for no limit. */
  cpu: number | null;
  memoryMiB: number | null;
  pullStartedAt: number | null;
  pullStoppedAt: number | null;
  executionStoppedAt: number | null;
  /** '' where they are not known or not to be told. */
  availabilityZone: string;
  availabilityZoneId: string;
  vpcId: string;
  launchType: string;
  serviceName: string;
  faultInjection: boolean;
  containers: ServedContainer[];
}

/** A sample of a container's resources. */
export interface ServedSample {
  /** The JSON text of Docker's own structure, with every counter in full. */
  text: string;
  /** Bytes a second between the last two samples; null before the second. */
  rates: { received: number; sent: number } | null;
}
