import { type AnyActorRef, type AnyMachineSnapshot, createActor, type Snapshot } from 'xstate';
import { newAdmission } from '../machines/admission/decide.ts';
import type { AgentInput } from '../machines/agent/events.ts';
import { agentMachine } from '../machines/agent/machine.ts';
import type { AgentExit } from '../machines/agent/model.ts';
import type { CleanupRules } from '../machines/image/model.ts';
import { taskActorId } from '../machines/names/arn.ts';
import type { TaskRules } from '../machines/task/decide.ts';
import type { TaskContext } from '../machines/task/model.ts';
import type { Store } from '../persistence/store.ts';
import type { AcsPort } from '../transport/acs/port.ts';
import type { CgroupPort } from '../transport/cgroup/port.ts';
import type { EngineNames, EnginePort } from '../transport/docker/port.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import type { Clock, HostPort } from '../transport/host/port.ts';
import type { MetadataFilePort } from '../transport/metadata/port.ts';
import type { NetworkPort } from '../transport/network/port.ts';
import type { RegistryPort } from '../transport/registry/port.ts';
import { type Booting, bootAgent } from './boot.ts';
import { bindContainer } from './container.ts';
import { effect, type Pulse, type System, timer } from './effect.ts';
import { bindImages, ImageLedger } from './images.ts';
import { Journal, journalActor } from './journal.ts';
import { Plans } from './plans.ts';
import { Pulls } from './pulls.ts';
import type { Log } from './recorder.ts';
import { type RegisterSettings, registrationOf } from './register.ts';
import { bindReport } from './report.ts';
import { bindResource } from './resource.ts';
import { composeRoot, type Saved } from './restore.ts';
import { Seen } from './seen.ts';
import { bindSession } from './session.ts';
import { supervise } from './supervisor.ts';
import { bindTask } from './task.ts';
import { Vault } from './vault.ts';
import { bindWatch } from './watch.ts';

/** Everything outside the process, as the agent sees it. */
export interface AgentPorts extends Pulse {
  docker: EnginePort;
  ecs: EcsPort;
  acs: AcsPort;
  registry: RegistryPort;
  cgroups: CgroupPort;
  metadataFiles: MetadataFilePort;
  host: HostPort;
  store: Store;
  log: Log;
  /** Absent where the host's network is left alone. */
  network?: NetworkPort;
  /** Makes an image of the agent's own; null for any other. */
  ownImage(image: string): ((signal: AbortSignal) => Promise<void>) | null;
}

/** What the agent must know to run; each with its unit in its name. */
export interface AgentSettings extends RegisterSettings {
  cluster: string;
  rules: TaskRules;
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
}

/** An agent that has been put together. */
export interface Agent extends Memory {
  system: System;
  names: EngineNames;
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
  const machine = bindAgent({ ...ports, plans, vault, seen, journal, settings }, saved);
  const { root: snapshot, lost } = composeRoot(saved, { ...beginning, now: clock.now() });
  for (const record of lost) log.warn(`Record ${record} was lost and is made anew`);
  const root = createActor(machine, {
    id: 'agent',
    systemId: 'agent',
    snapshot: snapshot as unknown as Snapshot<unknown>,
    input: beginning,
  });
  const ended = new Promise<AgentExit>((resolve) => {
    root.subscribe({
      complete: () => resolve(root.getSnapshot().output ?? { code: 1, reason: 'The agent ended' }),
      error: (error) => resolve({ code: 1, reason: `The agent failed: ${String(error)}` }),
    });
  }).finally(() => journal.detach());
  return {
    system: root.system,
    plans,
    vault,
    seen,
    names: ports.docker.names,
    ended,
    start: () => {
      journal.follow(root);
      forgetEnded(root, { plans, vault, seen });
      supervise(root, { clock, plans, log, rules: settings.rules });
      root.start();
      root.send({ type: 'agent.start', at: clock.now() });
    },
    stop: () => root.send({ type: 'agent.stop', at: clock.now() }),
    clear: () => cleared(root, plans, clock),
  };
}

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
    if (task.roleCredentialsId !== null) vault.forget(task.roleCredentialsId);
    if (status !== 'done') return;
    if (task.executionCredentialsId !== null) vault.forget(task.executionCredentialsId);
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
    identity: { cluster: settings.cluster, containerInstanceArn: null },
    rules: settings.rules,
    admission: newAdmission(
      {
        capacity: { cpuUnits, memoryMiB: memoryMiB - settings.reservedMemoryMiB },
        reserved: { tcpPorts: settings.reservedTcpPorts, udpPorts: settings.reservedUdpPorts },
      },
      clock.now(),
    ),
    cleanup: settings.cleanup,
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
  };

/** The agent machine with every actor of the tree bound. */
function bindAgent(wiring: Wiring, saved: Saved) {
  const { clock, journal, random, docker, ecs, log, settings } = wiring;
  const clientToken = random.uuid();
  const ledger = new ImageLedger(journal, clock, saved.images);
  const pullSettings = { ...settings, pullBehavior: settings.rules.pullBehavior };
  const pulls = new Pulls({
    ...wiring,
    images: docker,
    settings: pullSettings,
    pulledImages: ledger,
  });
  let booting: Booting | null = null;
  const parts = { ...wiring, ledger, pulls, volumes: docker };
  return agentMachine.provide({
    actors: {
      boot: effect(wiring, async (_: undefined, { signal }) => {
        booting = await bootAgent(wiring, signal);
        return { taskLimits: booting.taskLimits };
      }),
      register: effect(
        wiring,
        async (known: { containerInstanceArn: string | null }, { signal }) => {
          const registration = registrationOf(wiring, booting, known.containerInstanceArn);
          const arn = await ecs.register({ ...registration, clientToken }, signal);
          const containerInstanceArn = known.containerInstanceArn ?? arn;
          log.info('Registered', { containerInstanceArn, cluster: settings.cluster });
          return { containerInstanceArn };
        },
      ),
      settle: effect(wiring, async () => {
        await journal.commit();
        return {};
      }),
      timer: timer(wiring),
      journal: journalActor(journal),
      images: bindImages({
        ...parts,
        pullsUnderWay: () => pulls.underWay(),
        engineRoot: () => booting?.engineRoot ?? '',
      }),
      session: bindSession({ ...parts, dockerVersion: () => booting?.engine.version || null }),
      watch: bindWatch(parts),
      task: bindTask(parts, bindContainer(parts), bindResource(parts)),
      report: bindReport(wiring),
    },
  });
}
