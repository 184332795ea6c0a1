import {
  type Agent,
  type AgentPorts,
  type AgentSettings,
  createAgent,
} from '../../actors/agent.ts';
import type { IntrospectPorts } from '../../actors/introspection.ts';
import type { Log } from '../../actors/recorder.ts';
import type { Saved } from '../../actors/restore.ts';
import { flightBounds } from '../../machines/flight/bounds.ts';
import type { Signal } from '../../machines/names/ending.ts';
import { MemoryFlightLog } from '../../persistence/flight/memory.ts';
import type { FlightLog, Store } from '../../persistence/store.ts';
import { acsClient } from '../../transport/acs/client.ts';
import { linuxCgroups } from '../../transport/cgroup/cgroups.ts';
import type { CgroupPort } from '../../transport/cgroup/port.ts';
import { dockerLimits } from '../../transport/docker/calls.ts';
import { connectDocker } from '../../transport/docker/client.ts';
import type { EnginePort } from '../../transport/docker/port.ts';
import { ec2Client, ec2Endpoint } from '../../transport/ec2/client.ts';
import { realHost } from '../../transport/host/host.ts';
import type { Clock } from '../../transport/host/port.ts';
import { realRandom } from '../../transport/host/random.ts';
import { noMetadata } from '../../transport/instance/none.ts';
import type { InstanceMetadataPort } from '../../transport/instance/port.ts';
import { metadataFiles } from '../../transport/metadata/files.ts';
import { type MetadataFilePort, noMetadataFiles } from '../../transport/metadata/port.ts';
import { hostNetwork } from '../../transport/network/network.ts';
import { pauseImage, pauseReference } from '../../transport/pause/image.ts';
import { registry } from '../../transport/registry/registry.ts';
import { tcsClient } from '../../transport/tcs/client.ts';
import { downloadMs, updateFiles } from '../../transport/update/download.ts';
import type { Config } from '../config/config.ts';
import { type PortMeter, unmetered } from '../metrics/ports.ts';
import type { Environment } from '../variables/variables.ts';
import { agentHash, agentText, agentVersion } from '../version.ts';
import { callsOf } from './calls.ts';

/** What an agent of this process is put together from. */
export interface Assembly {
  /** With the region known. */
  config: Config;
  clock: Clock;
  log: Log;
  store: Store;
  saved: Saved;
  /** Where what happens is recorded; by default in memory only. */
  flightLog?: FlightLog;
  /** What the EC2 instance tells of itself; nothing off EC2. */
  metadata: InstanceMetadataPort;
  /** Which EC2 instance this is; null off EC2. */
  ec2InstanceId: string | null;
  /** Where the proxies and authorities of the agent's calls are named; by default there are none. */
  environment?: Environment;
  /** Whether ECS and ACS need not prove who they are (`-k`); by default they must. */
  insecure?: boolean;
  /** Counts what is asked of Docker and of ECS; by default nothing does. */
  meter?: PortMeter;
}

