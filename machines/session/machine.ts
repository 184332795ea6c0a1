// discovering → online (connecting → serving) → discovering …, with backing off and dormant between
//
// Keeps one connection to the agent communication service (ACS). It is renewed at once when the peer
// ends it in good order, after a growing delay when it breaks, and after an hour when ACS says that
// the container instance is not active.
import { assign, enqueueActions, sendTo, setup } from 'xstate';
import { delayOf } from '../names/backoff.ts';
import {
  type Deadline,
  type Stamp,
  stampOf,
  unbound,
  unboundCallback,
  waits,
} from '../names/effects.ts';
import { answerTo, forwarded, type Received } from './decide.ts';
import type {
  ConnectionCommand,
  ConnectionInput,
  Discovered,
  SessionContext,
  SessionEvent,
  SessionInput,
} from './events.ts';
import type { Acknowledgement } from './model.ts';
import * as timing from './timing.ts';

const closed = ({ event }: { event: Stamp & { inactiveInstance: boolean; clean: boolean } }) =>
  event;

export const sessionMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
  },
  actors: {
    discover: unbound<Discovered, { containerInstanceArn: string }>('discover'),
    connection: unboundCallback<ConnectionCommand, ConnectionInput>('connection'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    keepEndpoint: assign((_, { endpoint }: Discovered) => ({ endpoint })),
    keepConnected: assign((_, at: number) => ({ hasConnected: true, connectedAt: at })),
    forgetFailures: assign({ attempts: 0 }),
    countFailure: assign({ attempts: ({ context }) => context.attempts + 1 }),
    weighFailure: assign(({ context }, stamp: Stamp) => ({
      attempts: timing.wasStable(context, stamp) ? 1 : context.attempts + 1,
    })),
    tellAgent: sendTo(
      ({ self }) => self._parent ?? self,
      (_, params: { type: 'session.connected' | 'session.disconnected'; at: number }) => params,
    ),
    answer: enqueueActions(({ enqueue, self }, given: Received) => {
      const told = forwarded(given);
      if (told) enqueue.sendTo(self._parent ?? self, told);
      const acknowledgements = answerTo(given);
      if (acknowledgements.length > 0)
        enqueue.sendTo('connection', { type: 'frame.send', acknowledgements });
    }),
    acknowledge: sendTo('connection', (_, acknowledgements: Acknowledgement[]) => ({
      type: 'frame.send' as const,
      acknowledgements,
    })),
    closeInGoodOrder: sendTo('connection', {
      type: 'connection.close',
      reason: 'ConnectionExpired: Reconnect to continue',
    }),
  },
  guards: {
    isInactive: (_, end: { inactiveInstance: boolean }) => end.inactiveInstance,
    isClean: (_, end: { clean: boolean }) => end.clean,
  },
}).createMachine({
  id: 'session',
  context: ({ input }) => ({
    containerInstanceArn: input.containerInstanceArn,
    endpoint: '',
    hasConnected: false,
    connectedAt: 0,
    attempts: 0,
  }),
  initial: 'discovering',
  states: {
    discovering: {
      ...waits('ECS to name the endpoint of ACS', 'discover', 'it is asked again'),
      invoke: {
        id: 'discover',
        src: 'discover',
        input: ({ context }) => ({ containerInstanceArn: context.containerInstanceArn }),
        onDone: {
          target: 'online',
          actions: { type: 'keepEndpoint', params: ({ event }) => event.output },
        },
        onError: { target: 'backingOff', actions: 'countFailure' },
      },
    },
    online: {
      initial: 'connecting',
      invoke: {
        id: 'connection',
        src: 'connection',
        input: ({ context }) => ({
          endpoint: context.endpoint,
          containerInstanceArn: context.containerInstanceArn,
          sendCredentials: !context.hasConnected,
        }),
      },
      on: {
        'connection.closed': [
          { guard: { type: 'isInactive', params: closed }, target: 'dormant' },
          {
            guard: { type: 'isClean', params: closed },
            target: 'discovering',
            actions: 'forgetFailures',
          },
          { target: 'backingOff', actions: { type: 'weighFailure', params: closed } },
        ],
      },
      states: {
        connecting: {
          ...waits('ACS to take the connection', 'handshake', 'it is tried again'),
          on: {
            'connection.closed': [
              { guard: { type: 'isInactive', params: closed }, target: '#session.dormant' },
              { target: '#session.backingOff', actions: 'countFailure' },
            ],
            'connection.opened': {
              target: 'serving',
              actions: { type: 'keepConnected', params: ({ event }) => event.at },
            },
          },
        },
        serving: {
          entry: {
            type: 'tellAgent',
            params: ({ event }) => ({ type: 'session.connected', at: stampOf(event).at }),
          },
          exit: {
            type: 'tellAgent',
            params: ({ event }) => ({ type: 'session.disconnected', at: stampOf(event).at }),
          },
          initial: 'listening',
          invoke: {
            id: 'age',
            src: 'timer',
            input: ({ event }) => ({ deadline: timing.expiresAt(stampOf(event)) }),
            onDone: { actions: 'closeInGoodOrder' },
          },
          on: {
            'message.received': {
              target: '.listening',
              actions: { type: 'answer', params: ({ event }) => event },
            },
            acknowledge: {
              actions: { type: 'acknowledge', params: ({ event }) => event.acknowledgements },
            },
          },
          states: {
            listening: {
              ...waits('the next message of ACS', 'heartbeat', 'the connection is given up'),
              invoke: {
                id: 'heartbeat',
                src: 'timer',
                input: ({ event }) => ({ deadline: timing.silentAt(stampOf(event)) }),
                onDone: {
                  target: '#session.backingOff',
                  actions: { type: 'weighFailure', params: ({ event }) => event.output },
                },
              },
            },
          },
        },
      },
    },
    backingOff: {
      ...waits('another try to reach ACS', 'timer', 'it is connected'),
      invoke: {
        id: 'retry',
        src: 'timer',
        input: ({ context, event }) => {
          const { at, roll } = stampOf(event);
          return { deadline: at + delayOf(timing.reconnectBackoff, context.attempts, roll) };
        },
        onDone: 'discovering',
      },
    },
    dormant: {
      ...waits('ACS to know this container instance again', 'timer', 'it is connected'),
      invoke: {
        id: 'sleep',
        src: 'timer',
        input: ({ event }) => ({ deadline: stampOf(event).at + timing.inactiveMs }),
        onDone: 'discovering',
      },
    },
  },
});
