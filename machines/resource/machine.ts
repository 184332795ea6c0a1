// creating → created → removing → removed
//     └────→ failed ─────┘
//
// Something a task needs besides its containers, such as a cgroup or a volume. It is made before the
// task's images are pulled. A failure ends the task; only an Engine that cannot be reached is asked
// again. What cannot be removed after many tries is left behind.
import { assign, sendTo, setup } from 'xstate';
import { delayOf } from '../names/backoff.ts';
import { type Deadline, failure, type Stamp, stampOf, unbound, waits } from '../names/effects.ts';
import type { Failure } from '../names/errors.ts';
import * as decide from './decide.ts';
import type { ResourceContext, ResourceKey, ResourcePlan, ResourceStatus } from './model.ts';

export type ResourceEvent = { type: 'resource.remove'; at: number };

export interface ResourceInput extends ResourcePlan {
  taskArn: string;
  at: number;
}

type Of = { context: ResourceContext; event: object };

const key = ({ context: { taskArn, kind, name, knownAt }, event }: Of): ResourceKey => ({
  taskArn,
  kind,
  name,
  // What begins a resource bears no time.
  since: stampOf(event).at || knownAt,
});
const nextTry = ({ context, event }: Of): Deadline => {
  const { at, roll } = stampOf(event);
  return { deadline: at + delayOf(decide.resourceBackoff, context.attempts, roll) };
};
export const resourceMachine = setup({
  types: {
    context: {} as ResourceContext,
    events: {} as ResourceEvent,
    input: {} as ResourceInput,
  },
  actors: {
    createResource: unbound<Stamp, ResourceKey>('createResource'),
    removeResource: unbound<Stamp, ResourceKey>('removeResource'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    keepFailure: assign((_, failure: Failure) => ({ failure })),
    countAttempt: assign(({ context }, failure: Failure) => decide.withTrouble(context, failure)),
    begin: assign({ attempts: 0, trouble: null }),
    stamp: assign({ knownAt: ({ event }) => stampOf(event).at }),
    tellTask: sendTo(
      ({ self }) => self._parent ?? self,
      ({ context }, params: { status: ResourceStatus }) => ({
        type: 'resource.changed',
        change: decide.resourceChange(context, params.status),
      }),
    ),
  },
  guards: {
    isUnreachable: (_, failure: Failure) => decide.isUnreachable(failure),
    triedEnough: ({ context }, failure: Failure) => decide.isTriedEnough(context, failure),
    lingers: ({ context }) => context.kind === 'cgroup',
  },
}).createMachine({
  id: 'resource',
  context: ({ input: { taskArn, kind, name, at } }) => ({
    taskArn,
    kind,
    name,
    failure: null,
    attempts: 0,
    trouble: null,
    knownAt: at,
  }),
  initial: 'creating',
  on: {
    'resource.remove': [
      { guard: 'lingers', target: '.removing.lingering' },
      { target: '.removing' },
    ],
  },
  states: {
    creating: {
      initial: 'calling',
      states: {
        calling: {
          ...waits('its {kind} {name} to be made', 'resource', 'its task has failed'),
          invoke: {
            id: 'create',
            src: 'createResource',
            input: key,
            onDone: '#resource.created',
            onError: [
              {
                guard: { type: 'isUnreachable', params: failure },
                target: 'backingOff',
                actions: { type: 'countAttempt', params: failure },
              },
              {
                target: '#resource.failed',
                actions: { type: 'keepFailure', params: failure },
              },
            ],
          },
        },
        backingOff: {
          ...waits('another try to make its {kind} {name}: {trouble}', 'timer', 'it is made'),
          invoke: { id: 'retryCreate', src: 'timer', input: nextTry, onDone: 'calling' },
        },
      },
    },
    created: {
      meta: { steady: 'it is there for its task' },
      entry: ['stamp', 'begin', { type: 'tellTask', params: { status: 'CREATED' } }],
    },
    failed: {
      meta: { steady: 'it could not be made, and its task stops' },
      entry: ['stamp', 'begin', { type: 'tellTask', params: { status: 'FAILED' } }],
    },
    removing: {
      entry: 'begin',
      initial: 'calling',
      on: { 'resource.remove': {} },
      states: {
        lingering: {
          ...waits('the kernel to let go of it', 'timer', 'it is removed'),
          invoke: {
            id: 'linger',
            src: 'timer',
            input: ({ event }) => ({ deadline: stampOf(event).at + decide.lingerMs }),
            onDone: 'calling',
          },
        },
        calling: {
          ...waits('its {kind} {name} to be removed', 'resource', 'it is tried again'),
          invoke: {
            id: 'remove',
            src: 'removeResource',
            input: key,
            onDone: '#resource.removed',
            onError: [
              { guard: { type: 'triedEnough', params: failure }, target: '#resource.removed' },
              {
                target: 'backingOff',
                actions: { type: 'countAttempt', params: failure },
              },
            ],
          },
        },
        backingOff: {
          ...waits('another try to remove its {kind} {name}: {trouble}', 'timer', 'it is removed'),
          invoke: { id: 'retryRemove', src: 'timer', input: nextTry, onDone: 'calling' },
        },
      },
    },
    removed: {
      meta: { steady: 'it is gone, or was left behind' },
      entry: ['stamp', { type: 'tellTask', params: { status: 'REMOVED' } }],
      on: { 'resource.remove': {} },
    },
  },
});
