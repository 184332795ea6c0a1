import { type AnyActorRef, assign, enqueueActions, raise, sendTo, setup } from 'xstate';
import { admissionMachine } from '../admission/machine.ts';
import { healthMachine } from '../health/machine.ts';
import { imagesMachine } from '../image/machine.ts';
import { outboxActorId, taskActorId } from '../names/arn.ts';
import { type Deadline, type Stamp, stampOf, unbound, unboundCallback } from '../names/effects.ts';
import type { Failure } from '../names/errors.ts';
import { reportMachine } from '../report/machine.ts';
import { sessionMachine } from '../session/machine.ts';
import type { Acknowledgement, Manifest, Payload } from '../session/model.ts';
import { spotMachine } from '../spot/machine.ts';
import { taskInput } from '../task/decide.ts';
import type { TaskInput } from '../task/events.ts';
import { taskMachine } from '../task/machine.ts';
import type { TaskPlan } from '../task/model.ts';
import { telemetryMachine } from '../telemetry/machine.ts';
import { updateMachine } from '../update/machine.ts';
import { watchMachine } from '../watch/machine.ts';
import * as decide from './decide.ts';
import type {
  AgentEvent,
  AgentInput,
  Booted,
  JournalCommand,
  Lifecycle,
  Registered,
} from './events.ts';
import { type AgentContext, type AgentEmitted, type AgentExit, exitCodes } from './model.ts';

type Received = { payload: Payload; known: string[]; at: number };

