// idle → booting → registering → online (connecting → serving) → stopping → stopped
//
// The root of the tree. It boots, registers the container instance, keeps a session with ACS, takes
// payloads, spawns a task and its outbox for each new task, and acknowledges once all is on disk.
import { type AnyActorRef, assign, enqueueActions, sendTo, setup } from 'xstate';
import { watchMachine } from '../container/watch.ts';
import { outboxActorId, taskActorId } from '../names/arn.ts';
import { delayOf } from '../names/backoff.ts';
import { type Deadline, type Stamp, stampOf, unbound, unboundCallback } from '../names/effects.ts';
import { asFailure, type Failure } from '../names/errors.ts';
import { reportMachine } from '../report/machine.ts';
import { sessionMachine } from '../session/machine.ts';
import type { Acknowledgement, Payload } from '../session/model.ts';
import type { TaskInput } from '../task/events.ts';
import { taskMachine } from '../task/machine.ts';
import * as decide from './decide.ts';
import type { AgentEvent, AgentInput, JournalCommand, Registered } from './events.ts';
import { type AgentContext, type AgentExit, exitCodes } from './model.ts';

type Received = { payload: Payload; known: string[]; at: number };

const failure = ({ event }: { event: { error: unknown } }): Failure => asFailure(event.error);
const output = <Output>({ event }: { event: { output: Output } }): Output => event.output;
const failWith = { type: 'fail' as const, params: failure };

