// idle → collecting → sending → backing off → sending … → settled
//
// The outbox of one task. A change of the task goes out at once and takes the collected container
// changes with it; container changes alone wait for a tick. One call is in flight, in strict order,
// and is repeated for ever, unless ECS says that it will never take it.
import { assign, setup } from 'xstate';
import { delayOf } from '../names/backoff.ts';
import { type Deadline, failure, type Stamp, stampOf, unbound, waits } from '../names/effects.ts';
import type { Failure } from '../names/errors.ts';
import type { ReportEvent, ReportInput } from './events.ts';
import type { OutboxContext, TaskReport } from './model.ts';
import * as order from './order.ts';

const report = ({ event }: { event: { report: TaskReport } }): TaskReport => event.report;
const enqueue = { type: 'enqueue' as const, params: report };
const collect = { type: 'collect' as const, params: report };

export const reportMachine = setup({
  types: {
    context: {} as OutboxContext,
    events: {} as ReportEvent,
    input: {} as ReportInput,
  },
  actors: {
    submit: unbound<Stamp, { taskArn: string }>('submit'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    // A report of the task carries all its containers, so what was collected before goes with it.
    enqueue: assign(({ context }, report: TaskReport) => ({
      queue: [...context.queue, report],
      collected: null,
    })),
    collect: assign((_, report: TaskReport) => ({ collected: report })),
    enqueueCollected: assign(({ context }) => ({
      queue: context.collected ? [...context.queue, context.collected] : context.queue,
      collected: null,
    })),
    trimHead: assign(({ context }) => {
      const [head, ...rest] = context.queue;
      const news = head && order.newsOf(context, head);
      return { queue: news ? [news, ...rest] : rest };
    }),
    keepAccepted: assign(({ context }) => order.accepted(context)),
    dropHead: assign(({ context }) => order.dropped(context)),
    skipHead: assign(({ context }) => ({ queue: context.queue.slice(1) })),
    countAttempt: assign(({ context }, trouble: Failure) => ({
      attempts: context.attempts + 1,
      trouble,
    })),
  },
  guards: {
    isSettled: ({ context }) => context.settled,
    hasQueued: ({ context }) => context.queue.length > 0,
    headIsStale: ({ context }) => {
      const head = context.queue[0];
      return head !== undefined && order.newsOf(context, head) === null;
    },
    hasCollected: ({ context }) => context.collected !== null,
    willNeverBeTaken: (_, failure: Failure) => failure.code === 'ECS_INVALID',
  },
}).createMachine({
  id: 'report',
  context: ({ input }) => order.newOutbox(input),
  initial: 'idle',
  states: {
    idle: {
      meta: { steady: 'ECS knows all there is to tell' },
      on: {
        'task.changed': { target: 'choosing', actions: enqueue },
        'containers.changed': { target: 'collecting', actions: collect },
      },
    },
    choosing: {
      always: [
        { guard: 'isSettled', target: 'settled' },
        { guard: 'headIsStale', actions: 'skipHead' },
        { guard: 'hasQueued', target: 'sending', actions: 'trimHead' },
        { guard: 'hasCollected', target: 'collecting' },
        { target: 'idle' },
      ],
    },
    collecting: {
      ...waits('more changes to tell along with these', 'timer', 'all of them are told'),
      on: {
        'task.changed': { target: 'choosing', actions: enqueue },
        'containers.changed': { actions: collect },
      },
      invoke: {
        id: 'tick',
        src: 'timer',
        input: ({ context, event }) => ({
          deadline: stampOf(event).at + order.tick.minMs + context.roll * order.tick.spreadMs,
        }),
        onDone: { target: 'choosing', actions: 'enqueueCollected' },
      },
    },
    sending: {
      ...waits('ECS to accept a change{before}', 'submit', 'it is told again'),
      on: {
        'task.changed': { actions: enqueue },
        'containers.changed': { actions: collect },
      },
      invoke: {
        id: 'submit',
        src: 'submit',
        input: ({ context }) => ({ taskArn: context.taskArn }),
        onDone: { target: 'choosing', actions: 'keepAccepted' },
        onError: [
          {
            guard: { type: 'willNeverBeTaken', params: failure },
            target: 'choosing',
            actions: 'dropHead',
          },
          { target: 'backingOff', actions: { type: 'countAttempt', params: failure } },
        ],
      },
    },
    backingOff: {
      ...waits('another try to tell ECS: {trouble}', 'timer', 'it is told again'),
      on: {
        'task.changed': { actions: enqueue },
        'containers.changed': { actions: collect },
      },
      invoke: {
        id: 'retry',
        src: 'timer',
        input: ({ context, event }) => {
          const { at, roll } = stampOf(event);
          return { deadline: at + delayOf(order.submitBackoff, context.attempts, roll) };
        },
        onDone: 'sending',
      },
    },
    // Its task has ended and ECS knows, or never will: there is nothing more to tell.
    settled: { type: 'final' },
  },
});
