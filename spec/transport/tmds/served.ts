import type {
  ServedContainer,
  ServedTask,
  TaskServerSource,
  VendedCredentials,
} from '../../../transport/tmds/port.ts';

export const taskArn = 'arn:aws:ecs:us-west-2:1:task/prod/0a';

/** A running container as its task sees it, but for what is given. */
export const servedContainer = (more: Partial<ServedContainer> = {}): ServedContainer => ({
  dockerId: 'cd18',
  dockerName: 'ecs-web-3-nginx-90b6',
  name: 'nginx',
  image: 'nginx:1',
  imageId: 'sha256:1mage',
  bindings: [],
  labels: {},
  desired: 'RUNNING',
  known: 'RUNNING',
  exitCode: null,
  cpu: 0,
  memoryMiB: 0,
  createdAt: null,
  startedAt: null,
  finishedAt: null,
  kind: 'NORMAL',
  health: null,
  mounts: [],
  networks: [],
  logDriver: '',
  logOptions: {},
  arn: '',
  restarts: null,
  ...more,
});

/** A running task as it sees itself, but for what is given. */
export const servedTask = (more: Partial<ServedTask> = {}): ServedTask => ({
  cluster: 'prod',
  containerInstanceArn: null,
  arn: taskArn,
  family: 'web',
  version: '3',
  desired: 'RUNNING',
  known: 'RUNNING',
  cpu: null,
  memoryMiB: null,
  pullStartedAt: null,
  pullStoppedAt: null,
  executionStoppedAt: null,
  availabilityZone: '',
  availabilityZoneId: '',
  vpcId: '',
  launchType: '',
  serviceName: '',
  faultInjection: false,
  containers: [],
  ...more,
});

export const keys = (more: Partial<VendedCredentials> = {}): VendedCredentials => ({
  taskArn,
  role: 'task',
  roleArn: 'arn:aws:iam::1:role/r',
  accessKeyId: 'AKIA',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiration: '2026-06-01T18:00:00Z',
  ...more,
});

/** An agent that has nothing, but for what is given. */
export const sourceOf = (more: Partial<TaskServerSource> = {}): TaskServerSource => ({
  credentials: () => null,
  taskOf: () => null,
  container: () => Promise.resolve(null),
  task: () => Promise.resolve(null),
  sample: () => null,
  samples: () => new Map(),
  tags: () => Promise.resolve({}),
  ...more,
});
