// awaiting instance → disconnected ⇄ connected
//
// The control plane's half of the protocols: it takes one container instance, hands it payloads, and
// keeps what it is told of their tasks. A payload is sent again until it is acknowledged.
import { assign, enqueueActions, sendTo, setup } from 'xstate';
import {
  type Deadline,
  type Stamp,
  stampOf,
  unbound,
  unboundCallback,
  waits,
} from '../names/effects.ts';
import type { TaskReport } from '../report/model.ts';
import * as decide from './decide.ts';
import type { LineCommand, PlaneContext, PlaneEvent, Published } from './model.ts';

export const planeMachine = setup({
  types: { context: {} as PlaneContext, events: {} as PlaneEvent },
  actors: {
    line: unboundCallback<LineCommand, undefined>('line'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    keepInstance: assign((_, containerInstanceArn: string) => ({ containerInstanceArn })),
    keepStatus: assign((_, status: PlaneContext['status']) => ({ status })),
    wish: assign(
      (
        { context },
        wish: { taskArn: string; desired: 'RUNNING' | 'STOPPED'; essential?: string[] },
      ) => decide.withWish(context, wish),
    ),
    keepReport: assign(({ context }, report: TaskReport) => decide.withReport(context, report)),
    keepPublished: assign(({ context }, published: Published) =>
      decide.withPublished(context, published),
    ),
    keepAcknowledged: assign(({ context }, messageId: string) => ({
      unacknowledged: context.unacknowledged.filter((delivery) => delivery.messageId !== messageId),
    })),
    deliverAll: enqueueActions(({ context, enqueue }) => {
      for (const delivery of context.unacknowledged)
        enqueue.sendTo('line', { type: 'payload.deliver', delivery });
    }),
    deliverLast: enqueueActions(({ context, enqueue }) => {
      for (const delivery of context.unacknowledged.slice(-1))
        enqueue.sendTo('line', { type: 'payload.deliver', delivery });
    }),
    // A manifest and the payloads have one order.
    countManifest: assign({ seqNum: ({ context }) => context.seqNum + 1 }),
    deliverManifest: sendTo('line', ({ context }) => ({
      type: 'manifest.deliver' as const,
      list: decide.wishesOf(context),
    })),
    verifyStop: sendTo(
      'line',
      ({ context }, { messageId, taskArns }: { messageId: string; taskArns: string[] }) => ({
        type: 'verification.deliver' as const,
        messageId,
        taskArns: decide.unwantedAmong(context, taskArns),
      }),
    ),
    sendHeartbeat: sendTo('line', { type: 'heartbeat.send' }),
  },
}).createMachine({
  id: 'plane',
  context: {
    containerInstanceArn: null,
    status: 'ACTIVE',
    seqNum: 0,
    tasks: {},
    unacknowledged: [],
    figures: {},
    statuses: {},
  },
  invoke: { id: 'line', src: 'line' },
  initial: 'awaitingInstance',
  on: {
    'instance.registered': {
      target: '.disconnected',
      actions: { type: 'keepInstance', params: ({ event }) => event.containerInstanceArn },
    },
    'instance.changed': {
      actions: { type: 'keepStatus', params: ({ event }) => event.status },
    },
    'task.run': {
      actions: {
        type: 'wish',
        params: ({ event: { taskArn, essential } }) => ({ taskArn, desired: 'RUNNING', essential }),
      },
    },
    'task.stop': {
      actions: {
        type: 'wish',
        params: ({ event: { taskArn } }) => ({ taskArn, desired: 'STOPPED' }),
      },
    },
    'task.reported': {
      actions: { type: 'keepReport', params: ({ event }) => event.report },
    },
    'telemetry.published': {
      actions: { type: 'keepPublished', params: ({ event }) => event.published },
    },
  },
  states: {
    awaitingInstance: { meta: { steady: 'an agent may register at any time' } },
    disconnected: {
      meta: { steady: 'the agent may connect at any time' },
      on: { 'agent.connected': 'connected' },
    },
    connected: {
      entry: 'deliverAll',
      initial: 'listening',
      on: {
        'agent.disconnected': 'disconnected',
        'agent.connected': { target: 'connected', reenter: true },
        'payload.acknowledged': {
          actions: { type: 'keepAcknowledged', params: ({ event }) => event.messageId },
        },
        'manifest.due': { actions: ['countManifest', 'deliverManifest'] },
        'stop.asked': { actions: { type: 'verifyStop', params: ({ event }) => event } },
        'task.run': {
          actions: [
            {
              type: 'wish',
              params: ({ event: { taskArn, essential } }) => ({
                taskArn,
                desired: 'RUNNING',
                essential,
              }),
            },
            'deliverLast',
          ],
        },
        'task.stop': {
          actions: [
            {
              type: 'wish',
              params: ({ event: { taskArn } }) => ({ taskArn, desired: 'STOPPED' }),
            },
            'deliverLast',
          ],
        },
      },
      states: {
        listening: {
          ...waits('the next heartbeat to be due', 'timer', 'it is sent'),
          invoke: {
            id: 'heartbeat',
            src: 'timer',
            input: ({ event }) => ({ deadline: stampOf(event).at + decide.heartbeatMs }),
            onDone: { target: 'listening', reenter: true, actions: 'sendHeartbeat' },
          },
        },
      },
    },
  },
});
