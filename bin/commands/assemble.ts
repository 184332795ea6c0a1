import { type Agent, type AgentSettings, createAgent } from '../../actors/agent.ts';
import type { Saved } from '../../actors/restore.ts';
import type { Store } from '../../persistence/store.ts';
import { acsClient } from '../../transport/acs/client.ts';
import { linuxCgroups } from '../../transport/cgroup/cgroups.ts';
import type { CgroupPort } from '../../transport/cgroup/port.ts';
import { dockerLimits } from '../../transport/docker/calls.ts';
import { connectDocker } from '../../transport/docker/client.ts';
import type { EnginePort } from '../../transport/docker/port.ts';
import { ecsClient } from '../../transport/ecs/client.ts';
import { realHost } from '../../transport/host/host.ts';
import type { Clock } from '../../transport/host/port.ts';
import { realRandom } from '../../transport/host/random.ts';
import { metadataFiles } from '../../transport/metadata/files.ts';
import { noMetadataFiles } from '../../transport/metadata/port.ts';
import { hostNetwork } from '../../transport/network/network.ts';
import { pauseImage, pauseReference } from '../../transport/pause/image.ts';
import { registry } from '../../transport/registry/registry.ts';
import { credentialsFrom } from '../../transport/wire/credentials.ts';
import type { Config } from '../config/config.ts';
import type { AgentLog } from '../service/log.ts';
import { agentHash, agentVersion, userAgent } from '../version.ts';

/** What an agent of this process is put together from. */
export interface Assembly {
  /** With the region known. */
  config: Config;
  clock: Clock;
  log: AgentLog;
  store: Store;
  saved: Saved;
  /** The EC2 instance identity document and its signature; null off EC2. */
  identity: AgentSettings['identity'];
}

/** The Engine that the configuration names, and the cgroups of tasks beside it. */
export function connectEngine({ config, clock, log }: Pick<Assembly, 'config' | 'clock' | 'log'>) {
  const host = realHost({ portRange: config.dynamicPorts });
  const { taskLimits, unboundedOnWindows } = config;
  let limited = false;
  const docker: EnginePort = connectDocker({
    dockerHost: config.dockerHost,
    clock,
    host,
    cluster: config.cluster,
    region: config.region,
    limits: config.limits,
    taskCgroupParent: (taskId) => (limited ? cgroups.parentOf(taskId) : null),
    ipv6Bindings: !config.ipv6BindingsExcluded,
    taskMemoryForContainers: taskLimits.memoryForContainers,
    cpuUnbounded: unboundedOnWindows.cpu,
    memoryUnbounded: unboundedOnWindows.memory,
    onBreaker: (state) =>
      state === 'open'
        ? log.error('The Docker Engine cannot be reached; it is asked again until it answers')
        : log.info('The Docker Engine answers again'),
  });
  const found = linuxCgroups({
    root: taskLimits.cgroupPath,
    cpuPeriodMs: taskLimits.cpuPeriodMs,
    engine: (signal) => docker.info(signal),
  });
  const cgroups: CgroupPort = {
    ...found,
    ready: async (signal) => {
      const ready = await found.ready(signal);
      limited = ready === true;
      return ready;
    },
  };
  return { docker, cgroups, host };
}

/** An agent on this process's own host, with what it needs of the outside world. */
export function assemble(assembly: Assembly, engine: ReturnType<typeof connectEngine>): Agent {
  const { config, clock, log, store, saved } = assembly;
  const { cluster, region } = config;
  const random = realRandom;
  const credentials = credentialsFrom(config.keys);
  const { platform, cpuArchitecture } = engine.host.facts();
  const pause = platform === 'linux' ? pauseImage(cpuArchitecture) : null;
  const { type: authType, data: authData } = config.engineAuth;
  const ports = {
    ...engine,
    clock,
    random,
    store,
    log,
    ecs: ecsClient({ endpoint: config.backendHost, region, credentials, userAgent, clock }),
    acs: acsClient({ region, credentials, agentVersion, agentHash, clock, random }),
    registry: registry({ authType, authData, region, credentials, clock, random }),
    metadataFiles: config.metadataFiles
      ? metadataFiles({
          cluster,
          platform,
          dataDirectory: config.dataDirectory,
          hostDataDirectory: config.hostDataDirectory,
          selinux: async () => (await engine.docker.info()).securityOptions.includes('selinux'),
          warn: (message) => log.warn(message),
        })
      : noMetadataFiles,
    ...(platform === 'linux' && { network: hostNetwork() }),
    ownImage: (image: string) =>
      pause && image === pauseReference
        ? (signal: AbortSignal) => engine.docker.importImage(pause, signal)
        : null,
  };
  return createAgent(ports, settingsOf(assembly), saved);
}

function settingsOf({ config, identity }: Assembly): AgentSettings {
  const { taskLimits, taskCleanup, pull } = config;
  return {
    cluster: config.cluster,
    identity,
    rules: {
      pullBehavior: config.pullBehavior,
      pullUpfront: pull.upfront,
      taskLimits: taskLimits.wanted ?? true,
      cleanupWaitMs: taskCleanup.waitMs,
      cleanupJitterMs: taskCleanup.jitterMs,
    },
    pauseImage: pauseReference,
    taskLimitsRequired: taskLimits.wanted === true,
    cleanup: config.cleanup,
    stopTimeoutMs: config.stopTimeoutMs,
    pullInactivityMs: pull.inactivityMs,
    taskPids: taskLimits.pids,
    matchSharedVolumes: config.matchSharedVolumes,
    reservedMemoryMiB: config.reservedMemoryMiB,
    reservedTcpPorts: config.reservedTcpPorts,
    reservedUdpPorts: config.reservedUdpPorts,
    capabilities: {
      loggingDrivers: config.loggingDrivers,
      privilegedDisabled: config.privilegedDisabled,
      healthChecksDisabled: config.healthDisabled,
      external: config.external,
      custom: config.instanceAttributes,
    },
  };
}

/** How long the waits of the charts may last, by the names that the charts give their limits. */
export const waitLimits = ({ limits, stopTimeoutMs }: Config): Record<string, number> => ({
  version: dockerLimits.version.ms,
  watch: dockerLimits.watch.ms,
  list: dockerLimits.list.ms,
  manifest: limits.manifestMs,
  pull: limits.pullMs,
  create: limits.createMs,
  start: limits.startMs,
  inspect: dockerLimits.inspect.ms,
  stop: stopTimeoutMs + dockerLimits.stop.ms,
  ping: dockerLimits.ping.ms,
  remove: dockerLimits.remove.ms,
  resource: dockerLimits.createVolume.ms,
});
