import { posix } from 'node:path';
import type { PullBehavior } from '../../machines/container/model.ts';
import type { CleanupRules } from '../../machines/image/model.ts';
import type { PortRange } from '../../transport/host/ports.ts';
import type { AwsKeys } from '../../transport/wire/credentials.ts';
import { diskIntervalMs, diskPercents, keptImages } from './images.ts';
import { ConfigError, readSettings, type Settings } from './settings.ts';
import { type Environment, knownLogDrivers, type Platform } from './variables.ts';

export { ConfigError };

/** What the environment says, once it is understood; numbers carry their unit in their name. */
export interface Config {
  cluster: string;
  /** '' where the instance metadata must tell it. */
  region: string;
  backendHost: string | null;
  keys: AwsKeys | null;
  metadataDisabled: boolean;
  external: boolean;
  instanceAttributes: Record<string, string>;
  dockerHost: string;
  dataDirectory: string;
  /** The data directory as the Engine's host names it: another path for an agent in a container. */
  hostDataDirectory: string;
  checkpoint: boolean;
  logLevel: Settings['ECS_LOGLEVEL'];
  logFile: string | null;
  /** Where the introspection endpoint listens; port 0 turns it off. */
  introspection: { address: string; port: number };
  metricsDisabled: boolean;
  reservedTcpPorts: number[];
  reservedUdpPorts: number[];
  reservedMemoryMiB: number;
  /** Host ports for mappings that name none; null for the system's own range. */
  dynamicPorts: PortRange | null;
  /** Whether ECS is told of no ports that are bound to `::`. */
  ipv6BindingsExcluded: boolean;
  loggingDrivers: string[];
  privilegedDisabled: boolean;
  /** How long a container may take to end after SIGTERM. */
  stopTimeoutMs: number;
  /** How long the Engine may take for a pull, a digest, a create, a start. */
  limits: { pullMs: number; manifestMs: number; createMs: number; startMs: number };
  pullBehavior: PullBehavior;
  /** Whether images are pulled before dependencies are met, and how long a pull may stand still. */
  pull: { upfront: boolean; inactivityMs: number };
  /** The registry logins of the instance as they are written; `data` is secret. */
  engineAuth: { type: string; data: string };
  cleanup: CleanupRules;
  /** How long the remains of a stopped task are kept, and the most that chance adds. */
  taskCleanup: { waitMs: number; jitterMs: number };
  taskLimits: TaskLimits;
  /** Whether a shared volume must have the driver options and labels that a task names. */
  matchSharedVolumes: boolean;
  /** Whether each container gets a file with its metadata. */
  metadataFiles: boolean;
  /** Whether ECS is not told of the health of containers. */
  healthDisabled: boolean;
  /** Where tasks get their credentials and metadata; port 0 turns it off. */
  taskServer: { port: number; rates: { steady: number; burst: number } };
  /** The log of requests for credentials. */
  audit: { file: string; disabled: boolean };
  /** What `ecs-agent host up` leaves open. */
  hostNetwork: { localhostFilterSkipped: boolean; introspectionOffHost: boolean };
  /** What Windows containers may take beyond their limits. */
  unboundedOnWindows: { cpu: boolean; memory: boolean };
}

/** How tasks are limited as a whole. */
export interface TaskLimits {
  /** Null: where it works. True: the agent does not start where it does not work. */
  wanted: boolean | null;
  cgroupPath: string;
  cpuPeriodMs: number;
  /** Most processes and threads of a task; null for no limit. */
  pids: number | null;
  /** Whether containers without a memory limit get their task's, on cgroup v2. */
  memoryForContainers: boolean;
}

/**
 * Reads the agent's configuration from environment variables. Throws {@link ConfigError} where a
 * wrong value must not be passed over.
 */
export function readConfig(
  environment: Environment,
  platform: Platform,
): { config: Config; warnings: string[] } {
  const { settings, warnings } = readSettings(environment, platform);
  const config: Config = {
    ...instanceOf(settings, platform),
    checkpoint: settings.ECS_CHECKPOINT ?? Boolean(environment.ECS_DATADIR?.trim()),
    ...capacityOf(settings),
    ...imagesOf(settings, warnings),
    ...tasksOf(settings, platform),
  };
  check(config);
  return { config, warnings };
}

