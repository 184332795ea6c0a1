import {
  type Actor,
  type AnyActorRef,
  type AnyMachineSnapshot,
  createActor,
  type Snapshot,
} from 'xstate';
import { newAdmission } from '../machines/admission/decide.ts';
import { firstSeqNum } from '../machines/agent/decide.ts';
import type { AgentInput } from '../machines/agent/events.ts';
import type { AgentExit, EnabledWatches } from '../machines/agent/model.ts';
import type { CleanupRules } from '../machines/image/model.ts';
import { taskActorId } from '../machines/names/arn.ts';
import type { Signal } from '../machines/names/ending.ts';
import type { Sampling } from '../machines/stats/collect.ts';
import type { Measurements } from '../machines/stats/model.ts';
import type { TaskRules } from '../machines/task/decide.ts';
import type { TaskContext } from '../machines/task/model.ts';
import type { Store } from '../persistence/store.ts';
import type { AcsPort } from '../transport/acs/port.ts';
import type { CgroupPort } from '../transport/cgroup/port.ts';
import type { EngineNames, EnginePort } from '../transport/docker/port.ts';
import type { Ec2Port } from '../transport/ec2/port.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import type { Clock, HostPort } from '../transport/host/port.ts';
import type { InstanceMetadataPort } from '../transport/instance/port.ts';
import type { MetadataFilePort } from '../transport/metadata/port.ts';
import type { NetworkPort } from '../transport/network/port.ts';
import type { RegistryPort } from '../transport/registry/port.ts';
import type { TcsPort } from '../transport/tcs/port.ts';
import type { UpdatePort } from '../transport/update/port.ts';
import type { Pulse, System } from './effect.ts';
import { FlightRecorder, type RecordedPorts, type RecordedSettings } from './flight.ts';
import { tellDelay } from './instance.ts';
import { Journal } from './journal.ts';
import { type Learned, placeOf, sampledHost } from './learned.ts';
import { Plans } from './plans.ts';
import type { Log } from './recorder.ts';
import type { RegisterSettings } from './register.ts';
import { composeRoot, type Saved } from './restore.ts';
import { Seen } from './seen.ts';
import type { Place } from './served.ts';
import { Sampler } from './stats.ts';
import { supervise } from './supervisor.ts';
import { bindAgent, type Memory } from './tree.ts';
import { Vault } from './vault.ts';

/** Everything outside the process, as the agent sees it. */
export interface AgentPorts extends Pulse, RecordedPorts {
  docker: EnginePort;
  ecs: EcsPort;
  ec2: Ec2Port;
  acs: AcsPort;
  /** Null where ECS is told neither what tasks use nor how the instance is. */
  tcs: TcsPort | null;
  /** Told to ECS in place of what the agent itself measures. */
  measurements?: Measurements;
  registry: RegistryPort;
  cgroups: CgroupPort;
  metadataFiles: MetadataFilePort;
  host: HostPort;
  metadata: InstanceMetadataPort;
  store: Store;
  updates: UpdatePort;
  log: Log;
  /** Absent where the host's network is left alone. */
  network?: NetworkPort;
  /** Makes an image of the agent's own; null for any other. */
  ownImage(image: string): ((signal: Signal) => Promise<void>) | null;
}

/** What the agent must know to run; each with its unit in its name. */
export interface AgentSettings extends RegisterSettings, RecordedSettings {
  cluster: string;
  /** Whether no cluster was configured, so that the default one is made where it is missing. */
  makesCluster: boolean;
  /** Whether what the agent saves outlives it. */
  checkpoint: boolean;
  rules: TaskRules;
  /** Whether ECS may replace this agent by a new version. */
  updatesEnabled: boolean;
  /** The image of containers whose namespaces others share. */
  pauseImage: string;
  /** Whether an agent that cannot limit tasks as a whole must not run. */
  taskLimitsRequired: boolean;
  cleanup: CleanupRules;
  stopTimeoutMs: number;
  pullInactivityMs: number;
  /** Most processes and threads of a task; null for no limit. */
  taskPids: number | null;
  /** Whether a shared volume must have the labels and options that a task names. */
  matchSharedVolumes: boolean;
  watching: EnabledWatches;
  /** How the resources that containers use are measured, if they are. */
  sampling: Sampling;
}

/** An agent that has been put together. */
export interface Agent extends Memory {
  system: System;
  /** What its containers use. */
  sampler: Sampler;
  names: EngineNames;
  /** Where it runs. */
  place(): Place;
  /** Tells how many wait for what has changed to be on disk. */
  journal: Pick<Journal, 'waiting'>;
  flight: FlightRecorder;
  start(): void;
  /** Asks it to stop; tasks go on running. */
  stop(): void;
  /** Removes the remains of all tasks, which must have stopped; resolves when they are gone. */
  clear(): Promise<void>;
  /** How it ended. */
  ended: Promise<AgentExit>;
}