/** The Engine that the configuration names, and the cgroups of tasks beside it. */
export function connectEngine({
  config,
  clock,
  log,
  meter = unmetered,
}: Pick<Assembly, 'config' | 'clock' | 'log' | 'meter'>) {
  const { dynamicPorts: portRange, ipCompatibility } = config;
  const host = realHost({ portRange, ipCompatibility });
  const { ipv6Only } = host.facts();
  const { taskLimits, unboundedOnWindows } = config;
  let limited = false;
  let isKnown = false;
  const docker: EnginePort = connectDocker({
    dockerHost: config.dockerHost,
    clock,
    host,
    cluster: config.cluster,
    region: config.region,
    limits: config.limits,
    taskCgroupParent: (taskId) => (limited ? cgroups.parentOf(taskId) : null),
    ipv4Bindings: !ipv6Only,
    ipv6Bindings: ipv6Only || !config.ipv6BindingsExcluded,
    taskMemoryForContainers: taskLimits.memoryForContainers,
    cpuUnbounded: unboundedOnWindows.cpu,
    memoryUnbounded: unboundedOnWindows.memory,
    onBreaker: (state) => {
      // Of one that has never answered the start tells.
      if (!isKnown) return;
      if (state === 'closed') log.info('The Docker Engine answers again');
      else log.error('The Docker Engine cannot be reached; it is asked again until it answers');
    },
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
  const version: EnginePort['version'] = async (signal) => {
    const answer = await docker.version(signal);
    isKnown = true;
    return answer;
  };
  return { docker: meter.docker({ ...docker, version }), cgroups, host };
}

/** What stands between an agent and the outside world. */
export interface Between {
  /** The way of its own calls to AWS. */
  way?: ReturnType<typeof callsOf>;
  /** Puts something around its ports. */
  around?(ports: AgentPorts): AgentPorts;
}

/** An agent on this process's own host, with what it needs of the outside world. */
export function assemble(
  assembly: Assembly,
  engine: ReturnType<typeof connectEngine>,
  { way = callsOf(assembly, engine.host), around = (ports) => ports }: Between = {},
): Agent {
  const { config, clock, log, store, saved, metadata, meter = unmetered } = assembly;
  const flightLog = assembly.flightLog ?? new MemoryFlightLog();
  const { platform, cpuArchitecture } = engine.host.facts();
  const pause = platform === 'linux' ? pauseImage(cpuArchitecture) : null;
  const { ecs, calls, verified, common, userAgent, ipv6Only } = way;
  const { type: authType, data: authData } = config.engineAuth;
  const ports = {
    ...engine,
    ...{ clock, random: realRandom, store, log, metadata, ecs: meter.ecs(ecs), flightLog },
    ec2: ec2Client({
      ...{ endpoint: ec2Endpoint(config.region, { ipv6Only }), userAgent, ...common },
      dispatcherFor: verified.dispatcherFor,
    }),
    acs: acsClient({ agentVersion, agentHash, ...common, wire: calls }),
    tcs: tcsClient({ agentVersion, agentHash, ...common, wire: calls }),
    registry: registry({ authType, authData, ...common, wire: verified }),
    metadataFiles: metadataFilesFor(assembly, engine),
    ...(platform === 'linux' && { network: hostNetwork() }),
    updates: updateFiles({
      ...{ directory: config.updates.directory, ipv6Only, userAgent },
      ...{ clock, random: realRandom, wire: verified },
    }),
    ownImage: (image: string) =>
      pause && image === pauseReference
        ? (signal: Signal) => engine.docker.importImage(pause, signal)
        : null,
  };
  return createAgent(around(ports), settingsOf(assembly), saved);
}

function metadataFilesFor(
  { config, log }: Assembly,
  { docker, host }: ReturnType<typeof connectEngine>,
): MetadataFilePort {
  const { cluster, dataDirectory, hostDataDirectory } = config;
  if (!config.metadataFiles) return noMetadataFiles;
  return metadataFiles({
    ...{ cluster, platform: host.facts().platform, dataDirectory, hostDataDirectory },
    selinux: async () => (await docker.info()).securityOptions.includes('selinux'),
    warn: (message) => log.warn(message),
  });
}

/** What of the configuration tasks go by. */
export const rulesOf = ({ pullBehavior, pull, taskLimits, taskCleanup }: Config) => ({
  pullBehavior,
  pullUpfront: pull.upfront,
  taskLimits: taskLimits.wanted ?? true,
  cleanupWaitMs: taskCleanup.waitMs,
  cleanupJitterMs: taskCleanup.jitterMs,
});

/** What of the configuration the agent itself goes by. */
export function settingsOf({
  config,
  metadata,
  ec2InstanceId,
  environment,
}: Pick<Assembly, 'config' | 'metadata' | 'ec2InstanceId' | 'environment'>): AgentSettings {
  const { taskLimits, pull } = config;
  return {
    cluster: config.cluster,
    makesCluster: config.clusterIsDefault,
    checkpoint: config.checkpoint,
    ec2InstanceId,
    updatesEnabled: config.updates.enabled,
    rules: rulesOf(config),
    pauseImage: pauseReference,
    taskLimitsRequired: taskLimits.wanted === true,
    cleanup: config.cleanup,
    stopTimeoutMs: config.stopTimeoutMs,
    pullInactivityMs: pull.inactivityMs,
    taskPids: taskLimits.pids,
    matchSharedVolumes: config.matchSharedVolumes,
    watching: {
      warmPool: config.warmPools && metadata !== noMetadata,
      spot: config.spotDraining && metadata !== noMetadata,
    },
    sampling: samplingOf(config),
    // For the bench alone, which tells what the record costs.
    flight: environment?.ECS_BENCH_WITHOUT_FLIGHT === 'true' ? null : flightBounds,
    reservedMemoryMiB: config.reservedMemoryMiB,
    reservedTcpPorts: config.reservedTcpPorts,
    reservedUdpPorts: config.reservedUdpPorts,
    tags: config.instanceTags,
    tagsFromEc2: config.tagsFromEc2,
    capabilities: {
      loggingDrivers: config.loggingDrivers,
      privilegedDisabled: config.privilegedDisabled,
      healthChecksDisabled: config.healthDisabled,
      selinux: config.selinux,
      apparmor: config.apparmor,
      external: config.external,
      ...rolesOffered(config),
      detailedOsFamily: config.detailedOsFamily,
      custom: config.instanceAttributes,
    },
  };
}

/** What tasks are given where the agent serves them. */
const rolesOffered = ({ taskRoles, taskServer: { port } }: Config) => ({
  taskRoles: port !== 0 && taskRoles.enabled,
  taskRolesOnHost: port !== 0 && taskRoles.hostNetwork,
  logsByExecutionRole: port !== 0 && taskRoles.awslogs,
});

const samplingOf = ({ metricsDisabled, polling }: Config): AgentSettings['sampling'] => {
  if (metricsDisabled) return { by: 'nothing' };
  return polling.enabled ? { by: 'poll', everyMs: polling.everyMs } : { by: 'stream' };
};

/** A running agent as introspection looks at it. */
export const looksAt = (
  agent: Agent,
  { config, clock }: Pick<Assembly, 'config' | 'clock'>,
): Agent & IntrospectPorts => ({ ...agent, version: agentText, limits: waitLimits(config), clock });

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
  download: downloadMs,
});