const instanceOf = (settings: Settings, platform: Platform) => ({
  cluster: settings.ECS_CLUSTER,
  region: settings.AWS_DEFAULT_REGION,
  backendHost: addressOf(settings.ECS_BACKEND_HOST),
  keys: keysOf(settings),
  metadataDisabled: settings.AWS_EC2_METADATA_DISABLED,
  external: settings.ECS_EXTERNAL,
  instanceAttributes: settings.ECS_INSTANCE_ATTRIBUTES,
  dockerHost: settings.DOCKER_HOST,
  dataDirectory: settings.ECS_DATADIR,
  hostDataDirectory: hostDirectoryOf(settings, platform),
  logLevel: settings.ECS_LOGLEVEL,
  logFile: settings.ECS_LOGFILE || null,
  introspection: {
    address: settings.ECS_INTROSPECTION_BIND_ADDRESS,
    port: settings.ECS_INTROSPECTION_PORT,
  },
  metricsDisabled: settings.ECS_DISABLE_METRICS,
});

const capacityOf = (settings: Settings) => ({
  reservedTcpPorts: settings.ECS_RESERVED_PORTS,
  reservedUdpPorts: settings.ECS_RESERVED_PORTS_UDP,
  reservedMemoryMiB: settings.ECS_RESERVED_MEMORY,
  dynamicPorts: settings.ECS_DYNAMIC_HOST_PORT_RANGE,
  ipv6BindingsExcluded: settings.ECS_EXCLUDE_IPV6_PORTBINDING,
  loggingDrivers: settings.ECS_AVAILABLE_LOGGING_DRIVERS,
  privilegedDisabled: settings.ECS_DISABLE_PRIVILEGED,
});

const imagesOf = (settings: Settings, warnings: string[]) => ({
  pullBehavior: settings.ECS_IMAGE_PULL_BEHAVIOR,
  pull: {
    upfront: settings.ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT,
    inactivityMs: settings.ECS_IMAGE_PULL_INACTIVITY_TIMEOUT,
  },
  engineAuth: { type: settings.ECS_ENGINE_AUTH_TYPE, data: settings.ECS_ENGINE_AUTH_DATA },
  cleanup: {
    // Images that are to be taken from the cache must stay in it.
    images:
      !settings.ECS_DISABLE_IMAGE_CLEANUP && settings.ECS_IMAGE_PULL_BEHAVIOR !== 'prefer-cached',
    intervalMs: settings.ECS_IMAGE_CLEANUP_INTERVAL,
    minimumAgeMs: settings.ECS_IMAGE_MINIMUM_CLEANUP_AGE,
    imagesPerCycle: settings.ECS_NUM_IMAGES_DELETE_PER_CYCLE,
    excluded: [...settings.ECS_EXCLUDE_UNTRACKED_IMAGE, ...keptImages],
    untracked: settings.ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP,
    untrackedMinimumAgeMs: settings.NON_ECS_IMAGE_MINIMUM_CLEANUP_AGE,
    untrackedContainersPerCycle: Math.max(0, settings.NONECS_NUM_CONTAINERS_DELETE_PER_CYCLE),
    containerAgeMs: settings.ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION,
    disk: diskOf(settings, warnings),
  },
});

