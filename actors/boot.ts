import { faultTrials } from '../machines/fault/sequence.ts';
import { AgentError } from '../machines/names/errors.ts';
import type { CgroupPort } from '../transport/cgroup/port.ts';
import type { EnginePort, EngineVersion } from '../transport/docker/port.ts';
import type { NetworkPort } from '../transport/network/port.ts';
import type { Log } from './recorder.ts';

/** What the agent learns of its Engine when it boots. */
export interface Booting {
  engine: EngineVersion;
  /** Where the Engine keeps its images. */
  engineRoot: string;
  /** Whether tasks can be limited as a whole, and are to be. */
  taskLimits: boolean;
  /** Whether the Engine has the image of containers whose namespaces others share. */
  pauseImageLoaded: boolean;
  /** Whether tasks may have faults injected into the network of this host. */
  faultInjection: boolean;
}

interface BootPorts {
  docker: EnginePort;
  cgroups: CgroupPort;
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

/** Asks the Engine who it is and whether tasks can have cgroups here; rejects as its ports do. */
export async function bootAgent(ports: BootPorts, signal: AbortSignal): Promise<Booting> {
  const { docker, log, settings } = ports;
  const engine = await docker.version(signal);
  log.info('The Engine answers', { ...engine });
  const [info, pause, taskLimits, faultInjection] = await Promise.all([
    docker.info(signal),
    hasImage(ports, settings.pauseImage, signal),
    limitsOf(ports, signal),
    canInjectFaults(ports, signal),
  ]);
  const { rootDirectory: engineRoot } = info;
  return { engine, engineRoot, taskLimits, pauseImageLoaded: pause, faultInjection };
}

/** Not on external instances, as ECS has it; elsewhere where all that faults are made with works. */
async function canInjectFaults({ network, settings }: BootPorts, signal: AbortSignal) {
  if (!network || settings.capabilities.external) return false;
  for (const trial of faultTrials) if ((await network.run(trial, signal)).code !== 0) return false;
  return true;
}

/** Only an attribute hangs on it: an Engine that does not tell does not end the start. */
async function hasImage({ docker, log }: BootPorts, image: string, signal: AbortSignal) {
  try {
    return (await docker.inspectImage(image, signal)) !== null;
  } catch (error) {
    log.warn(`Whether ${image} is there is not known: ${(error as Error).message}`);
    return false;
  }
}

/** Limits that nobody asked for may be missing; those that were asked for may not. */
async function limitsOf({ cgroups, log, settings }: BootPorts, signal: AbortSignal) {
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
