import { assign, sendTo, setup } from 'xstate';
import { type Backoff, delayOf } from '../names/backoff.ts';
import { type Deadline, failure, type Stamp, stampOf, unbound, waits } from '../names/effects.ts';
import { asFailure, type Failure } from '../names/errors.ts';
import * as decide from './decide.ts';
import type {
  ContainerEvent,
  ContainerInput,
  ContainerKey,
  Created,
  Inspected,
  PullKey,
  Resolved,
} from './events.ts';
import type { ContainerContext, ContainerStatus, Hold, Step } from './model.ts';
import { type FailedStep, named, stillRuns } from './reasons.ts';

type Of = { context: ContainerContext; event: object };

export const key = ({ context, event }: Of): ContainerKey => ({
  taskArn: context.taskArn,
  name: context.name,
  since: stampOf(event).at,
});

export const pullKey = (of: Of): PullKey => ({ ...key(of), digest: of.context.digest });

/** Input of the wait before another try, by this rule. */
export const nextTry =
  (rule: Backoff) =>
  ({ context, event }: Of): Deadline => {
    const { at, roll } = stampOf(event);
    return { deadline: at + delayOf(rule, context.attempts, roll) };
  };

/** Input of the wait for what a hold names; a hold without an end is waited for as long as it takes. */
export const holdEnds = ({ context }: Of): Deadline => ({
  deadline: context.hold?.until ?? Number.MAX_SAFE_INTEGER,
});

export const result = <Output>({ event }: { event: { output: Output } }): Output => event.output;

/** What a failed effect met; null for one that ended well. */
const troubleIn = (event: object): Failure | null =>
  'error' in event ? asFailure(event.error) : null;

/** Ends a step of the container's life with the failure it met. */
export const failedTo = (step: FailedStep) => ({
  type: 'keepFailure' as const,
  params: ({ event }: { event: { error: unknown } }) => named(asFailure(event.error), step),
});

