import { createActor, type Snapshot } from 'xstate';
import { attributesOf, type Capabilities } from '../machines/agent/attributes.ts';
import { agentMachine } from '../machines/agent/machine.ts';
import type { AgentExit } from '../machines/agent/model.ts';
import type { PullBehavior } from '../machines/container/model.ts';
import { AgentError } from '../machines/names/errors.ts';
import type { Store } from '../persistence/store.ts';
import type { AcsPort } from '../transport/acs/port.ts';
import type { DockerPort } from '../transport/docker/port.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import type { HostPort } from '../transport/host/port.ts';
import { bindContainer } from './container.ts';
import { effect, type Pulse, type System, timer } from './effect.ts';
import { Journal, journalActor } from './journal.ts';
import { Plans } from './plans.ts';
import type { Log } from './recorder.ts';
import { bindReport } from './report.ts';
import { composeRoot, type Saved } from './restore.ts';
import { bindSession } from './session.ts';
import { supervise } from './supervisor.ts';
import { bindTask } from './task.ts';
import { bindWatch } from './watch.ts';

/** Everything outside the process, as the agent sees it. */
export interface AgentPorts extends Pulse {
  docker: DockerPort;
  ecs: EcsPort;
  acs: AcsPort;
  host: HostPort;
  store: Store;
  log: Log;
}

/** What the agent must know to run; each with its unit in its name. */
export interface AgentSettings {
  cluster: string;
  pullBehavior: PullBehavior;
  stopTimeoutMs: number;
  /** The EC2 instance identity document and its signature; null off EC2. */
  identity: { document: string; signature: string } | null;
  reservedMemoryMiB: number;
  reservedTcpPorts: number[];
  reservedUdpPorts: number[];
  capabilities: Pick<Capabilities, 'loggingDrivers' | 'privilegedDisabled' | 'external' | 'custom'>;
}

/** An agent that has been put together. */
export interface Agent {
  system: System;
  start(): void;
  /** Asks it to stop; tasks go on running. */
  stop(): void;
  /** How it ended. */
  ended: Promise<AgentExit>;
}

/** Puts an agent together from its ports and what an earlier run saved. Nothing runs before `start`. */
export function createAgent(ports: AgentPorts, settings: AgentSettings, saved: Saved): Agent {
  const { clock, log } = ports;
  const plans = new Plans();
  for (const plan of saved.plans) plans.add(plan);
  const journal = new Journal(ports.store, clock, (error) =>
    log.error(`State cannot be saved and is tried again: ${(error as Error).message}`),
  );
  const machine = bindAgent({ ...ports, plans, journal, settings }, saved);
  const { root: snapshot, lost } = composeRoot(saved, { ...settings, now: clock.now() });
  for (const record of lost) log.warn(`Record ${record} was lost and is made anew`);
  const root = createActor(machine, {
    id: 'agent',
    systemId: 'agent',
    snapshot: snapshot as unknown as Snapshot<unknown>,
    input: {
      identity: { cluster: settings.cluster, containerInstanceArn: null },
      pullBehavior: settings.pullBehavior,
    },
  });
  const ended = new Promise<AgentExit>((resolve) => {
    root.subscribe({
      complete: () => resolve(root.getSnapshot().output ?? { code: 1, reason: 'The agent ended' }),
      error: (error) => resolve({ code: 1, reason: `The agent failed: ${String(error)}` }),
    });
  }).finally(() => journal.detach());
  return {
    system: root.system,
    ended,
    start: () => {
      journal.follow(root);
      supervise(root, { clock, plans, log, settings });
      root.start();
      root.send({ type: 'agent.start', at: clock.now() });
    },
    stop: () => root.send({ type: 'agent.stop', at: clock.now() }),
  };
}

type Wiring = AgentPorts & { plans: Plans; journal: Journal; settings: AgentSettings };

/** The agent machine with every actor of the tree bound. */
function bindAgent(wiring: Wiring, saved: Saved) {
  const { clock, journal, random, docker, ecs, log } = wiring;
  const clientToken = random.uuid();
  let engine = { version: '', apiVersion: '', minApiVersion: '' };
  const pulled = new Set(saved.pulledImages);
  const pulledImages = {
    has: (image: string) => pulled.has(image),
    add: (image: string) => {
      pulled.add(image);
      journal.put(`image/${image}`, { pulledAt: clock.now() });
    },
  };
  return agentMachine.provide({
    actors: {
      boot: effect(wiring, async (_: undefined, { signal }) => {
        engine = await docker.version(signal);
        log.info('The Engine answers', engine);
        return {};
      }),
      register: effect(
        wiring,
        async ({ containerInstanceArn }: { containerInstanceArn: string | null }, { signal }) => {
          const registration = registrationOf(wiring, engine, containerInstanceArn);
          const arn = await ecs.register({ ...registration, clientToken }, signal);
          log.info('Registered', { containerInstanceArn: arn, cluster: wiring.settings.cluster });
          return { containerInstanceArn: containerInstanceArn ?? arn };
        },
      ),
      settle: effect(wiring, async () => {
        await journal.commit();
        return {};
      }),
      timer: timer(wiring),
      journal: journalActor(journal),
      session: bindSession({ ...wiring, dockerVersion: () => engine.version || null }),
      watch: bindWatch(wiring),
      task: bindTask(bindContainer({ ...wiring, pulledImages })),
      report: bindReport(wiring),
    },
  });
}

function registrationOf(
  { host, settings }: Wiring,
  engine: Capabilities['engine'],
  containerInstanceArn: string | null,
) {
  const { platform, cpuArchitecture, cpuUnits, memoryMiB } = host.facts();
  const { capabilities, reservedMemoryMiB } = settings;
  if (reservedMemoryMiB > memoryMiB)
    throw new AgentError(
      'HOST_MEMORY_RESERVED',
      `ECS_RESERVED_MEMORY reserves ${reservedMemoryMiB} MiB, but the host has ${memoryMiB} MiB: reserve less`,
    );
  const custom = containerInstanceArn === null ? capabilities.custom : {};
  return {
    cluster: settings.cluster,
    containerInstanceArn,
    identity: settings.identity,
    resources: {
      cpuUnits,
      memoryMiB: memoryMiB - reservedMemoryMiB,
      tcpPorts: settings.reservedTcpPorts,
      udpPorts: settings.reservedUdpPorts,
    },
    attributes: attributesOf({ ...capabilities, custom, platform, cpuArchitecture, engine }),
  };
}
