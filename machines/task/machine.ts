// accepted → pending → running → stopping → stopped
//
// A task runs when all its containers run. It stops when ECS wants it stopped or when an essential
// container ends, and is stopped when the last of its containers is. A refused task never starts.
import { assign, enqueueActions, sendTo, setup } from 'xstate';
import { containerMachine } from '../container/machine.ts';
import type { ContainerChange } from '../container/model.ts';
import { containerActorId, outboxActorId } from '../names/arn.ts';
import * as decide from './decide.ts';
import type { TaskEvent, TaskInput } from './events.ts';
import type { TaskContext, TaskStatus } from './model.ts';

const change = ({ event }: { event: { change: ContainerChange } }): ContainerChange => event.change;

const keepChange = { type: 'keepChange' as const, params: change };
const becomes = (next: ReturnType<typeof decide.verdict>) => ({
  type: 'becomes' as const,
  params: ({ event }: { event: { change: ContainerChange } }) => ({ next, change: event.change }),
});
const tellOutbox = (type: 'task.changed' | 'containers.changed', status: TaskStatus) => ({
  type: 'tellOutbox' as const,
  params: { type, status },
});

export const taskMachine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as TaskInput,
  },
  actors: { container: containerMachine },
  actions: {
    spawnContainers: enqueueActions(({ context, enqueue }) => {
      for (const name of Object.keys(context.containers)) {
        const id = containerActorId(context.arn, name);
        enqueue.spawnChild('container', {
          id,
          systemId: id,
          input: {
            taskArn: context.arn,
            name,
            pullBehavior: context.pullBehavior,
            at: context.knownAt,
          },
        });
      }
    }),
    tellContainers: enqueueActions(
      ({ context, enqueue }, type: 'container.start' | 'container.stop' | 'container.halt') => {
        for (const { name, status } of Object.values(context.containers))
          if (status !== 'STOPPED')
            enqueue.sendTo(containerActorId(context.arn, name), { type, at: context.knownAt });
      },
    ),
    keepChange: assign(({ context }, change: ContainerChange) =>
      decide.withChange(context, change),
    ),
    wantStopped: assign(({ context }, at: number) => ({
      desired: 'STOPPED' as const,
      knownAt: Math.max(at, context.knownAt),
    })),
    followEssential: assign({ desired: 'STOPPED' }),
    tellOutbox: sendTo(
      ({ context, system, self }) => system.get(outboxActorId(context.arn)) ?? self,
      ({ context }, params: { type: string; status: TaskStatus }) => ({
        type: params.type,
        report: decide.reportOf(context, params.status),
        at: context.knownAt,
      }),
    ),
  },
  guards: {
    isRefused: ({ context }) => Object.keys(context.containers).length === 0,
    mayBeRunning: ({ context }) => context.mayBeRunning,
    stopWanted: ({ context }) => context.desired === 'STOPPED',
    becomes: ({ context }, params: { next: string; change: ContainerChange }) =>
      decide.verdict(decide.withChange(context, params.change)) === params.next,
    startedLate: ({ context }, change: ContainerChange) =>
      change.status === 'RUNNING' &&
      decide.verdict(decide.withChange(context, change)) === 'running',
    isTold: (_, change: ContainerChange) => decide.isTold(change),
  },
}).createMachine({
  id: 'task',
  context: ({ input }) => decide.newTask(input),
  initial: 'accepted',
  on: {
    'task.stop': { actions: { type: 'wantStopped', params: ({ event }) => event.at } },
  },
  states: {
    accepted: {
      entry: 'spawnContainers',
      always: [
        { guard: 'isRefused', target: 'stopped' },
        {
          guard: 'mayBeRunning',
          target: 'stopping',
          actions: { type: 'tellContainers', params: 'container.halt' },
        },
        { guard: 'stopWanted', target: 'stopping' },
        { target: 'pending' },
      ],
    },
    pending: {
      meta: { waits: { for: 'all its containers to run', deadline: 'containers' } },
      entry: { type: 'tellContainers', params: 'container.start' },
      always: { guard: 'stopWanted', target: 'stopping' },
      on: {
        'container.changed': [
          { guard: becomes('stopped'), target: 'stopped', actions: keepChange },
          {
            guard: becomes('stopping'),
            target: 'stopping',
            actions: [keepChange, tellOutbox('containers.changed', 'PENDING')],
          },
          { guard: becomes('running'), target: 'running', actions: keepChange },
          {
            guard: { type: 'isTold', params: change },
            actions: [keepChange, tellOutbox('containers.changed', 'PENDING')],
          },
          { actions: keepChange },
        ],
      },
    },
    running: {
      meta: { steady: 'all its containers run' },
      entry: tellOutbox('task.changed', 'RUNNING'),
      always: { guard: 'stopWanted', target: 'stopping' },
      on: {
        'container.changed': [
          { guard: becomes('stopped'), target: 'stopped', actions: keepChange },
          {
            guard: becomes('stopping'),
            target: 'stopping',
            actions: [keepChange, tellOutbox('containers.changed', 'RUNNING')],
          },
          { actions: [keepChange, tellOutbox('containers.changed', 'RUNNING')] },
        ],
      },
    },
    stopping: {
      meta: { waits: { for: 'all its containers to stop', deadline: 'containers' } },
      entry: ['followEssential', { type: 'tellContainers', params: 'container.stop' }],
      on: {
        'container.changed': [
          { guard: becomes('stopped'), target: 'stopped', actions: keepChange },
          // It was being started when the stop was wanted, and did run.
          {
            guard: { type: 'startedLate', params: change },
            actions: [keepChange, tellOutbox('task.changed', 'RUNNING')],
          },
          {
            guard: { type: 'isTold', params: change },
            actions: [keepChange, tellOutbox('containers.changed', 'PENDING')],
          },
          { actions: keepChange },
        ],
      },
    },
    stopped: {
      meta: { steady: 'it has ended and is kept until it is cleaned up' },
      entry: tellOutbox('task.changed', 'STOPPED'),
      on: { 'container.changed': { actions: keepChange } },
    },
  },
});