const tasksOf = (settings: Settings, platform: Platform) => ({
  stopTimeoutMs: settings.ECS_CONTAINER_STOP_TIMEOUT,
  limits: {
    pullMs: settings.ECS_IMAGE_PULL_TIMEOUT,
    manifestMs: settings.ECS_MANIFEST_PULL_TIMEOUT,
    createMs: settings.ECS_CONTAINER_CREATE_TIMEOUT,
    startMs: settings.ECS_CONTAINER_START_TIMEOUT,
  },
  taskCleanup: {
    waitMs: settings.ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION,
    jitterMs: settings.ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER,
  },
  taskLimits: {
    // Windows has no control groups.
    wanted: platform === 'windows' ? false : settings.ECS_ENABLE_TASK_CPU_MEM_LIMIT,
    cgroupPath: settings.ECS_CGROUP_PATH,
    cpuPeriodMs: settings.ECS_CGROUP_CPU_PERIOD,
    pids: settings.ECS_TASK_PIDS_LIMIT,
    memoryForContainers: settings.ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2,
  },
  matchSharedVolumes: settings.ECS_SHARED_VOLUME_MATCH_FULL_CONFIG,
  metadataFiles: settings.ECS_ENABLE_CONTAINER_METADATA,
  healthDisabled: settings.ECS_DISABLE_DOCKER_HEALTH_CHECK,
  taskServer: {
    port: settings.ECS_TASK_METADATA_PORT,
    rates: settings.ECS_TASK_METADATA_RPS_LIMIT,
  },
  audit: { file: settings.ECS_AUDIT_LOGFILE, disabled: settings.ECS_AUDIT_LOGFILE_DISABLED },
  hostNetwork: {
    localhostFilterSkipped: settings.ECS_SKIP_LOCALHOST_TRAFFIC_FILTER,
    introspectionOffHost: settings.ECS_ALLOW_OFFHOST_INTROSPECTION_ACCESS,
  },
  unboundedOnWindows: {
    cpu: settings.ECS_ENABLE_CPU_UNBOUNDED_WINDOWS_WORKAROUND,
    memory: settings.ECS_ENABLE_MEMORY_UNBOUNDED_WINDOWS_WORKAROUND,
  },
});

function addressOf(host: string): string | null {
  if (host === '') return null;
  return /^\w+:\/\//.test(host) ? host : `https://${host}`;
}

function keysOf(settings: Settings): AwsKeys | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  const sessionToken = settings.AWS_SESSION_TOKEN;
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/**
 * The Amazon ECS agent runs in a container: its `/data` is a folder below `ECS_HOST_DATA_DIR`, which
 * is `/var/lib/ecs` unless it is set. A data directory elsewhere, or one that is below that folder by
 * its own name, is the host's.
 */
function hostDirectoryOf(settings: Settings, platform: Platform): string {
  const { ECS_DATADIR: own, ECS_HOST_DATA_DIR: given } = settings;
  if (platform === 'windows') return given || own;
  if (given === '' && !/^\/data\/?$/.test(own)) return own;
  const outer = (given || '/var/lib/ecs').replace(/\/+$/, '');
  return own === outer || own.startsWith(`${outer}/`) ? own : posix.join(outer, own);
}

function diskOf(settings: Settings, warnings: string[]): CleanupRules['disk'] {
  const high = settings.ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT;
  const low = settings.ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT;
  if (low < high) return { highPercent: high, lowPercent: low, intervalMs: diskIntervalMs };
  warnings.push(
    'ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT must be below ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT, but ' +
      `${low} is not below ${high}: the defaults are used`,
  );
  return {
    highPercent: diskPercents.high,
    lowPercent: diskPercents.low,
    intervalMs: diskIntervalMs,
  };
}

function check({ external, region, loggingDrivers, dockerHost, backendHost }: Config): void {
  if (external && region === '')
    throw new ConfigError('ECS_EXTERNAL is true, so AWS_DEFAULT_REGION must name the region');
  const unknown = loggingDrivers.find((driver) => !knownLogDrivers.includes(driver));
  if (unknown !== undefined)
    throw new ConfigError(
      `ECS_AVAILABLE_LOGGING_DRIVERS names ${JSON.stringify(unknown)}, which is no log driver: use ${knownLogDrivers.join(', ')}`,
    );
  if (!/^(unix|npipe|tcp|http):\/\/.+/.test(dockerHost) || !URL.canParse(dockerHost))
    throw new ConfigError(
      `DOCKER_HOST must be an address such as unix:///var/run/docker.sock or tcp://10.0.0.1:2375, not ${JSON.stringify(dockerHost)}`,
    );
  if (backendHost !== null && !(/^https?:/.test(backendHost) && URL.canParse(backendHost)))
    throw new ConfigError(
      `ECS_BACKEND_HOST must be an address such as https://ecs.example.com, not ${JSON.stringify(backendHost)}`,
    );
}
