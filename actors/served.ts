import type { AnyActorRef } from 'xstate';
import type { AgentContext } from '../machines/agent/model.ts';
import type { ContainerContext, ContainerPlan } from '../machines/container/model.ts';
import { containerActorId, taskActorId } from '../machines/names/arn.ts';
import { knownStatus } from '../machines/task/known.ts';
import type { TaskContext, TaskPlan } from '../machines/task/model.ts';
import type { AskingTask } from '../transport/agentapi/port.ts';
import type { ContainerRef, DockerPort, EngineNames } from '../transport/docker/port.ts';
import type { Clock } from '../transport/host/port.ts';
import type {
  ServedContainer,
  ServedTask,
  TaskServerSource,
  VendedCredentials,
} from '../transport/tmds/port.ts';
import type { System } from './effect.ts';
import type { Plans } from './plans.ts';
import type { Seen, Sight } from './seen.ts';
import type { Sampler } from './stats.ts';
import type { Vault } from './vault.ts';

/** Where the container instance is; '' for what is not known or not to be told. */
export interface Place {
  availabilityZone: string;
  availabilityZoneId: string;
  vpcId: string;
}

/** What the task metadata server looks at. */
export interface ServePorts {
  system: System;
  plans: Plans;
  vault: Vault;
  seen: Seen;
  docker: Pick<DockerPort, 'inspect'>;
  names: EngineNames;
  clock: Clock;
  place(): Place;
  sampler: Pick<Sampler, 'sample'>;
  tags: TaskServerSource['tags'];
}

/** The living agent as its tasks see it. */
export const serve = (ports: ServePorts): TaskServerSource => ({
  tags: ports.tags,
  credentials: (id) => credentials(ports, id),
  taskOf: (endpointId) => refOf(ports, endpointId)?.task.arn ?? null,
  container: async (endpointId) => {
    const ref = refOf(ports, endpointId);
    const found = ref && (await containerIn(ports, ref));
    return found && found.dockerId !== '' ? found : null;
  },
  task: async (arn) => {
    return ports.plans.knows(arn) ? await taskIn(ports, ports.plans.task(arn)) : null;
  },
  sample: (endpointId) => {
    const ref = refOf(ports, endpointId);
    return ref && ports.sampler.sample(ref);
  },
  samples: (arn) => samplesOf(ports, arn),
});

/** Of the containers of a task that the Engine has made. */
function samplesOf({ plans, system, sampler }: ServePorts, taskArn: string) {
  const samples = new Map<string, ReturnType<TaskServerSource['sample']>>();
  if (!plans.knows(taskArn)) return samples;
  const task = plans.task(taskArn);
  for (const container of task.containers) {
    const ref = { task, container };
    const dockerId = runtimeIdOf(system, ref);
    if (dockerId) samples.set(dockerId, sampler.sample(ref));
  }
  return samples;
}

/** The task of the container with this endpoint id, as one that asks for something to be done. */
export const askingTask =
  (ports: Pick<ServePorts, 'system' | 'plans' | 'vault'>) =>
  (endpointId: string): AskingTask | null => {
    const ref = refOf(ports, endpointId);
    if (!ref) return null;
    const { arn, networkMode, faultInjection = false, roleCredentialsId } = ref.task;
    const found = roleCredentialsId === null ? null : credentials(ports, roleCredentialsId);
    const keys = found === null || found === 'pending' ? null : keysOf(found);
    return { arn, networkMode, faultInjection, isOver: isOver(ports.system, arn), keys };
  };

const keysOf = ({ accessKeyId, secretAccessKey, sessionToken }: VendedCredentials) => ({
  ...{ accessKeyId, secretAccessKey, sessionToken },
});

/** A task whose containers the Engine has begun to make: it is then that others may ask for it. */
function refOf(
  { plans, system }: Pick<ServePorts, 'plans' | 'system'>,
  endpointId: string,
): ContainerRef | null {
  const ref = plans.byEndpoint(endpointId);
  return ref && runtimeIdOf(system, ref) !== null ? ref : null;
}

const runtimeIdOf = (system: System, ref: ContainerRef): string | null =>
  contextOf(system, ref)?.runtimeId ?? null;

function contextOf(
  system: System,
  { task, container }: ContainerRef,
): ContainerContext | undefined {
  const actor: AnyActorRef | undefined = system.get(containerActorId(task.arn, container.name));
  return actor?.getSnapshot().context;
}

/** The keys of a task's own role go when it has stopped; those of the other with its remains. */
function credentials(
  { plans, vault, system }: Pick<ServePorts, 'system' | 'plans' | 'vault'>,
  id: string,
): VendedCredentials | 'pending' | null {
  const owner = plans.byCredentials(id);
  if (owner === null) return null;
  const { arn: taskArn } = owner.task;
  if (owner.role === 'task' && isOver(system, taskArn)) return null;
  const found = vault.of(id);
  if (!found) return 'pending';
  const { accessKeyId, secretAccessKey, sessionToken = '' } = found.keys;
  const { roleArn, expiration } = found;
  const keys = { accessKeyId, secretAccessKey, sessionToken };
  return { taskArn, role: owner.role, roleArn, expiration, ...keys };
}

