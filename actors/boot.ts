import { faultTrials } from '../machines/fault/sequence.ts';
import type { Signal } from '../machines/names/ending.ts';
import { AgentError } from '../machines/names/errors.ts';
import type { CgroupPort } from '../transport/cgroup/port.ts';
import type { EnginePort, EngineVersion } from '../transport/docker/port.ts';
import type { HostPort } from '../transport/host/port.ts';
import type { InstanceMetadataPort } from '../transport/instance/port.ts';
import type { NetworkPort } from '../transport/network/port.ts';
import { effect, type Pulse } from './effect.ts';
import { type InstanceFacts, instanceFacts, unidentified } from './instance.ts';
import type { Log } from './recorder.ts';

/** What the agent learns of its Engine when it boots. */
export interface Booting {
  engine: EngineVersion;
  /** Where the Engine keeps its images. */
  engineRoot: string;
  /** Which cgroups the Engine's host has. */
  cgroupVersion: 1 | 2;
  /** Whether tasks can be limited as a whole, and are to be. */
  taskLimits: boolean;
  /** Whether the Engine has the image of containers whose namespaces others share. */
  pauseImageLoaded: boolean;
  /** The volume plugins that the Engine has. */
  volumePlugins: string[];
  /** What the instance metadata service told; nothing before it was asked. */
  instance: InstanceFacts;
  /** Whether tasks may have faults injected into the network of this host. */
  faultInjection: boolean;
}

interface BootPorts extends Pulse {
  docker: EnginePort;
  cgroups: CgroupPort;
  host: HostPort;
  metadata: InstanceMetadataPort;
  log: Log;
  /** Absent where the host's network is left alone. */
  network?: NetworkPort;
  settings: {
    rules: { taskLimits: boolean };
    taskLimitsRequired: boolean;
    pauseImage: string;
    capabilities: { external: boolean };
  };
}

/** The effects of a start up to registering; `booting` is what they have learned, null before. */
export function bindBoot(ports: BootPorts) {
  const { log, metadata } = ports;
  let booting: Booting | null = null;
  let place: string | null = null;
  return {
    booting: () => booting,
    boot: effect(ports, async (_: { since: number }, { signal }) => {
      booting = await bootAgent(ports, signal);
      return { taskLimits: booting.taskLimits };
    }),
    lifecycle: effect(ports, async (_: undefined, { signal }) => {
      const lifecycle = await metadata.lifecycleState(signal);
      if (lifecycle !== place) log.info('The warm pool has this instance', { lifecycle });
      place = lifecycle;
      return { lifecycle };
    }),
    identify: effect(ports, async (_: undefined, { signal }) => {
      const instance = await instanceFacts(ports, signal);
      if (booting) booting = { ...booting, instance };
      return {};
    }),
  };
}

/** Asks the Engine who it is and whether tasks can have cgroups here; rejects as its ports do. */
export async function bootAgent(ports: BootPorts, signal: Signal): Promise<Booting> {
  const { docker, log, settings } = ports;
  const engine = await docker.version(signal);
  log.info('The Engine answers', { ...engine });
  const [info, pause, taskLimits, volumePlugins, faultInjection] = await Promise.all([
    docker.info(signal),
    hasImage(ports, settings.pauseImage, signal),
    limitsOf(ports, signal),
    pluginsOf(ports, signal),
    canInjectFaults(ports, signal),
    requireUserData(ports, signal),
  ]);
  return {
    engine,
    engineRoot: info.rootDirectory,
    cgroupVersion: info.cgroupVersion,
    taskLimits,
    pauseImageLoaded: pause,
    volumePlugins,
    faultInjection,
    instance: unidentified,
  };
}

/** Only attributes hang on them, too. */
async function pluginsOf({ docker, log }: BootPorts, signal: Signal): Promise<string[]> {
  try {
    return await docker.volumePlugins(signal);
  } catch (error) {
    log.warn(`Which volume plugins there are is not known: ${(error as Error).message}`);
    return [];
  }
}

/** Not on external instances, as ECS has it; elsewhere where all that faults are made with works. */
async function canInjectFaults({ network, settings }: BootPorts, signal: Signal) {
  if (!network || settings.capabilities.external) return false;
  for (const trial of faultTrials) if ((await network.run(trial, signal)).code !== 0) return false;
  return true;
}

/** Only an attribute hangs on it: an Engine that does not tell does not end the start. */
async function hasImage({ docker, log }: BootPorts, image: string, signal: Signal) {
  try {
    return (await docker.inspectImage(image, signal)) !== null;
  } catch (error) {
    log.warn(`Whether ${image} is there is not known: ${(error as Error).message}`);
    return false;
  }
}

/** Limits that nobody asked for may be missing; those that were asked for may not. */
async function limitsOf({ cgroups, log, settings }: BootPorts, signal: Signal) {
  if (!settings.rules.taskLimits) return false;
  const ready = await cgroups.ready(signal);
  if (ready === true) return true;
  if (settings.taskLimitsRequired)
    throw new AgentError(
      'CGROUPS_UNAVAILABLE',
      `Tasks cannot be limited as a whole: ${ready}. Mend that, or set ECS_ENABLE_TASK_CPU_MEM_LIMIT=false`,
    );
  log.warn(`Tasks are not limited as a whole: ${ready}`);
  return false;
}

/**
 * cloud-init that found no data although the instance has user data ran before its network stood:
 * what the user data should have configured is missing, the agent's own cluster perhaps among it.
 */
async function requireUserData({ host, metadata }: BootPorts, signal: Signal): Promise<void> {
  if ((await host.cloudInit()) !== 'DataSourceNone') return;
  // Where nobody tells, there is nothing that says that the instance has any.
  const userData = await metadata.userData(signal).catch(() => null);
  if (!userData) return;
  throw new AgentError(
    'CLOUD_INIT_WITHOUT_DATA',
    'cloud-init has not found the user data that this instance has, so that the instance is not ' +
      'configured: run cloud-init again (cloud-init clean --reboot), or replace the instance',
  );
}
