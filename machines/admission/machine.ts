// idle ⇄ queueing
//
// Shares the host among its tasks. A task asks, waits until the host has what it needs, holds it, and
// gives it back when it has stopped. Tasks are let in by the order of their arrival, except that one
// that does not fit yet is passed by those that do, for a while.
import { type AnyActorRef, assign, enqueueActions, setup } from 'xstate';
import { taskActorId } from '../names/arn.ts';
import * as decide from './decide.ts';
import type { AdmissionContext, Needs } from './model.ts';

export type AdmissionEvent =
  /** A task wants what it needs; asked again, it is told again or keeps its place. */
  | { type: 'admission.request'; taskArn: string; needs: Needs; at: number }
  /** A task has ended, or wants nothing any more. */
  | { type: 'admission.release'; taskArn: string; at: number };

type Request = Extract<AdmissionEvent, { type: 'admission.request' }>;

const request = ({ event }: { event: Request }): Request => event;

export const admissionMachine = setup({
  types: {
    context: {} as AdmissionContext,
    events: {} as AdmissionEvent,
    input: {} as AdmissionContext,
  },
  actions: {
    keepRequest: assign(({ context }, request: Request) => decide.withRequest(context, request)),
    release: assign(({ context }, task: { taskArn: string; at: number }) =>
      decide.withRelease(context, task),
    ),
    admit: enqueueActions(({ context, enqueue, system }) => {
      const { at } = context;
      const { context: next, admitted } = decide.admit(context, at);
      enqueue.assign(next);
      for (const taskArn of admitted) {
        const task: AnyActorRef | undefined = system.get(taskActorId(taskArn));
        if (task) enqueue.sendTo(task, { type: 'task.admitted', at });
      }
    }),
    tellAgain: enqueueActions(({ enqueue, system }, { taskArn, at }: Request) => {
      const task: AnyActorRef | undefined = system.get(taskActorId(taskArn));
      if (task) enqueue.sendTo(task, { type: 'task.admitted', at });
    }),
  },
  guards: {
    isHolder: ({ context }, { taskArn }: Request) => decide.isHolder(context, taskArn),
    someWait: ({ context }) => context.waiting.length > 0,
    noneWaits: ({ context }) => context.waiting.length === 0,
  },
}).createMachine({
  id: 'admission',
  context: ({ input }) => input,
  // Tasks of an earlier run may fit by now.
  entry: 'admit',
  initial: 'idle',
  on: {
    'admission.request': [
      {
        guard: { type: 'isHolder', params: request },
        actions: { type: 'tellAgain', params: request },
      },
      { actions: [{ type: 'keepRequest', params: request }, 'admit'] },
    ],
    'admission.release': {
      actions: [{ type: 'release', params: ({ event }) => event }, 'admit'],
    },
  },
  states: {
    idle: {
      meta: { steady: 'every task has what it needs' },
      always: { guard: 'someWait', target: 'queueing' },
    },
    queueing: {
      meta: { steady: 'tasks wait for what others hold' },
      always: { guard: 'noneWaits', target: 'idle' },
    },
  },
});
