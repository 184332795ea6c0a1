import type { PullBehavior } from '../../machines/container/model.ts';
import type { CleanupRules } from '../../machines/image/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { PortRange } from '../../transport/host/ports.ts';
import type { AwsKeys } from '../../transport/wire/credentials.ts';
import { diskPercents } from '../variables/images.ts';
import type { Environment, Platform } from '../variables/variables.ts';
import { fieldsOf } from './fields.ts';
import { type Reading, readSettings, type Settings } from './settings.ts';
import type { Sources } from './sources.ts';

/** A configuration the agent cannot start with. Its message is one line and names the remedies. */
export class ConfigError extends AgentError {
  constructor(message: string) {
    super('CONFIG_INVALID', message);
  }
}

/** What all sources say, once it is understood; numbers carry their unit in their name. */
export interface Config {
  cluster: string;
  /** Whether no cluster was configured, so that `default` may be made. */
  clusterIsDefault: boolean;
  /** '' where the instance metadata must tell it. */
  region: string;
  backendHost: string | null;
  keys: AwsKeys | null;
  /** Profile in the file of rotating credentials. */
  alternateProfile: string;
  /** Proxies for own calls; '' for none. */
  proxy: { http: string; https: string; none: string };
  metadataDisabled: boolean;
  /** Where the EC2 instance metadata service listens. */
  metadataEndpoint: string;
  /** Whether the instance registers without its identity document. */
  identityDocumentDisabled: boolean;
  external: boolean;
  instanceAttributes: Record<string, string>;
  instanceTags: Record<string, string>;
  /** Whether the tags of the EC2 instance are taken over at registration. */
  tagsFromEc2: boolean;
  /** The family of addresses of the instance; null to find out. */
  ipCompatibility: 'ipv4' | 'ipv6' | null;
  detailedOsFamily: string;
  selinux: boolean;
  apparmor: boolean;
  volumePluginCapabilities: string[];
  /** Whether the instance is drained when EC2 is about to take it back. */
  spotDraining: boolean;
  /** Whether the instance registers only once it leaves its warm pool. */
  warmPools: boolean;
  /** Where updates of the agent are put, if it takes any; '' for the working directory. */
  updates: { enabled: boolean; directory: string };
  /** Whether tasks are given the credentials of roles: each, in the host's network, for `awslogs`. */
  taskRoles: { enabled: boolean; hostNetwork: boolean; awslogs: boolean };
  dockerHost: string;
  dataDirectory: string;
  /** The data directory as the Engine's host names it: another path for an agent in a container. */
  hostDataDirectory: string;
  checkpoint: boolean;
  log: LogRules;
  /** Where the introspection endpoint listens; port 0 turns it off. */
  introspection: { address: string; port: number };
  /** Where the metrics of the agent itself are served; null where they are not. */
  prometheus: { address: string; port: number } | null;
  metricsDisabled: boolean;
  /** Whether the Engine is asked for statistics of containers instead of telling them, how often. */
  polling: { enabled: boolean; everyMs: number };
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
  taskServer: { port: number; rates: { steady: number; burst: number }; zoneHidden: boolean };
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

/** What the agent logs, where to, and how. */
export interface LogRules {
  level: Settings['ECS_LOGLEVEL'];
  /** The level of the file. */
  onInstanceLevel: Settings['ECS_LOGLEVEL'];
  file: string | null;
  /** Log driver of the agent's own container; '' where it is not known. */
  driver: string;
  rollover: 'size' | 'hourly' | 'none';
  format: 'logfmt' | 'json';
  maxFileSizeMb: number;
  maxRollCount: number;
}

/** The configuration, and what it is made of. */
export interface ReadConfig extends Omit<Reading, 'errors'> {
  config: Config;
}

/**
 * Reads the agent's configuration from the environment and from what else there is. Throws
 * {@link ConfigError}, once for all of them, where wrong values must not be passed over.
 */
export function readConfig(
  environment: Environment,
  platform: Platform,
  sources: Sources = {},
): ReadConfig {
  const { errors, ...read } = readSettings(environment, platform, sources);
  read.warnings.push(...settle(read.settings, platform));
  const config = fieldsOf(read, platform);
  errors.push(...regionErrors(config, sources));
  if (errors.length > 0) throw new ConfigError(errors.join('; '));
  return { config, ...read };
}

/** Makes settings fit each other; answers what there is to say. */
function settle(settings: Settings, platform: Platform): string[] {
  const high = settings.ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT;
  const low = settings.ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT;
  const more = [
    ...(platform === 'windows' && settings.ECS_ENABLE_TASK_IAM_ROLE ? [80] : []),
    ...(settings.ECS_ENABLE_PROMETHEUS_METRICS ? [settings.ECS_PROMETHEUS_METRICS_PORT] : []),
  ];
  settings.ECS_RESERVED_PORTS = [...new Set([...settings.ECS_RESERVED_PORTS, ...more])];
  if (low < high) return [];
  settings.ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT = diskPercents.high;
  settings.ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT = diskPercents.low;
  return [
    'ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT must be below ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT, but ' +
      `${low} is not below ${high}: the defaults are used`,
  ];
}

function regionErrors({ external, region }: Config, sources: Sources): string[] {
  if (region !== '') return [];
  if (external) return ['ECS_EXTERNAL is true, so AWS_DEFAULT_REGION must name the region'];
  return sources.region === null
    ? ['The AWS region is not known: set AWS_DEFAULT_REGION, as no EC2 metadata service answers']
    : [];
}