/** What the agent machine is made of; its chart is in `machine.ts`. */
export const agentSetup = setup({
  types: {
    context: {} as AgentContext,
    events: {} as AgentEvent,
    input: {} as AgentInput,
    output: {} as AgentExit,
    emitted: {} as AgentEmitted,
  },
  actors: {
    boot: unbound<Booted, { since: number }>('boot'),
    lifecycle: unbound<Lifecycle, undefined>('lifecycle'),
    identify: unbound<Stamp, undefined>('identify'),
    register: unbound<Registered, { containerInstanceArn: string | null }>('register'),
    createCluster: unbound<Stamp, { cluster: string }>('createCluster'),
    settle: unbound<Stamp, undefined>('settle'),
    timer: unbound<Stamp, Deadline>('timer'),
    journal: unboundCallback<JournalCommand, undefined>('journal'),
    admission: admissionMachine,
    images: imagesMachine,
    session: sessionMachine,
    watch: watchMachine,
    spot: spotMachine,
    update: updateMachine,
    telemetry: telemetryMachine,
    health: healthMachine,
    task: taskMachine,
    report: reportMachine,
  },
  actions: {
    keepBooted: assign(({ context }, { taskLimits }: Booted) => ({
      rules: { ...context.rules, taskLimits },
    })),
    keepInstance: assign((_, { containerInstanceArn, at }: Registered) => ({
      containerInstanceArn,
      attempts: 0,
      trouble: null,
      awaySince: at,
    })),
    keepAway: assign((_, { at }: { at: number }) => ({ awaySince: at })),
    forgetAway: assign({ awaySince: null }),
    tellRegistered: raise(({ event }) => ({
      type: 'instance.registered' as const,
      at: stampOf(event).at,
    })),
    begin: assign(({ event }) => ({ begunAt: stampOf(event).at, attempts: 0, trouble: null })),
    countAttempt: assign(({ context }, trouble: Failure) => ({
      attempts: context.attempts + 1,
      trouble,
    })),
    keepCluster: assign({ makesCluster: false }),
    // Once a step, however often it is tried.
    tellDelay: enqueueActions(({ context, enqueue }, failure: Failure) => {
      if (context.attempts > 0) return;
      const withinMs = decide.withinMsOf(failure);
      enqueue.emit({ type: 'start.delayed', because: failure.message, withinMs });
    }),
    keepLifecycle: assign(({ context }, { lifecycle }: Lifecycle) => ({
      attempts: context.attempts + 1,
      lifecycle: lifecycle ?? context.lifecycle,
      trouble: null,
    })),
    neverInPool: assign({
      exit: {
        code: exitCodes.terminal,
        reason:
          'The instance metadata service has named no place in a warm pool for two hours. ' +
          'Set ECS_WARM_POOLS_CHECK=false if this instance is in no Auto Scaling group.',
      } as AgentExit,
    }),
    countCrash: assign(({ context }, { at }: Stamp) => ({
      crashes: decide.crashesWith(context.crashes, at),
      // A session that crashes does not say that it was connected.
      awaySince: context.awaySince ?? at,
    })),
    fail: assign((_, failure: Failure) => ({ exit: decide.exitAfter(failure) })),
    makeRoom: assign({ exit: { code: exitCodes.update, reason: '' } as AgentExit }),
    giveUp: assign({
      exit: { code: exitCodes.error, reason: 'The session with ACS keeps failing.' } as AgentExit,
    }),
    takeTasks: enqueueActions(({ context, enqueue, system }, received: Received) => {
      const { payload, known, at } = received;
      const { start, stop, refuse } = decide.intakeOf(payload, [...known, ...context.refused]);
      for (const arn of stop) {
        // A task that could not be understood has an outbox only.
        const task: AnyActorRef | undefined = system.get(taskActorId(arn));
        if (task) enqueue.sendTo(task, { type: 'task.stop', at });
      }
      // In one assignment, because each copies the agent's list of children.
      enqueue.assign(({ spawn }) => {
        for (const { plan, roll } of start) spawn('report', decide.outboxOf(plan.arn, roll));
        for (const { arn } of refuse) spawn('report', decide.outboxOf(arn, 0));
        for (const arrival of start)
          spawn('task', decide.taskOf(taskInput(arrival, context.rules, at)));
        return {
          refused: decide.refusedWith(context.refused, refuse),
          seqNum: Math.max(context.seqNum, payload.seqNum ?? context.seqNum),
        };
      });
      for (const { arn, reason } of refuse) {
        const report = decide.refusalReport(arn, reason);
        enqueue.sendTo(outboxActorId(arn), { type: 'task.changed', report, at });
      }
    }),
    adoptTasks: enqueueActions(
      ({ context, enqueue, system }, found: { tasks: TaskPlan[]; at: number }) => {
        // A task whose plan was lost may have its outbox still.
        for (const { arn } of found.tasks)
          if (!system.get(outboxActorId(arn)))
            enqueue.spawnChild('report', decide.outboxOf(arn, 0));
        for (const plan of found.tasks)
          enqueue.spawnChild(
            'task',
            decide.taskOf(decide.foundInput(plan, context.rules, found.at)),
          );
      },
    ),
    keepManifest: assign((_, { timeline, messageId }: Manifest) => ({
      seqNum: timeline,
      manifestSeqNum: timeline,
      manifestId: messageId,
    })),
    // An answer counts once.
    forgetManifest: assign({ manifestId: null }),
    stopTasks: enqueueActions(
      ({ enqueue, system }, { known, at }: { known: string[]; at: number }) => {
        for (const arn of known) {
          const task: AnyActorRef | undefined = system.get(taskActorId(arn));
          if (task) enqueue.sendTo(task, { type: 'task.stop', at });
        }
      },
    ),
    commit: sendTo('journal', (_, acknowledgements: Acknowledgement[]) => ({
      type: 'commit' as const,
      acknowledgements,
    })),
    acknowledge: sendTo('session', (_, acknowledgements: Acknowledgement[]) => ({
      type: 'acknowledge' as const,
      acknowledgements,
    })),
    forget: enqueueActions(({ enqueue, event, system }) => {
      const actorId = decide.actorIdOf(event);
      // By its id, because the system has forgotten an actor that is done.
      enqueue.stopChild(actorId);
      const taskId = decide.taskOfOutbox(actorId);
      const task: AnyActorRef | undefined = taskId === null ? undefined : system.get(taskId);
      if (task) enqueue.sendTo(task, { type: 'report.settled', at: 0 });
    }),
    replaceTask: enqueueActions(
      ({ enqueue, system }, { actorId, task }: { actorId: string; task: TaskInput }) => {
        enqueue.stopChild(actorId);
        enqueue.spawnChild('task', decide.taskOf(task));
        // An outbox that has told of its end is gone, and cannot tell the task so any more.
        if (!system.get(outboxActorId(task.arn)))
          enqueue.sendTo(actorId, { type: 'report.settled', at: 0 });
      },
    ),
  },
  guards: {
    isNewManifest: ({ context }, manifest: Manifest) => decide.isNewManifest(context, manifest),
    isAwaited: ({ context }, messageId: string) => context.manifestId === messageId,
    mayMakeCluster: ({ context }, failure: Failure) => decide.mayMakeCluster(context, failure),
    mayTryAgain: ({ context }, failure: Failure) => decide.mayTryAgain(context, failure),
    waitsInPool: ({ context }) => context.watching.warmPool,
    isInService: (_, { lifecycle }: Lifecycle) => lifecycle === 'InService',
    mayAskPool: ({ context }, { lifecycle }: Lifecycle) => decide.mayAskPool(context, lifecycle),
    mayAskPoolAfter: ({ context }, failure: Failure) =>
      failure.retry && decide.mayAskPool(context, null),
    drainsOnSpot: ({ context }) => context.watching.spot,
    tellsTelemetry: ({ context }) => context.telemetry,
    crashesTooOften: ({ context }, { at }: Stamp) =>
      decide.crashesWith(context.crashes, at).length > decide.intensity.crashes,
  },
});
