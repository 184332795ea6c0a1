import { outboxActorId, taskActorId, taskIdOf } from '../names/arn.ts';
import { isPatient, nextTryAt, type Patience, startPatience } from '../names/backoff.ts';
import type { Failure } from '../names/errors.ts';
import type { TaskReport } from '../report/model.ts';
import type { Acknowledgement, Manifest, Payload } from '../session/model.ts';
import { type TaskRules, taskInput } from '../task/decide.ts';
import type { TaskInput } from '../task/events.ts';
import type { RefusedTask, TaskArrival, TaskPlan } from '../task/model.ts';
import type { AgentInput } from './events.ts';
import { type AgentContext, type AgentExit, type AgentIdentity, exitCodes } from './model.ts';

/** How long registering is tried while ECS has too much to do, and at what pace. */
export const registerPatience: Patience = {
  withinMs: 3_600_000,
  pace: { firstMs: 3_000, maxMs: 192_000, factor: 2, jitter: 0.2 },
};

/** Failures of a start that pass by themselves, as far as they do within this time. */
const patience: Record<string, Patience> = {
  DOCKER_UNREACHABLE: startPatience,
  DOCKER_TIMEOUT: startPatience,
  ECS_UNREACHABLE: startPatience,
  ECS_THROTTLED: registerPatience,
};

/** What a person can do about a start that failed; '' where the failure says it. */
const remedies: Record<string, string> = {
  DOCKER_UNREACHABLE: 'Start the Docker Engine, or set DOCKER_HOST to where it listens.',
  DOCKER_TIMEOUT: 'See why the Docker Engine does not answer, or restart it.',
  ECS_UNREACHABLE:
    'See to the network and the proxy, and that AWS_DEFAULT_REGION or ECS_BACKEND_HOST is right.',
  METADATA_REFUSED:
    'Let the instance read its metadata, or set ECS_WARM_POOLS_CHECK=false if it is in no warm pool.',
};

/** Failures that starting again cannot help. */
const terminal = [
  'ECS_INVALID',
  'ECS_ATTRIBUTES',
  'ECS_CLUSTER_MISSING',
  'CGROUPS_UNAVAILABLE',
  'CLOUD_INIT_WITHOUT_DATA',
  'METADATA_REFUSED',
  'METADATA_UNREADABLE',
];

/** How often the place of an instance in its warm pool is asked for, and how often in vain at most. */
export const warmPoolMs = 60_000;
const warmPoolTries = 120;

/** How long the last changes may take to reach the disk when the agent is asked to stop. */
export const settleWithinMs = 3_000;

/** How often a session may crash in a period before the agent gives up. */
export const intensity = { crashes: 5, periodMs: 60_000 } as const;

/** How long after a crash of what measures the instance it is begun again. */
export const measureAgainMs = 60_000;

export const newAgent = ({ identity, ...given }: AgentInput): AgentContext => ({
  cluster: identity.cluster,
  containerInstanceArn: identity.containerInstanceArn,
  ec2InstanceId: identity.ec2InstanceId,
  makesCluster: given.makesCluster,
  rules: given.rules,
  updatesEnabled: given.updatesEnabled,
  admission: given.admission,
  cleanup: given.cleanup,
  telemetry: given.telemetry,
  refused: [],
  seqNum: identity.manifestSeqNum ?? 0,
  manifestSeqNum: identity.manifestSeqNum ?? 0,
  manifestId: null,
  watching: given.watching,
  begunAt: 0,
  attempts: 0,
  trouble: null,
  lifecycle: null,
  awaySince: null,
  crashes: [],
  exit: { code: exitCodes.clean, reason: '' },
});

/** What becomes of saved state: it is used, it is dropped, or the agent must not run with it. */
export type Resumption =
  | { is: 'resumed' }
  | { is: 'anew'; because: string }
  | { is: 'refused'; exit: AgentExit };