/** Puts an agent together from its ports and what an earlier run saved. Nothing runs before `start`. */
export function createAgent(ports: AgentPorts, settings: AgentSettings, saved: Saved): Agent {
  const { clock, log } = ports;
  const journal = new Journal(ports.store, clock, (error) =>
    log.error(`State cannot be saved and is tried again: ${(error as Error).message}`),
  );
  const beginning = beginningOf(ports, settings);
  const memory = memoryOf(saved);
  const learned: Learned = { booting: () => null, availabilityZone: () => '' };
  const host = () => sampledHost(ports.host, learned);
  const sampler = new Sampler({ ...ports, ...memory, sampling: settings.sampling, host });
  const measurements = ports.measurements ?? sampler;
  const machine = bindAgent(
    { ...ports, ...memory, measurements, journal, settings, learned },
    saved,
  );
  const { root: snapshot, lost } = composeRoot(saved, { ...beginning, now: clock.now() });
  for (const record of lost) log.warn(`Record ${record} was lost and is made anew`);
  const root = createActor(machine, {
    id: 'agent',
    systemId: 'agent',
    snapshot: snapshot as unknown as Snapshot<unknown>,
    input: beginning,
  });
  const flight = new FlightRecorder(ports, settings.flight);
  const ended = endOf(root)
    .finally(() => {
      journal.detach();
      sampler.close();
    })
    .then((exit) => flight.close(exit));
  return {
    system: root.system,
    ...memory,
    ...{ sampler, ended, journal, flight, names: ports.docker.names },
    place: () => placeOf(learned),
    start: () => {
      for (const each of [flight, journal, sampler]) each.follow(root);
      forgetEnded(root, memory);
      root.on('start.delayed', (delay) => tellDelay(log, delay));
      supervise(root, { clock, plans: memory.plans, log, rules: settings.rules });
      root.start();
      root.send({ type: 'agent.start', at: clock.now() });
    },
    stop: () => root.send({ type: 'agent.stop', at: clock.now() }),
    clear: () => cleared(root, memory.plans, clock),
  };
}

const endOf = (root: Actor<ReturnType<typeof bindAgent>>): Promise<AgentExit> =>
  new Promise((resolve) => {
    root.subscribe({
      complete: () => resolve(root.getSnapshot().output ?? { code: 1, reason: 'The agent ended' }),
      error: (error) => resolve({ code: 1, reason: `The agent failed: ${String(error)}` }),
    });
  });

/**
 * With a task's end go the keys of its own role; with its remains its plan, the keys of the role in
 * which the agent acted for it, and what was seen of its containers.
 */
function forgetEnded({ system }: AnyActorRef, { plans, vault, seen }: Memory): void {
  system.inspect((event) => {
    if (event.type !== '@xstate.snapshot') return;
    if (!(event.actorRef as AnyActorRef).id.startsWith('task/')) return;
    const { status, value, context } = event.snapshot as AnyMachineSnapshot;
    const hasStopped = typeof value === 'object' && 'stopped' in value;
    if (status !== 'done' && !hasStopped) return;
    const { arn } = context as TaskContext;
    const task = plans.task(arn);
    if (task.roleCredentialsId !== null) vault.drop(task.roleCredentialsId);
    if (status !== 'done') return;
    vault.forget(arn);
    seen.forget(task);
    plans.remove(arn);
  });
}

/** What an earlier run saved of its tasks, and nothing else yet. */
function memoryOf(saved: Saved): Memory {
  const plans = new Plans();
  for (const plan of saved.plans) plans.add(plan);
  return { plans, vault: new Vault(), seen: new Seen() };
}

/** Tells each task to go, and waits for the last. */
function cleared(root: AnyActorRef, plans: Plans, clock: Clock): Promise<void> {
  const actors = [...plans.all()].map(({ arn }) => root.system.get(taskActorId(arn)));
  const left = new Set(actors.filter((actor): actor is AnyActorRef => actor !== undefined));
  return new Promise((resolve) => {
    const leave = (actor: AnyActorRef) => {
      left.delete(actor);
      if (left.size === 0) resolve();
    };
    if (left.size === 0) resolve();
    for (const actor of left) {
      actor.subscribe({ complete: () => leave(actor), error: () => leave(actor) });
      actor.send({ type: 'task.hurry', at: clock.now() });
    }
  });
}

/** How an agent begins of which nothing was saved. */
function beginningOf({ host, clock, tcs }: AgentPorts, settings: AgentSettings): AgentInput {
  const { cpuUnits, memoryMiB } = host.facts();
  return {
    identity: {
      cluster: settings.cluster,
      containerInstanceArn: null,
      ec2InstanceId: settings.ec2InstanceId,
      manifestSeqNum: firstSeqNum(settings.checkpoint),
    },
    makesCluster: settings.makesCluster,
    rules: settings.rules,
    updatesEnabled: settings.updatesEnabled,
    admission: newAdmission(
      {
        capacity: { cpuUnits, memoryMiB: memoryMiB - settings.reservedMemoryMiB },
        reserved: { tcpPorts: settings.reservedTcpPorts, udpPorts: settings.reservedUdpPorts },
      },
      clock.now(),
    ),
    cleanup: settings.cleanup,
    watching: settings.watching,
    telemetry: tcs !== null,
  };
}
