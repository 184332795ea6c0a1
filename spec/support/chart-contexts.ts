import type { AdmissionContext, Needs } from '../../machines/admission/model.ts';
import type { AgentContext } from '../../machines/agent/model.ts';
import type { ContainerInput } from '../../machines/container/events.ts';
import type {
  ContainerChange,
  ContainerContext,
  ContainerFacts,
  ContainerStatus,
} from '../../machines/container/model.ts';
import type { CleanupRules } from '../../machines/image/model.ts';
import type { Failure } from '../../machines/names/errors.ts';
import type { OutboxContext, TaskReport } from '../../machines/report/model.ts';
import type { ResourceChange } from '../../machines/resource/model.ts';
import type { SessionContext } from '../../machines/session/events.ts';
import type { Acknowledgement, Payload } from '../../machines/session/model.ts';
import type { TaskRules } from '../../machines/task/decide.ts';
import type { TaskInput } from '../../machines/task/events.ts';
import type {
  KnownContainer,
  PlannedContainer,
  TaskContext,
  TaskStatus,
} from '../../machines/task/model.ts';
import { taskArn } from './builders.ts';

/** The task that the stories of charts are about. */
export const story = taskArn('story');

/** A failure of no special kind at 2 s, which may not be tried again. */
export const failure = (code: string, more: Partial<Failure> = {}): Failure => ({
  code,
  name: 'UnknownError',
  message: 'the Engine says no',
  retry: false,
  at: 2_000,
  roll: 0,
  ...more,
});

/** How the actor of container `main` begins at 1 s. */
export const containerInput: ContainerInput = {
  taskArn: story,
  name: 'main',
  pullBehavior: 'default',
  needsRole: false,
  restartPolicy: null,
  at: 1_000,
};

/** Container `main` of which nothing was done yet, but for what is given. */
export const containerContext = (more: Partial<ContainerContext> = {}): ContainerContext => ({
  taskArn: story,
  name: 'main',
  desired: 'RUNNING',
  pullBehavior: 'default',
  allowed: 'resolve',
  hold: null,
  needsRole: false,
  restartPolicy: null,
  digest: null,
  digestResolved: false,
  mustPull: false,
  runtimeId: null,
  imageId: null,
  createdAt: null,
  exitCode: null,
  diedWith: null,
  failure: null,
  fatal: false,
  health: 'UNKNOWN',
  bindings: [],
  pullStartedAt: null,
  pullStoppedAt: null,
  startedAt: null,
  finishedAt: null,
  restarts: 0,
  lastRestartAt: null,
  knownAt: 1_000,
  attempts: 0,
  begunAt: 1_000,
  trouble: null,
  ...more,
});

/** What an inspect says of a running container, but for what is given. */
export const facts = (more: Partial<ContainerFacts> = {}): ContainerFacts => ({
  runtimeId: 'c0ffee',
  state: 'running',
  exitCode: null,
  startedAt: 1_500,
  finishedAt: null,
  bindings: [],
  outOfMemory: false,
  error: '',
  health: 'UNKNOWN',
  imageId: 'sha256:1mage',
  createdAt: 1_400,
  networks: [],
  details: {
    createdAt: '1970-01-01T00:00:01.4Z',
    startedAt: '1970-01-01T00:00:01.5Z',
    finishedAt: null,
    labels: {},
    mounts: [],
    healthCheck: null,
  },
  ...more,
});

/** A change of a container's status at 2 s, but for what is given. */
export const change = (
  name: string,
  status: ContainerStatus,
  more: Partial<ContainerChange> = {},
): ContainerChange => ({
  name,
  status,
  at: 2_000,
  runtimeId: null,
  exitCode: null,
  reason: null,
  fatal: false,
  digest: null,
  digestResolved: false,
  bindings: [],
  health: 'UNKNOWN',
  startedAt: null,
  pullStartedAt: null,
  pullStoppedAt: null,
  ...more,
});

/** What a task must know of an essential container, but for what is given. */
export const planned = (name: string, more: Partial<PlannedContainer> = {}): PlannedContainer => ({
  name,
  image: 'busybox:local',
  essential: true,
  internal: false,
  dependsOn: [],
  startTimeoutS: null,
  healthChecked: false,
  restartPolicy: null,
  needsRole: false,
  ...more,
});

/** A task's container as the task knows it at 1 s, but for what is given. */
export const known = (
  name: string,
  status: ContainerStatus,
  more: Partial<KnownContainer> = {},
): KnownContainer => ({
  ...planned(name),
  ...change(name, status, { at: 1_000 }),
  reached: status === 'STOPPED' ? 'RUNNING' : status,
  desired: 'RUNNING',
  told: 'start',
  held: '',
  ...more,
});

/** What a task takes that asks for nothing. */
export const noNeeds: Needs = { cpuUnits: 0, memoryMiB: 0, tcpPorts: [], udpPorts: [] };

/** How a task's actor begins at 1 s with an essential container `main`, but for what is given. */
export const taskInput = (more: Partial<TaskInput> = {}): TaskInput => ({
  arn: story,
  desired: 'RUNNING',
  refusal: null,
  reason: '',
  containers: [planned('main')],
  resources: [],
  needs: noNeeds,
  begins: 'fresh',
  pullBehavior: 'default',
  pullUpfront: false,
  cleanupAfterMs: 60_000,
  at: 1_000,
  ...more,
});

