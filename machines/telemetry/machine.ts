// publishing: measuring ⇄ resting
// connecting to the service: discovering → online (connecting → serving → closing) → discovering …,
//   with backing off between
//
// Takes the figures of all containers every 20 seconds, whether there is a connection or not, and
// keeps one connection to the telemetry service (TCS) over which they are told. A connection that is
// old or silent is ended in good order; one that the peer ends so is renewed at once.
import { assign, raise, sendTo, setup } from 'xstate';
import {
  type Deadline,
  type Stamp,
  stampOf,
  unbound,
  unboundCallback,
  waits,
} from '../names/effects.ts';
import { asFailure } from '../names/errors.ts';
import type {
  ConnectionCommand,
  ConnectionInput,
  Discovered,
  TelemetryContext,
  TelemetryEvent,
  TelemetryInput,
} from './events.ts';
import * as timing from './timing.ts';

type End = Stamp & { clean: boolean; because: string };
const closed = ({ event }: { event: End }): End => event;

export const telemetryMachine = setup({
  types: {
    context: {} as TelemetryContext,
    events: {} as TelemetryEvent,
    input: {} as TelemetryInput,
  },
  actors: {
    measure: unbound<Stamp, undefined>('measure'),
    discover: unbound<Discovered, { containerInstanceArn: string }>('discover'),
    connection: unboundCallback<ConnectionCommand, ConnectionInput>('connection'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    keepEndpoint: assign((_, { endpoint }: Discovered) => ({ endpoint })),
    keepConnected: assign((_, at: number) => ({ connectedAt: at, trouble: null })),
    keepCleanEnd: assign(({ context }, { at }: End) => ({
      attempts: 0,
      useless: timing.uselessWith(context, at),
    })),
    keepFailure: assign(({ context }, failed: { because: string; at: number }) => ({
      attempts: context.attempts + 1,
      useless: 0,
      trouble: { because: failed.because, since: context.trouble?.since ?? failed.at },
    })),
    tellTaken: raise({ type: 'figures.taken' }),
    sendBacklog: sendTo('connection', { type: 'backlog.send' }),
    tellStatus: sendTo('connection', { type: 'status.tell' }),
    closeInGoodOrder: sendTo('connection', {
      type: 'connection.close',
      reason: 'ConnectionExpired: Reconnect to continue',
    }),
  },
  guards: {
    mayReturnAtOnce: ({ context }, end: End) => timing.mayReturnAtOnce(context, end),
    isClean: (_, { clean }: End) => clean,
  },
}).createMachine({
  id: 'telemetry',
  context: ({ input }) => ({
    containerInstanceArn: input.containerInstanceArn,
    endpoint: '',
    connectedAt: null,
    attempts: 0,
    useless: 0,
    trouble: null,
  }),
  type: 'parallel',
  states: {
    publishing: {
      initial: 'measuring',
      states: {
        measuring: {
          ...waits('the figures of all containers', 'measure', 'they are taken the next time'),
          invoke: {
            id: 'measure',
            src: 'measure',
            onDone: { target: 'resting', actions: 'tellTaken' },
            onError: 'resting',
          },
        },
        resting: {
          ...waits('the next figures to be due', 'timer', 'they are taken'),
          invoke: {
            id: 'publish',
            src: 'timer',
            input: ({ event }) => ({ deadline: stampOf(event).at + timing.publishMs }),
            onDone: 'measuring',
          },
        },
      },
    },
    service: {
      initial: 'discovering',
      states: {
        discovering: {
          ...waits('ECS to name the endpoint of TCS', 'discover', 'it is asked again'),
          invoke: {
            id: 'discover',
            src: 'discover',
            input: ({ context }) => ({ containerInstanceArn: context.containerInstanceArn }),
            onDone: {
              target: 'online',
              actions: { type: 'keepEndpoint', params: ({ event }) => event.output },
            },
            onError: {
              target: 'backingOff',
              actions: {
                type: 'keepFailure',
                params: ({ event }) => {
                  const { message, at } = asFailure(event.error);
                  return { because: message, at };
                },
              },
            },
          },
        },
        online: {
          initial: 'connecting',
          invoke: {
            id: 'connection',
            src: 'connection',
            input: ({ context: { endpoint, containerInstanceArn } }) => ({
              endpoint,
              containerInstanceArn,
            }),
          },
          on: {
            'connection.closed': [
              {
                guard: { type: 'mayReturnAtOnce', params: closed },
                target: 'discovering',
                actions: { type: 'keepCleanEnd', params: closed },
              },
              {
                guard: { type: 'isClean', params: closed },
                target: 'backingOff',
                actions: { type: 'keepCleanEnd', params: closed },
              },
              { target: 'backingOff', actions: { type: 'keepFailure', params: closed } },
            ],
            'instance.inactive': {
              target: 'backingOff',
              actions: {
                type: 'keepFailure',
                params: ({ event: { at } }) => ({
                  because: 'ACS says that the container instance is not active',
                  at,
                }),
              },
            },
          },
          states: {
            connecting: {
              ...waits('TCS to take the connection', 'handshake', 'it is tried again'),
              on: {
                'connection.opened': {
                  target: 'serving',
                  actions: { type: 'keepConnected', params: ({ event }) => event.at },
                },
              },
            },
            serving: {
              type: 'parallel',
              entry: 'sendBacklog',
              invoke: {
                id: 'age',
                src: 'timer',
                input: ({ event }) => ({ deadline: timing.expiresAt(stampOf(event)) }),
                onDone: 'closing',
              },
              on: { 'figures.taken': { actions: 'sendBacklog' } },
              states: {
                hearing: {
                  initial: 'listening',
                  on: { 'service.heard': '.listening' },
                  states: {
                    listening: {
                      ...waits('the next sign of TCS', 'silence', 'the connection is renewed'),
                      invoke: {
                        id: 'silence',
                        src: 'timer',
                        input: ({ event }) => ({ deadline: timing.silentAt(stampOf(event)) }),
                        onDone: '#telemetry.service.online.closing',
                      },
                    },
                  },
                },
                telling: {
                  initial: 'resting',
                  states: {
                    resting: {
                      ...waits('a new status of the instance', 'timer', 'it is told to ECS'),
                      invoke: {
                        id: 'status',
                        src: 'timer',
                        input: ({ event }) => ({ deadline: stampOf(event).at + timing.statusMs }),
                        onDone: { target: 'resting', reenter: true, actions: 'tellStatus' },
                      },
                    },
                  },
                },
              },
            },
            closing: {
              ...waits('TCS to end the connection', 'closing', 'it is cut'),
              entry: 'closeInGoodOrder',
              invoke: {
                id: 'patience',
                src: 'timer',
                input: ({ event }) => ({ deadline: stampOf(event).at + timing.closingMs }),
                onDone: {
                  target: '#telemetry.service.backingOff',
                  actions: {
                    type: 'keepFailure',
                    params: ({ event: { output } }) => ({
                      because: 'TCS did not end a connection that it was asked to end',
                      at: output.at,
                    }),
                  },
                },
              },
            },
          },
        },
        backingOff: {
          ...waits('another try to reach TCS', 'timer', 'it is connected'),
          invoke: {
            id: 'retry',
            src: 'timer',
            input: ({ context, event }) => ({ deadline: timing.retryAt(context, stampOf(event)) }),
            onDone: 'discovering',
          },
        },
      },
    },
  },
});