function isOver(system: System, taskArn: string): boolean {
  const task: AnyActorRef | undefined = system.get(taskActorId(taskArn));
  const value: unknown = task?.getSnapshot().value;
  const state = typeof value === 'string' ? value : Object.keys(value ?? {})[0];
  return state === 'stopped' || state === 'cleaning';
}

async function taskIn(ports: ServePorts, plan: TaskPlan): Promise<ServedTask | null> {
  const actor: AnyActorRef | undefined = ports.system.get(taskActorId(plan.arn));
  if (!actor) return null;
  const { context, value } = actor.getSnapshot() as { context: TaskContext; value: unknown };
  const agent = ports.system.get('agent').getSnapshot().context as AgentContext;
  const containers = await Promise.all(
    plan.containers.map((container) => containerIn(ports, { task: plan, container })),
  );
  const times = Object.values(context.containers);
  const state = typeof value === 'string' ? value : (Object.keys(value ?? {})[0] ?? '');
  return {
    ...ports.place(),
    cluster: agent.cluster,
    containerInstanceArn: agent.containerInstanceArn,
    arn: plan.arn,
    family: plan.family,
    version: plan.version,
    desired: context.desired,
    known: knownStatus(state, context),
    cpu: plan.cpu,
    memoryMiB: plan.memoryMiB,
    pullStartedAt: first(times.map(({ pullStartedAt }) => pullStartedAt)),
    pullStoppedAt: last(times.map(({ pullStoppedAt }) => pullStoppedAt)),
    executionStoppedAt: context.executionStoppedAt,
    launchType: plan.launchType ?? '',
    serviceName: plan.serviceName ?? '',
    faultInjection: plan.faultInjection ?? false,
    containers,
  };
}

const first = (times: (number | null)[]): number | null => pick(times, Math.min);
const last = (times: (number | null)[]): number | null => pick(times, Math.max);
function pick(times: (number | null)[], by: (...times: number[]) => number): number | null {
  const known = times.filter((time) => time !== null);
  return known.length > 0 ? by(...known) : null;
}

async function containerIn(ports: ServePorts, ref: ContainerRef): Promise<ServedContainer> {
  const { task, container } = ref;
  const context = contextOf(ports.system, ref);
  const actor: AnyActorRef | undefined = ports.system.get(taskActorId(task.arn));
  const known = (actor?.getSnapshot().context as TaskContext | undefined)?.containers[
    container.name
  ];
  const sight = context?.runtimeId ? await sightOf(ports, ref) : null;
  return {
    dockerId: context?.runtimeId ?? '',
    dockerName: context?.runtimeId ? ports.names.ofContainer(ref) : '',
    name: container.name,
    image: container.image,
    imageId: context?.imageId ?? sight?.facts.imageId ?? '',
    bindings: context?.bindings ?? [],
    desired: known?.desired ?? 'RUNNING',
    known: known?.status ?? 'NONE',
    exitCode: context?.exitCode ?? null,
    cpu: container.cpu,
    memoryMiB: container.memoryMiB,
    kind: container.internal ? 'NAMESPACE_PAUSE' : 'NORMAL',
    arn: container.arn ?? '',
    restarts: container.restartPolicy ? (context?.restarts ?? 0) : null,
    ...logsOf(container),
    ...seenOf(sight, container),
  };
}

/** What the Engine last said of it; it is asked where it has not been since the agent began. */
async function sightOf(ports: ServePorts, ref: ContainerRef): Promise<Sight | null> {
  const sight = ports.seen.of(ref);
  if (sight) return sight;
  try {
    return ports.seen.keep(ref, await ports.docker.inspect(ref), ports.clock.now());
  } catch {
    // It has gone, or the Engine does not answer: what the agent itself knows is told.
    return null;
  }
}

function seenOf(sight: Sight | null, { healthChecked }: ContainerPlan) {
  const details = sight?.facts.details;
  const status = sight?.facts.health ?? 'UNKNOWN';
  return {
    labels: details?.labels ?? {},
    createdAt: details?.createdAt ?? null,
    startedAt: details?.startedAt ?? null,
    finishedAt: details?.finishedAt ?? null,
    mounts: details?.mounts ?? [],
    networks: sight?.facts.networks ?? null,
    health: healthChecked
      ? {
          status: status === 'UNKNOWN' ? null : status,
          since: sight?.healthSince ? new Date(sight.healthSince).toISOString() : null,
          exitCode: details?.healthCheck?.exitCode ?? 0,
          output: details?.healthCheck?.output ?? '',
        }
      : null,
  };
}

/** The log driver of the task definition, which Docker is given as it is. */
function logsOf({ dockerHostConfig }: ContainerPlan) {
  const none = { logDriver: '', logOptions: {} };
  if (dockerHostConfig === '') return none;
  try {
    const { LogConfig: logs } = JSON.parse(dockerHostConfig) as {
      LogConfig?: { Type?: string; Config?: Record<string, string> };
    };
    return { logDriver: logs?.Type ?? '', logOptions: logs?.Config ?? {} };
  } catch {
    return none;
  }
}
