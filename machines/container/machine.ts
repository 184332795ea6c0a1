// none → pulling → pulled → creating → created → starting → running → stopping → stopped
//
// Each step that touches the Engine is an invoked effect. A step that fails ends the container with
// a reason, unless it may be running: then it is stopped first. What the Engine's events say is only
// a hint; an inspect tells what is so, and an Engine that does not answer is asked again.
import { assign, sendTo, setup } from 'xstate';
import { delayOf } from '../names/backoff.ts';
import { type Deadline, type Stamp, stampOf, unbound } from '../names/effects.ts';
import { asFailure, type Failure } from '../names/errors.ts';
import * as decide from './decide.ts';
import type {
  ContainerEvent,
  ContainerInput,
  ContainerKey,
  Created,
  Inspected,
  Pulled,
} from './events.ts';
import type { ContainerContext, ContainerStatus } from './model.ts';
import { named, type Step } from './reasons.ts';

const key = ({ context }: { context: ContainerContext }): ContainerKey => ({
  taskArn: context.taskArn,
  name: context.name,
});

const nextTry = ({ context, event }: { context: ContainerContext; event: object }): Deadline => {
  const { at, roll } = stampOf(event);
  return { deadline: at + delayOf(decide.engineBackoff, context.attempts, roll) };
};

const result = <Output>({ event }: { event: { output: Output } }): Output => event.output;
const failure = ({ event }: { event: { error: unknown } }): Failure => asFailure(event.error);

const keepHint = {
  type: 'keepHint' as const,
  params: ({ event }: { event: { exitCode: number | null } }) => event.exitCode,
};

/** A container that is gone has ended; one that cannot be asked is asked again. */
const endOrRetry = [
  {
    guard: { type: 'isGone' as const, params: failure },
    target: '#container.stopped',
    actions: 'keepVanished' as const,
  },
  { target: 'backingOff', actions: 'countAttempt' as const },
];

/** Ends a step of the container's life with the failure it met. */
const failedTo = (step: Step) => ({
  type: 'keepFailure' as const,
  params: ({ event }: { event: { error: unknown } }) => named(asFailure(event.error), step),
});