/** A task with these containers that is wanted running, but for what is given. */
export const taskContext = (
  containers: KnownContainer[],
  more: Partial<TaskContext> = {},
): TaskContext => ({
  arn: story,
  desired: 'RUNNING',
  reason: '',
  containers: Object.fromEntries(containers.map((container) => [container.name, container])),
  resources: [],
  needs: noNeeds,
  begins: 'fresh',
  pullBehavior: 'default',
  pullUpfront: false,
  cleanupAfterMs: 60_000,
  manifestTold: false,
  settled: false,
  executionStoppedAt: null,
  knownAt: 1_000,
  attempts: 0,
  ...more,
});

/** A change of a task's volume at 2 s, but for what is given. */
export const resourceChange = (
  status: ResourceChange['status'],
  more: Partial<ResourceChange> = {},
): ResourceChange => ({
  kind: 'volume',
  name: 'data',
  status,
  reason: '',
  at: 2_000,
  ...more,
});

/** What ECS is told of a task without a word of its containers, but for what is given. */
export const report = (status: TaskStatus, more: Partial<TaskReport> = {}): TaskReport => ({
  taskArn: story,
  status,
  reason: '',
  containers: [],
  pullStartedAt: null,
  pullStoppedAt: null,
  executionStoppedAt: null,
  ...more,
});

/** The part of a report that is about a container without an exit code, but for what is given. */
export const told = (
  name: string,
  status: TaskReport['containers'][number]['status'],
  more: Partial<TaskReport['containers'][number]> = {},
): TaskReport['containers'][number] => ({
  name,
  status,
  runtimeId: null,
  exitCode: null,
  reason: null,
  digest: null,
  bindings: [],
  ...more,
});

/** An outbox of a task of which ECS was told nothing, but for what is given. */
export const outboxContext = (more: Partial<OutboxContext> = {}): OutboxContext => ({
  taskArn: story,
  sent: { status: null, containers: {} },
  queue: [],
  collected: null,
  attempts: 0,
  trouble: null,
  settled: false,
  roll: 0.5,
  ...more,
});

/** The container instance that the stories of charts are about. */
export const instance = 'arn:aws:ecs:us-west-2:123456789012:container-instance/specs/1';

/** A session that has not connected yet, but for what is given. */
export const sessionContext = (more: Partial<SessionContext> = {}): SessionContext => ({
  containerInstanceArn: instance,
  endpoint: '',
  hasConnected: false,
  connectedAt: 0,
  attempts: 0,
  ...more,
});

/** What tasks go by, but for what is given. */
export const rules = (more: Partial<TaskRules> = {}): TaskRules => ({
  pullBehavior: 'default',
  pullUpfront: false,
  taskLimits: false,
  cleanupWaitMs: 60_000,
  cleanupJitterMs: 0,
  ...more,
});

/** A host with room that nobody holds. */
export const admission: AdmissionContext = {
  capacity: { cpuUnits: 2_048, memoryMiB: 4_096 },
  reserved: { tcpPorts: [], udpPorts: [] },
  holders: [],
  waiting: [],
  at: 1_000,
};

/** How remains are removed: images of tasks only, and not for want of disk. */
export const cleanup: CleanupRules = {
  images: true,
  intervalMs: 1_800_000,
  minimumAgeMs: 3_600_000,
  imagesPerCycle: 5,
  excluded: [],
  untracked: false,
  untrackedMinimumAgeMs: 3_600_000,
  untrackedContainersPerCycle: 5,
  containerAgeMs: 10_800_000,
  disk: { highPercent: 100, lowPercent: 100, intervalMs: 60_000 },
};

/** An agent that was registered before, but for what is given. */
export const agentContext = (more: Partial<AgentContext> = {}): AgentContext => ({
  cluster: 'specs',
  containerInstanceArn: instance,
  ec2InstanceId: null,
  makesCluster: false,
  rules: rules(),
  updatesEnabled: true,
  admission,
  cleanup,
  telemetry: false,
  refused: [],
  seqNum: 0,
  manifestSeqNum: 0,
  manifestId: null,
  watching: { warmPool: false, spot: false },
  begunAt: 1_000,
  attempts: 0,
  trouble: null,
  lifecycle: null,
  awaySince: null,
  crashes: [],
  exit: { code: 0, reason: '' },
  ...more,
});

/** A payload without a task, but for what is given. */
export const payload = (more: Partial<Payload> = {}): Payload => ({
  messageId: 'm1',
  clusterArn: 'arn:aws:ecs:us-west-2:123456789012:cluster/specs',
  containerInstanceArn: instance,
  seqNum: null,
  tasks: [],
  refused: [],
  credentials: [],
  ...more,
});

/** What is owed for it. */
export const receipt = {
  kind: 'payload' as const,
  messageId: 'm1',
  clusterArn: 'arn:aws:ecs:us-west-2:123456789012:cluster/specs',
  containerInstanceArn: instance,
} satisfies Acknowledgement;
