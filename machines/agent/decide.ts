import { outboxActorId, taskActorId } from '../names/arn.ts';
import type { Backoff } from '../names/backoff.ts';
import type { Failure } from '../names/errors.ts';
import type { TaskReport } from '../report/model.ts';
import type { Acknowledgement, Payload } from '../session/model.ts';
import { type TaskRules, taskInput } from '../task/decide.ts';
import type { TaskInput } from '../task/events.ts';
import type { RefusedTask, TaskArrival, TaskPlan } from '../task/model.ts';
import type { AgentInput } from './events.ts';
import { type AgentContext, type AgentExit, type AgentIdentity, exitCodes } from './model.ts';

/** Delays between tries to register, and how long registering is tried at all. */
export const registerBackoff: Backoff = {
  firstMs: 3_000,
  maxMs: 192_000,
  factor: 2,
  jitter: 0.2,
};
export const registerWithinMs = 3_600_000;

/** How long the last changes may take to reach the disk when the agent is asked to stop. */
export const settleWithinMs = 3_000;

/** How often a session may crash in a period before the agent gives up. */
export const intensity = { crashes: 5, periodMs: 60_000 } as const;

/** How long after a crash of what measures the instance it is begun again. */
export const measureAgainMs = 60_000;

export const newAgent = ({
  identity,
  rules,
  admission,
  cleanup,
  telemetry,
}: AgentInput): AgentContext => ({
  cluster: identity.cluster,
  containerInstanceArn: identity.containerInstanceArn,
  rules,
  admission,
  cleanup,
  telemetry,
  refused: [],
  attempts: 0,
  registeringSince: null,
  crashes: [],
  exit: { code: exitCodes.clean, reason: '' },
});

/**
 * Whether saved state may be used with this configuration: a container instance cannot move to
 * another cluster. Names are compared as texts, so a name and an ARN of one cluster differ.
 */
export function mayResume(saved: AgentIdentity | null, cluster: string): AgentExit | null {
  if (!saved || saved.cluster === cluster) return null;
  return {
    code: exitCodes.terminal,
    reason:
      `The data directory belongs to cluster "${saved.cluster}", but ECS_CLUSTER is "${cluster}". ` +
      'Set ECS_CLUSTER back, or give the agent an empty ECS_DATADIR.',
  };
}

/** What becomes of each task of a payload. */
export interface Intake {
  start: TaskArrival[];
  stop: string[];
  refuse: (RefusedTask & { arn: string })[];
}

/**
 * Sorts a payload's tasks. A task is known by its ARN: of a known one only the wish to stop counts.
 * Stops come before starts, so that what they free can be used.
 */
export function intakeOf(payload: Payload, known: string[]): Intake {
  const isKnown = (arn: string) => known.includes(arn);
  const fresh = payload.tasks.filter(({ plan }) => !isKnown(plan.arn));
  const seen = new Set<string>();
  const isFirst = (arn: string): boolean => {
    const first = !seen.has(arn);
    seen.add(arn);
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

/** Whether registering may be tried again after this failure. */
export const mayRegisterAgain = (context: AgentContext, failure: Failure): boolean =>
  failure.code === 'ECS_THROTTLED' &&
  failure.at - (context.registeringSince ?? failure.at) < registerWithinMs;

/** How the agent ends after a failure to start: for good where the request itself is wrong. */
export const exitAfter = (failure: Failure): AgentExit => ({
  code: ['ECS_INVALID', 'ECS_ATTRIBUTES'].includes(failure.code)
    ? exitCodes.terminal
    : exitCodes.error,
  reason: failure.message,
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