export const containerMachine = setup({
  types: {
    context: {} as ContainerContext,
    events: {} as ContainerEvent,
    input: {} as ContainerInput,
  },
  actors: {
    pullImage: unbound<Pulled, ContainerKey>('pullImage'),
    createContainer: unbound<Created, ContainerKey>('createContainer'),
    startContainer: unbound<Stamp, ContainerKey>('startContainer'),
    inspectContainer: unbound<Inspected, ContainerKey>('inspectContainer'),
    stopContainer: unbound<Stamp, ContainerKey>('stopContainer'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    wantStopped: assign({ desired: 'STOPPED' }),
    keepPull: assign((_, { startedAt, at }: Pulled) => ({
      pullStartedAt: startedAt,
      pullStoppedAt: startedAt === null ? null : at,
    })),
    keepRuntimeId: assign((_, { runtimeId }: Created) => ({ runtimeId })),
    keepFacts: assign(({ context }, { facts, at }: Inspected) =>
      decide.withFacts(context, facts, at),
    ),
    keepHint: assign(({ context }, exitCode: number | null) => ({
      diedWith: exitCode ?? context.diedWith,
    })),
    keepFailure: assign(({ context }, failure: Failure) => decide.withFailure(context, failure)),
    keepVanished: assign(({ context, event }) => decide.withoutTrace(context, stampOf(event).at)),
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
    forgetAttempts: assign({ attempts: 0 }),
    stamp: assign({ knownAt: ({ event }) => stampOf(event).at }),
    tellTask: sendTo(
      ({ self }) => self._parent ?? self,
      ({ context }, params: { status: ContainerStatus }) => ({
        type: 'container.changed',
        change: decide.changeOf(context, params.status),
      }),
    ),
  },
  guards: {
    cachedImageMayServe: ({ context }) => decide.cachedImageMayServe(context.pullBehavior),
    mayBeRunning: (_, failure: Failure) => failure.retry,
    isGone: (_, failure: Failure) => failure.code === 'DOCKER_NOT_FOUND',
    needNotStart: ({ context }, { facts }: Inspected) =>
      facts.state === 'created' && context.desired === 'STOPPED',
    neverStarted: (_, { facts }: Inspected) => facts.state === 'created',
    hasExited: ({ context }) => context.finishedAt !== null,
    stopWanted: ({ context }) => context.desired === 'STOPPED',
    doesNotRun: (_, { facts }: Inspected) => facts.state !== 'running',
  },
}).createMachine({
  id: 'container',
  context: ({ input }) => decide.newContainer(input),
  initial: 'none',
  on: { 'container.stop': { actions: 'wantStopped' } },
  states: {
    none: {
      meta: { waits: { for: 'its task to start it', deadline: 'task' } },
      on: {
        'container.start': 'pulling',
        'container.stop': { target: 'stopped', actions: 'wantStopped' },
        'container.halt': { target: 'stopping', actions: 'wantStopped' },
      },
    },
    pulling: {
      meta: { waits: { for: 'its image', deadline: 'pull' } },
      on: { 'container.stop': { target: 'stopped', actions: 'wantStopped' } },
      invoke: {
        id: 'pull',
        src: 'pullImage',
        input: key,
        onDone: { target: 'pulled', actions: { type: 'keepPull', params: result } },
        onError: [
          {
            guard: 'cachedImageMayServe',
            target: 'pulled',
            actions: failedTo('pull'),
          },
          { target: 'stopped', actions: failedTo('pull') },
        ],
      },
    },
    pulled: {
      entry: ['stamp', { type: 'tellTask', params: { status: 'PULLED' } }],
      always: 'creating',
    },
    creating: {
      meta: { waits: { for: 'the Engine to create it', deadline: 'create' } },
      // Never started, so it is told as stopped at once; what the call makes is found by its name.
      on: { 'container.stop': { target: 'stopped', actions: 'wantStopped' } },
      invoke: {
        id: 'create',
        src: 'createContainer',
        input: key,
        onDone: { target: 'created', actions: { type: 'keepRuntimeId', params: result } },
        onError: {
          target: 'stopped',
          actions: failedTo('create'),
        },
      },
    },
    created: {
      entry: ['stamp', { type: 'tellTask', params: { status: 'CREATED' } }],
      always: 'starting',
    },
    starting: {
      initial: 'calling',
      on: { 'engine.hint': { actions: keepHint } },
      states: {
        calling: {
          meta: { waits: { for: 'the Engine to start it', deadline: 'start' } },
          invoke: {
            id: 'start',
            src: 'startContainer',
            input: key,
            onDone: 'inspecting',
            onError: [
              {
                guard: { type: 'mayBeRunning', params: failure },
                target: '#container.stopping',
                actions: failedTo('start'),
              },
              {
                target: '#container.stopped',
                actions: failedTo('start'),
              },
            ],
          },
        },
        inspecting: {
          meta: { waits: { for: 'the Engine to show how it started', deadline: 'inspect' } },
          // It may have ended after this inspect looked: look again.
          on: { 'engine.hint': { target: 'inspecting', reenter: true, actions: keepHint } },
          invoke: {
            id: 'inspectStarted',
            src: 'inspectContainer',
            input: key,
            onDone: [
              // Only after a restart: what was asked of the Engine before it was not done.
              { guard: { type: 'needNotStart', params: result }, target: '#container.stopped' },
              { guard: { type: 'neverStarted', params: result }, target: 'calling' },
              { target: '#container.running', actions: { type: 'keepFacts', params: result } },
            ],
            onError: endOrRetry,
          },
        },
        backingOff: {
          meta: {
            waits: { for: 'another look after the Engine failed to answer', deadline: 'timer' },
          },
          invoke: { id: 'retryInspectStarted', src: 'timer', input: nextTry, onDone: 'inspecting' },
        },
      },
    },
    running: {
      entry: ['stamp', { type: 'tellTask', params: { status: 'RUNNING' } }],
      always: [
        { guard: 'hasExited', target: 'stopped' },
        { guard: 'stopWanted', target: 'stopping' },
      ],
      on: { 'engine.hint': { target: '.inspecting', actions: keepHint } },
      initial: 'steady',
      states: {
        steady: { meta: { steady: 'its process runs' } },
        inspecting: {
          meta: { waits: { for: 'the Engine to show whether it still runs', deadline: 'inspect' } },
          invoke: {
            id: 'inspectRunning',
            src: 'inspectContainer',
            input: key,
            onDone: { target: 'steady', actions: { type: 'keepFacts', params: result } },
            onError: endOrRetry,
          },
        },
        backingOff: {
          meta: {
            waits: { for: 'another look after the Engine failed to answer', deadline: 'timer' },
          },
          invoke: { id: 'retryInspectRunning', src: 'timer', input: nextTry, onDone: 'inspecting' },
        },
      },
    },
    stopping: {
      entry: 'forgetAttempts',
      on: { 'engine.hint': { target: '.inspecting', actions: keepHint } },
      initial: 'calling',
      states: {
        calling: {
          meta: { waits: { for: 'the Engine to stop it', deadline: 'stop' } },
          invoke: {
            id: 'stop',
            src: 'stopContainer',
            input: key,
            onDone: 'inspecting',
            onError: endOrRetry,
          },
        },
        inspecting: {
          meta: { waits: { for: 'the Engine to show how it ended', deadline: 'inspect' } },
          invoke: {
            id: 'inspectStopped',
            src: 'inspectContainer',
            input: key,
            onDone: [
              {
                guard: { type: 'doesNotRun', params: result },
                target: '#container.stopped',
                actions: { type: 'keepFacts', params: result },
              },
              { target: 'backingOff', actions: 'countAttempt' },
            ],
            onError: endOrRetry,
          },
        },
        backingOff: {
          meta: { waits: { for: 'another try to stop it', deadline: 'timer' } },
          invoke: { id: 'retryStop', src: 'timer', input: nextTry, onDone: 'calling' },
        },
      },
    },
    stopped: {
      meta: { steady: 'it has ended and is kept until its task is cleaned up' },
      entry: ['stamp', { type: 'tellTask', params: { status: 'STOPPED' } }],
    },
  },
});