/** What the container machine is made of; its chart is in `machine.ts`. */
export const containerSetup = setup({
  types: {
    context: {} as ContainerContext,
    events: {} as ContainerEvent,
    input: {} as ContainerInput,
  },
  actors: {
    credentialsArrive: unbound<Stamp, ContainerKey>('credentialsArrive'),
    resolveImage: unbound<Resolved, ContainerKey>('resolveImage'),
    pullImage: unbound<Stamp, PullKey>('pullImage'),
    createContainer: unbound<Created, ContainerKey>('createContainer'),
    startContainer: unbound<Stamp, ContainerKey>('startContainer'),
    restartContainer: unbound<Stamp, ContainerKey>('restartContainer'),
    inspectContainer: unbound<Inspected, ContainerKey>('inspectContainer'),
    stopContainer: unbound<Stamp, ContainerKey>('stopContainer'),
    pingEngine: unbound<Stamp, ContainerKey>('pingEngine'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    wantStopped: assign({ desired: 'STOPPED' }),
    forgetRestarts: assign({ restartPolicy: null }),
    keepAllowed: assign((_, allowed: Step) => ({ allowed, hold: null })),
    keepHold: assign((_, hold: Hold) => ({ hold })),
    keepImpossible: assign(({ context }, { because, at }: { because: string; at: number }) =>
      decide.withoutDependency(context, because, at),
    ),
    keepOverdue: assign(({ context, event }) =>
      decide.withoutDependency(context, context.hold?.otherwise ?? '', stampOf(event).at),
    ),
    keepResolved: assign((_, { digest, digestResolved, mustPull }: Resolved) => ({
      digest,
      digestResolved,
      mustPull,
    })),
    mustPull: assign({ mustPull: true }),
    beginPull: assign(({ context, event }) => ({
      pullStartedAt: context.pullStartedAt ?? stampOf(event).at,
    })),
    endPull: assign({ pullStoppedAt: ({ event }) => stampOf(event).at }),
    keepRuntimeId: assign((_, { runtimeId }: Created) => ({ runtimeId })),
    keepFacts: assign(({ context }, { facts, at }: Inspected) =>
      decide.withFacts(context, facts, at),
    ),
    keepHint: assign(({ context }, exitCode: number | null) => ({
      diedWith: exitCode ?? context.diedWith,
    })),
    keepFailure: assign(({ context }, failure: Failure) => decide.withFailure(context, failure)),
    failTask: assign({ fatal: true }),
    keepVanished: assign(({ context, event }) => decide.withoutTrace(context, stampOf(event).at)),
    countRestart: assign(({ context, event }) => ({
      restarts: context.restarts + 1,
      lastRestartAt: stampOf(event).at,
      diedWith: null,
    })),
    countAttempt: assign(({ context, event }) => {
      const trouble = troubleIn(event);
      return { attempts: decide.failedBefore(context, trouble) + 1, trouble };
    }),
    keepTrouble: assign(({ context, event }) =>
      decide.withFailure(
        context,
        context.trouble ? named(context.trouble, 'stop') : stillRuns(stampOf(event).at),
      ),
    ),
    begin: assign(({ event }) => ({ attempts: 0, begunAt: stampOf(event).at, trouble: null })),
    stamp: assign({ knownAt: ({ event }) => stampOf(event).at }),
    tellTask: sendTo(
      ({ self }) => self._parent ?? self,
      ({ context }, params: { status: ContainerStatus }) => ({
        type: 'container.changed',
        change: decide.changeOf(context, params.status),
      }),
    ),
    tellHealth: sendTo(
      ({ self }) => self._parent ?? self,
      ({ context }, { facts, at }: Inspected) => ({
        type: 'container.health',
        name: context.name,
        health: facts.health,
        at,
      }),
    ),
  },
  guards: {
    may: ({ context }, step: Step) => decide.mayGo(context, step),
    mayGoTo: ({ event }, step: Step) =>
      event.type === 'container.allow' && decide.isAsFar(event.upTo, step),
    needsRole: ({ context }) => context.needsRole,
    needsNoPull: ({ context }) => !context.mustPull,
    mayResolveAgain: ({ context }, failure: Failure) =>
      decide.mayTryAgain(decide.resolving, context, failure),
    mayPullAgain: ({ context }, failure: Failure) =>
      decide.mayTryAgain(decide.pulling, context, failure),
    mayCreateAgain: ({ context }, failure: Failure) =>
      decide.isAway(failure) && failure.at - context.begunAt < decide.engineAwayMs,
    localImageServes: ({ context }, { code }: Failure) =>
      code === 'IMAGE_DIGEST_UNKNOWN' && decide.cachedImageMayServe(context.pullBehavior),
    cachedImageMayServe: ({ context }) => decide.cachedImageMayServe(context.pullBehavior),
    isUnreachable: (_, failure: Failure) => decide.isAway(failure),
    mayBeRunning: (_, failure: Failure) => failure.retry,
    isGone: (_, failure: Failure) => failure.code === 'DOCKER_NOT_FOUND',
    tellsOfEnd: (_, exitCode: number | null) => exitCode !== null,
    needNotStart: ({ context }, { facts }: Inspected) =>
      facts.state === 'created' && context.desired === 'STOPPED',
    neverStarted: (_, { facts }: Inspected) => facts.state === 'created',
    hasExited: ({ context }) => context.finishedAt !== null,
    stopWanted: ({ context }) => context.desired === 'STOPPED',
    doesNotRun: (_, { facts }: Inspected) => facts.state !== 'running',
    healthMoved: ({ context }, { facts }: Inspected) =>
      facts.state === 'running' && facts.health !== context.health,
    mayRestart: ({ context }, { facts, at }: Inspected) => decide.mayRestart(context, facts, at),
    restartIsDue: ({ context }, { facts }: Inspected) => decide.restartIsDue(context, facts),
    restartIsOff: ({ context }, { facts }: Inspected) =>
      context.desired === 'STOPPED' && decide.restartIsDue(context, facts),
    triedEnough: ({ context, event }) => {
      const trouble = troubleIn(event);
      return (
        !decide.isAway(trouble) && decide.failedBefore(context, trouble) + 1 >= decide.stopTries
      );
    },
  },
});

/** The exit code that a hint of the Engine names. */
export const exitCode = ({ event }: { event: { exitCode: number | null } }) => event.exitCode;
export const keepHint = { type: 'keepHint' as const, params: exitCode };
export const keepFacts = { type: 'keepFacts' as const, params: result };
/** What a look at the Engine may show. */
type Seen =
  | 'doesNotRun'
  | 'neverStarted'
  | 'needNotStart'
  | 'healthMoved'
  | 'mayRestart'
  | 'restartIsDue'
  | 'restartIsOff';
export const inspected = (type: Seen) => ({ type, params: result });

/** A container that is gone has ended. */
export const endIfGone = {
  guard: { type: 'isGone' as const, params: failure },
  target: '#container.stopped',
  actions: 'keepVanished' as const,
};
/** The wait before the Engine is asked again, and the state in which it is. */
export const retry = (id: string, target: string) => ({
  ...waits('another look, as the Engine failed to answer: {trouble}', 'timer', 'it is asked again'),
  invoke: { id, src: 'timer' as const, input: nextTry(decide.engineBackoff), onDone: target },
});
