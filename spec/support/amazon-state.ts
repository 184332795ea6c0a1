import { taskIdOf } from '../../machines/names/arn.ts';
import { type BoltContent, boltFile } from './bolt.ts';
import { testImage } from './engine-plans.ts';

type Json = Record<string, unknown>;

/** A container as Amazon's agent saves it: within its task, and in a row of its own. */
export interface SavedContainer {
  name: string;
  id: string;
  dockerName: string;
  members: Json;
}

/** The members of a task, without its containers, as Amazon's agent saves them. */
export interface SavedTask {
  arn: string;
  containers: SavedContainer[];
  members?: Json;
}

/** A container that runs and of which ECS was told so, but for what is given. */
export const savedContainer = (name: string, id: string, members: Json = {}): SavedContainer => ({
  name,
  id,
  dockerName: `ecs-web-1-${name}-${id.slice(0, 20)}`,
  members,
});

const containerMembers = ({ name, members }: SavedContainer): Json => ({
  Name: name,
  Image: testImage,
  Command: null,
  Cpu: 10,
  Memory: 16,
  Links: null,
  Essential: true,
  environment: { TOKEN: 'not to be shown' },
  overrides: { command: null },
  dockerConfig: { config: null, hostConfig: null, version: null },
  registryAuthentication: null,
  StartTimeout: 0,
  StopTimeout: 0,
  desiredStatus: 'RUNNING',
  KnownStatus: 'RUNNING',
  IsInternal: 'NORMAL',
  ApplyingError: null,
  SentStatus: 'RUNNING',
  KnownExitCode: null,
  KnownPortBindings: null,
  ...members,
});

/** A task row: its copies of the containers are older than their rows, and told of nothing. */
export const taskRow = ({ arn, containers, members }: SavedTask): Json => ({
  Arn: arn,
  Family: 'web',
  Version: '1',
  Containers: containers.map((one) => ({ ...containerMembers(one), SentStatus: 'NONE' })),
  resources: {},
  volumes: null,
  DesiredStatus: 'RUNNING',
  KnownStatus: 'RUNNING',
  KnownTime: '2026-01-01T00:00:00.123456789Z',
  PullStartedAt: '0001-01-01T00:00:00Z',
  PullStoppedAt: '0001-01-01T00:00:00Z',
  ExecutionStoppedAt: '0001-01-01T00:00:00Z',
  SentStatus: 'RUNNING',
  executionCredentialsID: '',
  credentialsID: '',
  ENI: null,
  AppMesh: null,
  NetworkMode: 'bridge',
  ...members,
});

export const containerRow = (container: SavedContainer): Json => ({
  DockerId: container.id,
  DockerName: container.dockerName,
  Container: containerMembers(container),
});

/** The members of a container or task that has ended and of whose end ECS was told. */
export const endedWith = (code: number): Json => ({
  desiredStatus: 'STOPPED',
  KnownStatus: 'STOPPED',
  SentStatus: 'STOPPED',
  KnownExitCode: code,
});
export const ended: Json = {
  DesiredStatus: 'STOPPED',
  KnownStatus: 'STOPPED',
  SentStatus: 'STOPPED',
  ExecutionStoppedAt: '2026-01-01T00:00:00Z',
};

/** The container instance that Amazon's agent of these specs is. */
export const savedInstance = (cluster: string): string =>
  `arn:aws:ecs:us-west-2:123456789012:container-instance/${cluster}/0123456789abcdef`;

/** The buckets of its database. */
export function savedBuckets(cluster: string, tasks: SavedTask[]): BoltContent {
  const rows = tasks.flatMap(({ arn, containers }) =>
    containers
      .filter(({ id }) => id !== '')
      .map((one) => [`${taskIdOf(arn)}-${one.name}`, JSON.stringify(containerRow(one))] as const),
  );
  const metadata = {
    'agent-version': '1.105.1',
    'cluster-name': cluster,
    'container-instance-arn': savedInstance(cluster),
    'ec2-instance-id': '',
    'task-manifest-seq-num': '7',
  };
  const quoted = Object.entries(metadata).map(([key, value]) => [key, JSON.stringify(value)]);
  return {
    containers: Object.fromEntries(rows),
    eniattachments: {},
    images: {},
    metadata: Object.fromEntries(quoted),
    tasks: Object.fromEntries(
      tasks.map((task) => [taskIdOf(task.arn), JSON.stringify(taskRow(task))]),
    ),
  };
}

/** Its database as a file. */
export const savedDatabase = (cluster: string, tasks: SavedTask[]): Buffer =>
  boltFile(savedBuckets(cluster, tasks));