export const agentMachine = setup({
  types: {
    context: {} as AgentContext,
    events: {} as AgentEvent,
    input: {} as AgentInput,
    output: {} as AgentExit,
  },
  actors: {
    boot: unbound<Stamp, undefined>('boot'),
    register: unbound<Registered, { containerInstanceArn: string | null }>('register'),
    settle: unbound<Stamp, undefined>('settle'),
    timer: unbound<Stamp, Deadline>('timer'),
    journal: unboundCallback<JournalCommand, undefined>('journal'),
    session: sessionMachine,
    watch: watchMachine,
    task: taskMachine,
    report: reportMachine,
  },
  actions: {
    keepInstance: assign((_, { containerInstanceArn }: Registered) => ({
      containerInstanceArn,
      attempts: 0,
    })),
    countAttempt: assign(({ context }, { at }: Failure) => ({
      attempts: context.attempts + 1,
      registeringSince: context.registeringSince ?? at,
    })),
    countCrash: assign(({ context }, { at }: Stamp) => ({
      crashes: decide.crashesWith(context.crashes, at),
    })),
    fail: assign((_, failure: Failure) => ({ exit: decide.exitAfter(failure) })),
    giveUp: assign({
      exit: { code: exitCodes.error, reason: 'The session with ACS keeps failing.' } as AgentExit,
    }),
    takeTasks: enqueueActions(({ context, enqueue, system }, received: Received) => {
      const { start, stop, refuse } = decide.intakeOf(received.payload, received.known);
      const { at } = received;
      for (const arn of stop) {
        // A task that could not be understood has an outbox only.
        const task: AnyActorRef | undefined = system.get(taskActorId(arn));
        if (task) enqueue.sendTo(task, { type: 'task.stop', at });
      }
      for (const { plan, roll } of start)
        enqueue.spawnChild('report', {
          id: outboxActorId(plan.arn),
          systemId: outboxActorId(plan.arn),
          input: { taskArn: plan.arn, roll },
        });
      for (const arrival of start)
        enqueue.spawnChild('task', {
          id: taskActorId(arrival.plan.arn),
          systemId: taskActorId(arrival.plan.arn),
          input: decide.taskInput(arrival, context, at),
        });
      for (const { arn, reason } of refuse) {
        const id = outboxActorId(arn);
        enqueue.spawnChild('report', { id, systemId: id, input: { taskArn: arn, roll: 0 } });
        enqueue.sendTo(id, { type: 'task.changed', report: decide.refusalReport(arn, reason), at });
      }
    }),
    commit: sendTo('journal', (_, payload: Payload) => ({
      type: 'commit' as const,
      acknowledgements: decide.receiptsOf(payload),
    })),
    acknowledge: sendTo('session', (_, acknowledgements: Acknowledgement[]) => ({
      type: 'acknowledge' as const,
      acknowledgements,
    })),
    replaceTask: enqueueActions(
      ({ enqueue }, { actorId, task }: { actorId: string; task: TaskInput }) => {
        enqueue.stopChild(actorId);
        enqueue.spawnChild('task', { id: actorId, systemId: actorId, input: task });
      },
    ),
  },
  guards: {
    mayRegisterAgain: ({ context }, failure: Failure) => decide.mayRegisterAgain(context, failure),
    crashesTooOften: ({ context }, { at }: Stamp) =>
      decide.crashesWith(context.crashes, at).length > decide.intensity.crashes,
  },
}).createMachine({
  id: 'agent',
  context: ({ input }) => decide.newAgent(input),
  output: ({ context }) => context.exit,
  initial: 'idle',
  states: {
    idle: {
      meta: { waits: { for: 'the process to start it', deadline: 'start' } },
      on: { 'agent.start': 'alive' },
    },
    alive: {
      type: 'parallel',
      invoke: {
        id: 'journal',
        src: 'journal',
        onError: { target: '#agent.failed', actions: failWith },
      },
      on: {
        'agent.stop': 'stopping',
        'task.crashed': { actions: { type: 'replaceTask', params: ({ event }) => event } },
        // The supervisor answers a crash with `task.crashed`; unheard it would end the agent.
        'xstate.error.actor.*': {},
      },
      states: {
        engine: {
          initial: 'watching',
          states: {
            watching: {
              meta: { steady: 'the Engine is watched' },
              invoke: {
                id: 'watch',
                systemId: 'watch',
                src: 'watch',
                onError: { target: '#agent.failed', actions: failWith },
              },
            },
          },
        },
        control: {
          initial: 'booting',
          states: {
            booting: {
              meta: { waits: { for: 'the Engine to answer', deadline: 'version' } },
              invoke: {
                id: 'boot',
                src: 'boot',
                onDone: 'registering',
                onError: { target: '#agent.failed', actions: failWith },
              },
            },
            registering: {
              meta: {
                waits: { for: 'ECS to register the container instance', deadline: 'register' },
              },
              invoke: {
                id: 'register',
                src: 'register',
                input: ({ context }) => ({ containerInstanceArn: context.containerInstanceArn }),
                onDone: {
                  target: 'online',
                  actions: { type: 'keepInstance', params: output },
                },
                onError: [
                  {
                    guard: { type: 'mayRegisterAgain', params: failure },
                    target: 'backingOff',
                    actions: { type: 'countAttempt', params: failure },
                  },
                  { target: '#agent.failed', actions: failWith },
                ],
              },
            },
            backingOff: {
              meta: { waits: { for: 'another try to register', deadline: 'timer' } },
              invoke: {
                id: 'retry',
                src: 'timer',
                input: ({ context, event }) => {
                  const { at, roll } = stampOf(event);
                  return { deadline: at + delayOf(decide.registerBackoff, context.attempts, roll) };
                },
                onDone: 'registering',
              },
            },
            online: {
              initial: 'connecting',
              invoke: {
                id: 'session',
                systemId: 'session',
                src: 'session',
                input: ({ context }) => ({
                  containerInstanceArn: context.containerInstanceArn ?? '',
                }),
                onError: 'recovering',
              },
              on: {
                'payload.received': {
                  actions: [
                    { type: 'takeTasks', params: ({ event }) => event },
                    { type: 'commit', params: ({ event }) => event.payload },
                  ],
                },
                committed: {
                  actions: { type: 'acknowledge', params: ({ event }) => event.acknowledgements },
                },
              },
              states: {
                connecting: {
                  meta: { steady: 'the session finds its way to ACS, however long it takes' },
                  on: { 'session.connected': 'serving' },
                },
                serving: {
                  meta: { steady: 'ACS is connected' },
                  on: { 'session.disconnected': 'connecting' },
                },
              },
            },
            recovering: {
              meta: { waits: { for: 'a new session after one that crashed', deadline: 'timer' } },
              invoke: {
                id: 'recover',
                src: 'timer',
                input: { deadline: 0 },
                onDone: [
                  {
                    guard: { type: 'crashesTooOften', params: output },
                    target: '#agent.failed',
                    actions: 'giveUp',
                  },
                  { target: 'online', actions: { type: 'countCrash', params: output } },
                ],
              },
            },
          },
        },
      },
    },
    stopping: {
      meta: { waits: { for: 'the last changes to be on disk', deadline: 'settle' } },
      invoke: [
        { id: 'settle', src: 'settle', onDone: 'stopped', onError: 'stopped' },
        {
          id: 'patience',
          src: 'timer',
          input: ({ event }) => ({ deadline: stampOf(event).at + decide.settleWithinMs }),
          onDone: 'stopped',
        },
      ],
    },
    stopped: { type: 'final' },
    failed: { type: 'final' },
  },
});