/**
 * Whether saved state may be used here. Of another EC2 instance it came with a copied disk, and says
 * nothing of this one; where nobody tells which instance this is, it is trusted. A container instance
 * cannot move to another cluster. Names are compared as texts, so a name and an ARN of one cluster
 * differ.
 */
export function resumption(
  saved: AgentIdentity | null,
  here: Pick<AgentIdentity, 'cluster' | 'ec2InstanceId'>,
): Resumption {
  if (!saved) return { is: 'resumed' };
  const [was, is] = [saved.ec2InstanceId, here.ec2InstanceId];
  if (was !== null && is !== null && was !== is)
    return {
      is: 'anew',
      because: `The saved state is of EC2 instance ${was}, but this is ${is}: it is dropped, and a new container instance is registered`,
    };
  if (saved.cluster === here.cluster) return { is: 'resumed' };
  const reason =
    `The data directory belongs to cluster "${saved.cluster}", but ECS_CLUSTER is "${here.cluster}". ` +
    'Set ECS_CLUSTER back, or give the agent an empty ECS_DATADIR.';
  return { is: 'refused', exit: { code: exitCodes.terminal, reason } };
}

/** What becomes of each task of a payload. */
export interface Intake {
  start: TaskArrival[];
  stop: string[];
  refuse: (RefusedTask & { arn: string })[];
}

/**
 * Sorts a payload's tasks. A task is known by its ARN: of a known one only the wish to stop counts.
 * Stops come before starts, so that what they free can be used. Tasks of one id are one task, because
 * their actors and records are found by it.
 */
export function intakeOf(payload: Payload, known: string[]): Intake {
  const knownArns = new Set(known);
  const isKnown = (arn: string) => knownArns.has(arn);
  const fresh = payload.tasks.filter(({ plan }) => !isKnown(plan.arn));
  const seen = new Set<string>();
  const isFirst = (arn: string): boolean => {
    const id = taskIdOf(arn);
    const first = !seen.has(id);
    seen.add(id);
    return first;
  };
  return {
    stop: payload.tasks
      .filter(({ plan, desired }) => desired === 'STOPPED' && isKnown(plan.arn))
      .map(({ plan }) => plan.arn),
    start: [
      ...fresh.filter(({ desired }) => desired === 'STOPPED'),
      ...fresh.filter(({ desired }) => desired === 'RUNNING'),
    ].filter(({ plan }) => isFirst(plan.arn)),
    refuse: payload.refused.filter(
      (task): task is RefusedTask & { arn: string } =>
        task.arn !== null && !isKnown(task.arn) && isFirst(task.arn),
    ),
  };
}

/**
 * What is owed for a payload once it is on disk: nothing if one of its tasks was refused, as ACS is
 * to send it again; else its receipt, and one for each role's credentials.
 */
export function receiptsOf(payload: Payload): Acknowledgement[] {
  if (payload.refused.length > 0) return [];
  const { messageId, clusterArn, containerInstanceArn } = payload;
  return [
    { kind: 'payload', messageId, clusterArn, containerInstanceArn },
    ...payload.credentials.map(
      (receipt): Acknowledgement => ({ kind: 'credentials', messageId, ...receipt }),
    ),
  ];
}

/** Where the order of payloads and manifests begins: below all, where nothing is kept over restarts. */
export const firstSeqNum = (isKept: boolean): number => (isKept ? 0 : -1);

/** Whether a manifest is newer than every payload and manifest before it; an older one is dropped. */
export const isNewManifest = ({ seqNum }: Pick<AgentContext, 'seqNum'>, manifest: Manifest) =>
  manifest.timeline > seqNum;

/** The tasks among `running` that a manifest does not want running: ECS is asked about them. */
export const stopCandidatesOf = (manifest: Manifest, running: string[]): string[] => {
  const listed = new Set(manifest.running);
  return running.filter((arn) => !listed.has(arn));
};

