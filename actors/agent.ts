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
import { agentMachine } from '../machines/agent/machine.ts';
import type { AgentExit, EnabledWatches } from '../machines/agent/model.ts';
import type { CleanupRules } from '../machines/image/model.ts';
import { taskActorId } from '../machines/names/arn.ts';
import type { Sampling } from '../machines/stats/collect.ts';
import type { SampledHost } from '../machines/stats/sample.ts';
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
import type { RegistryPort } from '../transport/registry/port.ts';
import type { UpdatePort } from '../transport/update/port.ts';
import { type Booting, bindBoot } from './boot.ts';
import { bindContainer } from './container.ts';
import { effect, type Pulse, type System, timer } from './effect.ts';
import { FlightRecorder, type RecordedPorts, type RecordedSettings } from './flight.ts';
import { bindImages, ImageLedger } from './images.ts';
import { tellDelay } from './instance.ts';
import { Journal, journalActor } from './journal.ts';
import { Plans } from './plans.ts';
import { Pulls } from './pulls.ts';
import type { Log } from './recorder.ts';
import { bindRegister, type RegisterSettings } from './register.ts';
import { bindReport } from './report.ts';
import { bindResource } from './resource.ts';
import { composeRoot, type Saved } from './restore.ts';
import { Seen } from './seen.ts';
import { bindSession } from './session.ts';
import { bindSpot } from './spot.ts';
import { Sampler } from './stats.ts';
import { supervise } from './supervisor.ts';
import { bindTask } from './task.ts';
import { bindUpdate } from './update.ts';
import { Vault } from './vault.ts';
import { bindWatch } from './watch.ts';

/** Everything outside the process, as the agent sees it. */
export interface AgentPorts extends Pulse, RecordedPorts {
  docker: EnginePort;
  ecs: EcsPort;
  ec2: Ec2Port;
  acs: AcsPort;
  registry: RegistryPort;
  cgroups: CgroupPort;
  metadataFiles: MetadataFilePort;
  host: HostPort;
  metadata: InstanceMetadataPort;
  store: Store;
  updates: UpdatePort;
  log: Log;
  /** Makes an image of the agent's own; null for any other. */
  ownImage(image: string): ((signal: AbortSignal) => Promise<void>) | null;
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
  const plans = new Plans();
  const vault = new Vault();
  const seen = new Seen();
  for (const plan of saved.plans) plans.add(plan);
  const journal = new Journal(ports.store, clock, (error) =>
    log.error(`State cannot be saved and is tried again: ${(error as Error).message}`),
  );
  const beginning = beginningOf(ports, settings);
  const memory = { plans, vault, seen };
  const engine: Learned = { booting: () => null };
  const machine = bindAgent({ ...ports, ...memory, journal, settings, engine }, saved);
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
  const host = () => sampledHost(ports.host, engine);
  const sampler = new Sampler({ ...ports, ...memory, sampling: settings.sampling, host });
  return {
    ...{ system: root.system, names: ports.docker.names, ...memory, sampler, flight },
    ended,
    start: () => {
      for (const each of [flight, journal, sampler]) each.follow(root);
      forgetEnded(root, memory);
      root.on('start.delayed', (delay) => tellDelay(log, delay));
      supervise(root, { clock, plans, log, rules: settings.rules });
      root.start();
      root.send({ type: 'agent.start', at: clock.now() });
    },
    stop: () => root.send({ type: 'agent.stop', at: clock.now() }),
    clear: () => cleared(root, plans, clock),
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
function beginningOf({ host, clock }: AgentPorts, settings: AgentSettings): AgentInput {
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
  };
}

/** What the agent keeps in memory of its tasks besides their actors. */
interface Memory {
  plans: Plans;
  vault: Vault;
  seen: Seen;
}

type Wiring = AgentPorts &
  Memory & {
    journal: Journal;
    settings: AgentSettings;
    engine: Learned;
  };

/** What is known of the Engine once the agent has booted. */
interface Learned {
  booting(): Booting | null;
}

const unitsPerCpu = 1_024;

function sampledHost(host: HostPort, { booting }: Learned): SampledHost {
  const { platform, cpuUnits } = host.facts();
  return { platform, cpus: cpuUnits / unitsPerCpu, cgroupVersion: booting()?.cgroupVersion ?? 1 };
}

/** The agent machine with every actor of the tree bound. */
function bindAgent(wiring: Wiring, saved: Saved) {
  const { clock, journal, docker, settings, engine } = wiring;
  const ledger = new ImageLedger(journal, clock, saved.images);
  const pullSettings = { ...settings, pullBehavior: settings.rules.pullBehavior };
  const pulls = new Pulls({
    ...wiring,
    images: docker,
    settings: pullSettings,
    pulledImages: ledger,
  });
  const { booting, ...starting } = bindBoot(wiring);
  engine.booting = booting;
  const registering = bindRegister({ ...wiring, booting });
  const parts = { ...wiring, ledger, pulls, volumes: docker };
  return agentMachine.provide({
    actors: {
      ...starting,
      ...registering,
      settle: effect(wiring, async () => {
        await journal.commit();
        return {};
      }),
      timer: timer(wiring),
      journal: journalActor(journal),
      images: bindImages({
        ...parts,
        pullsUnderWay: () => pulls.underWay(),
        engineRoot: () => booting()?.engineRoot ?? '',
      }),
      session: bindSession({ ...parts, dockerVersion: () => booting()?.engine.version || null }),
      watch: bindWatch(parts),
      spot: bindSpot(wiring),
      update: bindUpdate(wiring),
      task: bindTask(parts, bindContainer(parts), bindResource(parts)),
      report: bindReport(wiring),
    },
  });
}
