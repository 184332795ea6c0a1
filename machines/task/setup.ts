import { type AnyActorRef, assign, enqueueActions, sendTo, setup } from 'xstate';
import { containerMachine } from '../container/machine.ts';
import type { ContainerChange, Health } from '../container/model.ts';
import { containerActorId, outboxActorId, resourceActorId } from '../names/arn.ts';
import { delayOf } from '../names/backoff.ts';
import { type Deadline, type Stamp, stampOf, unbound } from '../names/effects.ts';
import { resourceBackoff } from '../resource/decide.ts';
import { resourceMachine } from '../resource/machine.ts';
import type { ResourceChange, ResourcePlan } from '../resource/model.ts';
import * as decide from './decide.ts';
import type { TaskEvent, TaskInput, TaskKey } from './events.ts';
import type { Beginning, TaskContext, TaskStatus } from './model.ts';
import { orders } from './order.ts';

/** Tells the task's outbox how the task is; `containers.changed` where the task itself has not moved. */
export const tellOutbox = (type: 'task.changed' | 'containers.changed', status: TaskStatus) => ({
  type: 'tellOutbox' as const,
  params: { type, status },
});

/** The admission of the host; a task that outlives it tells itself, who does not listen. */
const admission = ({ system, self }: { system: AnyActorRef['system']; self: AnyActorRef }) =>
  (system.get('admission') as AnyActorRef | undefined) ?? self;

const resourceOf = (
  system: AnyActorRef['system'],
  arn: string,
  resource: ResourcePlan,
): AnyActorRef | undefined => system.get(resourceActorId(arn, resource));

/** Input of the wait before the remains are removed again. */
export const nextSweep = ({
  context,
  event,
}: {
  context: TaskContext;
  event: object;
}): Deadline => {
  const { at, roll } = stampOf(event);
  return { deadline: at + delayOf(resourceBackoff, context.attempts, roll) };
};

/** What the task machine is made of; its chart is in `machine.ts`. */
export const taskSetup = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as TaskInput,
  },
  actors: {
    container: containerMachine,
    resource: resourceMachine,
    removeContainers: unbound<Stamp, TaskKey>('removeContainers'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    spawnContainers: enqueueActions(({ context, enqueue }) => {
      const { arn: taskArn, pullBehavior, knownAt: at } = context;
      for (const { name, needsRole, restartPolicy } of Object.values(context.containers)) {
        const id = containerActorId(taskArn, name);
        const input = { taskArn, name, pullBehavior, needsRole, restartPolicy, at };
        enqueue.spawnChild('container', { id, systemId: id, input });
      }
    }),
    spawnResources: enqueueActions(({ context, enqueue }) => {
      for (const { kind, name } of context.resources) {
        const id = resourceActorId(context.arn, { kind, name });
        const input = { taskArn: context.arn, kind, name, at: context.knownAt };
        enqueue.spawnChild('resource', { id, systemId: id, input });
      }
    }),
    direct: enqueueActions(({ context, enqueue }) => {
      const next = orders(context, context.knownAt);
      if (next.orders.length === 0) return;
      enqueue.assign({ containers: next.containers });
      for (const { to, event } of next.orders)
        enqueue.sendTo(containerActorId(context.arn, to), event);
    }),
    tellAll: enqueueActions(({ context, enqueue }, type: 'container.halt' | 'container.adopt') => {
      for (const name of Object.keys(context.containers))
        enqueue.sendTo(containerActorId(context.arn, name), { type, at: context.knownAt });
    }),
    requestAdmission: sendTo(admission, ({ context }) => ({
      type: 'admission.request',
      taskArn: context.arn,
      needs: context.needs,
      at: context.knownAt,
    })),
    releaseAdmission: sendTo(admission, ({ context }) => ({
      type: 'admission.release',
      taskArn: context.arn,
      at: context.knownAt,
    })),
    releaseCgroup: enqueueActions(({ context, enqueue, system }) => {
      for (const resource of context.resources) {
        const made = resourceOf(system, context.arn, resource);
        if (made && resource.kind === 'cgroup')
          enqueue.sendTo(made, { type: 'resource.remove', at: context.knownAt });
      }
    }),
    releaseResources: enqueueActions(({ context, enqueue, system }) => {
      for (const resource of context.resources) {
        const made = resourceOf(system, context.arn, resource);
        if (made) enqueue.sendTo(made, { type: 'resource.remove', at: context.knownAt });
        // The task was stopped before anything was made for it.
        else enqueue.assign(({ context }) => decide.withoutResource(context, resource));
      }
    }),
    keepChange: assign(({ context }, change: ContainerChange) =>
      decide.withChange(context, change),
    ),
    keepHealth: assign(({ context }, news: { name: string; health: Health; at: number }) =>
      decide.withHealth(context, news),
    ),
    keepResource: assign(({ context }, change: ResourceChange) =>
      decide.withResource(context, change),
    ),
    stamp: assign({ knownAt: ({ context, event }) => decide.timeOf(event, context) }),
    keepManifestTold: assign({ manifestTold: true }),
    wantStopped: assign(({ context }, at: number) => ({
      desired: 'STOPPED' as const,
      knownAt: Math.max(at, context.knownAt),
    })),
    followEssential: assign({ desired: 'STOPPED' }),
    settle: assign({ settled: true }),
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
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
    begins: ({ context }, begins: Beginning) => context.begins === begins,
    stopWanted: ({ context }) => context.desired === 'STOPPED',
    becomes: ({ context }, next: ReturnType<typeof decide.verdict>) =>
      decide.verdict(context) === next,
    manifestIsDue: ({ context }) => decide.manifestIsDue(context),
    isToldAlone: ({ context }, change: ContainerChange) =>
      decide.isTold(context, change) && !decide.movesTask(context, change),
    startedLate: ({ context }, change: ContainerChange) =>
      change.status === 'RUNNING' &&
      decide.verdict(decide.withChange(context, change)) === 'running',
    isSettled: ({ context }) => context.settled,
    resourcesAreGone: ({ context }) =>
      context.resources.every(({ status }) => status === 'REMOVED'),
  },
});
