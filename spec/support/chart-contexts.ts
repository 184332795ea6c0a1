import type { AgentContext } from '../../machines/agent/model.ts';
import type { ContainerInput } from '../../machines/container/events.ts';
import type {
  ContainerChange,
  ContainerContext,
  ContainerFacts,
  ContainerStatus,
} from '../../machines/container/model.ts';
import type { Failure } from '../../machines/names/errors.ts';
import type { OutboxContext, TaskReport } from '../../machines/report/model.ts';
import type { SessionContext } from '../../machines/session/events.ts';
import type { Acknowledgement, Payload } from '../../machines/session/model.ts';
import type { TaskInput } from '../../machines/task/events.ts';
import type { TaskContext, TaskStatus } from '../../machines/task/model.ts';
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
  at: 1_000,
};

/** Container `main` of which nothing was done yet, but for what is given. */
export const containerContext = (more: Partial<ContainerContext> = {}): ContainerContext => ({
  taskArn: story,
  name: 'main',
  desired: 'RUNNING',
  pullBehavior: 'default',
  runtimeId: null,
  exitCode: null,
  diedWith: null,
  failure: null,
  bindings: [],
  pullStartedAt: null,
  pullStoppedAt: null,
  startedAt: null,
  finishedAt: null,
  knownAt: 1_000,
  attempts: 0,
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
  bindings: [],
  pullStartedAt: null,
  pullStoppedAt: null,
  ...more,
});

/** A task's container as the task knows it at 1 s, but for what is given. */
export const known = (
  name: string,
  status: ContainerStatus,
  more: Partial<TaskContext['containers'][string]> = {},
): TaskContext['containers'][string] => ({
  ...change(name, status, { at: 1_000 }),
  essential: true,
  ...more,
});

/** How a task's actor begins at 1 s with an essential container `main`, but for what is given. */
export const taskInput = (more: Partial<TaskInput> = {}): TaskInput => ({
  arn: story,
  desired: 'RUNNING',
  refusal: null,
  reason: '',
  containers: [{ name: 'main', essential: true }],
  mayBeRunning: false,
  pullBehavior: 'default',
  at: 1_000,
  ...more,
});

/** A task with these containers that is wanted running, but for what is given. */
export const taskContext = (
  containers: TaskContext['containers'][string][],
  more: Partial<TaskContext> = {},
): TaskContext => ({
  arn: story,
  desired: 'RUNNING',
  reason: '',
  containers: Object.fromEntries(containers.map((container) => [container.name, container])),
  mayBeRunning: false,
  pullBehavior: 'default',
  executionStoppedAt: null,
  knownAt: 1_000,
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
  status: ContainerStatus,
  more: Partial<TaskReport['containers'][number]> = {},
): TaskReport['containers'][number] => ({
  name,
  status,
  runtimeId: null,
  exitCode: null,
  reason: null,
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

/** An agent that was registered before, but for what is given. */
export const agentContext = (more: Partial<AgentContext> = {}): AgentContext => ({
  cluster: 'specs',
  containerInstanceArn: instance,
  pullBehavior: 'default',
  attempts: 0,
  registeringSince: null,
  crashes: [],
  exit: { code: 0, reason: '' },
  ...more,
});

/** A payload without a task, but for what is given. */
export const payload = (more: Partial<Payload> = {}): Payload => ({
  messageId: 'm1',
  clusterArn: 'arn:aws:ecs:us-west-2:123456789012:cluster/specs',
  containerInstanceArn: instance,
  tasks: [],
  refused: [],
  credentials: [],
  ...more,
});

/** What is owed for it. */
export const receipt: Acknowledgement = {
  kind: 'payload',
  messageId: 'm1',
  clusterArn: 'arn:aws:ecs:us-west-2:123456789012:cluster/specs',
  containerInstanceArn: instance,
};