/** What is owed for a manifest once its place is on disk: a receipt, and the question it raises. */
export function answersTo(manifest: Manifest, running: string[]): Acknowledgement[] {
  const { messageId, clusterArn, containerInstanceArn } = manifest;
  const stopCandidates = stopCandidatesOf(manifest, running).map((taskArn) => ({
    taskArn,
    taskClusterArn: clusterArn,
    desiredStatus: 'STOPPED' as const,
  }));
  return [
    { kind: 'received', messageId, clusterArn, containerInstanceArn },
    ...(stopCandidates.length > 0
      ? [{ kind: 'stopVerification' as const, messageId, stopCandidates }]
      : []),
  ];
}

/** Whether the cluster is missing, and is one that the agent makes itself: once. */
export const mayMakeCluster = ({ makesCluster }: AgentContext, { code }: Failure): boolean =>
  code === 'ECS_CLUSTER_MISSING' && makesCluster;

/** Whether a step of the start may be tried again after this failure. */
export function mayTryAgain(context: AgentContext, { code, at }: Failure): boolean {
  const rule = patience[code];
  return rule !== undefined && isPatient(rule, context, at);
}

/** When the step that failed is tried again. */
export function resumeAt(context: AgentContext): number {
  const { code, at, roll } = context.trouble ?? { code: '', at: context.begunAt, roll: 0 };
  return nextTryAt(patience[code] ?? startPatience, context, { at, roll });
}

/** How long it is tried again. */
export const withinMsOf = ({ code }: Failure): number => (patience[code] ?? startPatience).withinMs;

/** Whether an instance that is not in service yet may be asked for its place again. */
export const mayAskPool = (context: AgentContext, told: string | null): boolean =>
  (told ?? context.lifecycle) !== null || context.attempts + 1 < warmPoolTries;

/** How the agent ends after a failure to start: for good where starting again cannot help. */
export function exitAfter({ code, message }: Failure): AgentExit {
  const remedy = remedies[code];
  return {
    code: terminal.includes(code) ? exitCodes.terminal : exitCodes.error,
    reason: remedy === undefined ? message : `${message.replace(/\.$/, '')}. ${remedy}`,
  };
}

/** The tags of a container instance: of those of its EC2 instance none that AWS made, its own win. */
export const tagsOf = (
  own: Record<string, string>,
  ofInstance: Record<string, string>,
): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(ofInstance).filter((tag) => !tag.some((text) => /^aws:/i.test(text))),
  ),
  ...own,
});

/** How many refused tasks are remembered. */
const refusedKept = 100;

export const refusedWith = (refused: string[], refuse: { arn: string }[]): string[] =>
  [...refused, ...refuse.map(({ arn }) => arn)].slice(-refusedKept);

/** How the actor of a task begins whose containers were found running. */
export const foundInput = (plan: TaskPlan, rules: TaskRules, at: number): TaskInput => ({
  ...taskInput({ plan, desired: 'RUNNING', roll: 0 }, rules, at),
  begins: 'adopted',
});

/** The crashes that still count at `at`, the new one included. */
export const crashesWith = (crashes: number[], at: number): number[] => [
  ...crashes.filter((crash) => at - crash < intensity.periodMs),
  at,
];

/** What ECS is told of a task that could not even be understood. */
export const refusalReport = (taskArn: string, reason: string): TaskReport => ({
  taskArn,
  status: 'STOPPED',
  reason,
  containers: [],
  pullStartedAt: null,
  pullStoppedAt: null,
  executionStoppedAt: null,
});

/** The name of the actor whose end or failure an event of XState tells of. */
export const actorIdOf = ({ type }: { type: string }): string => type.split('.').slice(3).join('.');

/** The name of the task's actor whose outbox this is; null for any other actor. */
export const taskOfOutbox = (actorId: string): string | null =>
  actorId.startsWith('outbox/') ? `task/${actorId.slice('outbox/'.length)}` : null;

/** A child of the agent and how it begins; its record is found under its id. */
const child = <Input>(id: string, input: Input) => ({ id, systemId: id, input });

export const outboxOf = (taskArn: string, roll: number) =>
  child(outboxActorId(taskArn), { taskArn, roll });

export const taskOf = (input: TaskInput) => child(taskActorId(input.arn), input);
