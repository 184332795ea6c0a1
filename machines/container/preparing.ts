// none → resolving → resolved → pulling → pulled → creating → created
//
// All that comes before a container's process is started. Its task lets it go from step to step;
// where a step is not allowed yet it waits at a gate. Nothing here needs to be stopped.
import { failure, waits } from '../names/effects.ts';
import * as decide from './decide.ts';
import type { Hold, Step } from './model.ts';
import { containerSetup, failedTo, holdEnds, key, nextTry, pullKey, result } from './setup.ts';

export const keepAllowed = {
  type: 'keepAllowed' as const,
  params: ({ event }: { event: { upTo: Step } }) => event.upTo,
};
export const keepHold = {
  type: 'keepHold' as const,
  params: ({ event }: { event: { hold: Hold } }) => event.hold,
};
/** Goes on with the step if the task allows it, else waits before it. */
const onwards = (step: Step, target: string, otherwise: string) => [
  { guard: { type: 'may' as const, params: step }, target },
  { target: otherwise },
];

/** The wait before a step that the task does not allow yet. */
const gate = <Own extends string>(step: Step, own: Own, target: string) => ({
  ...waits(
    '{waitsFor}',
    'timer',
    'it goes on, or fails where that takes longer than a start timeout',
  ),
  on: {
    'container.allow': {
      guard: { type: 'mayGoTo' as const, params: step },
      target,
      actions: keepAllowed,
    },
    'container.hold': { target: own, reenter: true, actions: keepHold },
  },
  invoke: {
    id: `patience.${step}`,
    src: 'timer' as const,
    input: holdEnds,
    onDone: { target: '#container.stopped', actions: 'keepOverdue' as const },
  },
});

export const preparing = containerSetup.createStateConfig({
  initial: 'none',
  on: {
    // Never started, so it is told as stopped at once; what a create makes is found by its name.
    'container.stop': { target: 'stopped', actions: 'wantStopped' },
    'container.halt': { target: 'stopping', actions: 'wantStopped' },
    'container.adopt': { target: 'starting.inspecting' },
    'container.fail': {
      target: 'stopped',
      actions: { type: 'keepImpossible', params: ({ event }) => event },
    },
  },
  states: {
    none: {
      ...waits('its task to begin', 'task', 'its image is settled'),
      on: {
        'container.allow': [
          { guard: 'needsRole', target: 'awaitingRole', actions: keepAllowed },
          { target: 'resolving', actions: keepAllowed },
        ],
      },
    },
    awaitingRole: {
      ...waits(
        'ECS to send the credentials of its execution role',
        'credentials',
        'its image is settled',
      ),
      invoke: { id: 'role', src: 'credentialsArrive', input: key, onDone: 'resolving' },
    },
    resolving: {
      entry: 'begin',
      initial: 'calling',
      states: {
        calling: {
          ...waits(
            'the registry to tell the digest of {image}',
            'manifest',
            'it is asked again, nine times in all',
          ),
          invoke: {
            id: 'resolve',
            src: 'resolveImage',
            input: key,
            onDone: {
              target: '#container.preparing.resolved',
              actions: { type: 'keepResolved', params: result },
            },
            onError: [
              {
                guard: { type: 'mayResolveAgain', params: failure },
                target: 'backingOff',
                actions: 'countAttempt',
              },
              {
                guard: { type: 'localImageServes', params: failure },
                target: '#container.preparing.resolved',
                actions: failedTo('resolve'),
              },
              {
                guard: 'cachedImageMayServe',
                target: '#container.preparing.resolved',
                actions: ['mustPull', failedTo('resolve')],
              },
              {
                target: '#container.stopped',
                actions: ['failTask', failedTo('resolve')],
              },
            ],
          },
        },
        backingOff: {
          ...waits(
            'another try to learn the digest of {image}: {trouble}',
            'timer',
            'the registry is asked again',
          ),
          invoke: {
            id: 'retryResolve',
            src: 'timer',
            input: nextTry(decide.resolving.backoff),
            onDone: 'calling',
          },
        },
      },
    },
    resolved: {
      entry: ['stamp', { type: 'tellTask', params: { status: 'MANIFEST_PULLED' } }],
      always: onwards('pull', 'pulling', 'awaitingPull'),
    },
    awaitingPull: gate('pull', 'awaitingPull', 'pulling'),
    pulling: {
      initial: 'checking',
      states: {
        checking: {
          entry: 'begin',
          always: [
            { guard: 'needsNoPull', target: '#container.preparing.pulled' },
            { target: 'calling', actions: 'beginPull' },
          ],
        },
        calling: {
          ...waits('its image {image} to be pulled', 'pull', 'the pull has failed'),
          invoke: {
            id: 'pull',
            src: 'pullImage',
            input: pullKey,
            onDone: { target: '#container.preparing.pulled', actions: 'endPull' },
            onError: [
              {
                guard: { type: 'mayPullAgain', params: failure },
                target: 'backingOff',
                actions: 'countAttempt',
              },
              {
                guard: 'cachedImageMayServe',
                target: '#container.preparing.pulled',
                actions: ['endPull', failedTo('pull')],
              },
              {
                target: '#container.stopped',
                actions: ['endPull', 'failTask', failedTo('pull')],
              },
            ],
          },
        },
        backingOff: {
          ...waits(
            'another try to pull its image {image}: {trouble}',
            'timer',
            'it is pulled again, five times in all',
          ),
          invoke: {
            id: 'retryPull',
            src: 'timer',
            input: nextTry(decide.pulling.backoff),
            onDone: 'calling',
          },
        },
      },
    },
    pulled: {
      entry: ['stamp', { type: 'tellTask', params: { status: 'PULLED' } }],
      always: onwards('create', 'creating', 'awaitingCreate'),
    },
    awaitingCreate: gate('create', 'awaitingCreate', 'creating'),
    creating: {
      entry: 'begin',
      initial: 'calling',
      states: {
        calling: {
          ...waits('the Engine to create it', 'create', 'it has failed'),
          invoke: {
            id: 'create',
            src: 'createContainer',
            input: key,
            onDone: {
              target: '#container.preparing.created',
              actions: { type: 'keepRuntimeId', params: result },
            },
            onError: [
              {
                guard: { type: 'mayCreateAgain', params: failure },
                target: 'backingOff',
                actions: 'countAttempt',
              },
              { target: '#container.stopped', actions: failedTo('create') },
            ],
          },
        },
        backingOff: {
          ...waits(
            'another try to create it: {trouble}',
            'timer',
            'it is created, or what an earlier try has made is taken',
          ),
          invoke: {
            id: 'retryCreate',
            src: 'timer',
            input: nextTry(decide.engineBackoff),
            onDone: 'calling',
          },
        },
      },
    },
    created: {
      entry: ['stamp', { type: 'tellTask', params: { status: 'CREATED' } }],
      always: onwards('start', '#container.starting', 'awaitingStart'),
    },
    awaitingStart: gate('start', 'awaitingStart', '#container.starting'),
  },
});
