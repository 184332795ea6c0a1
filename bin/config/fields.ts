import { posix } from 'node:path';
import type { AwsKeys } from '../../transport/wire/credentials.ts';
import { diskIntervalMs, keptImages } from '../variables/images.ts';
import type { Platform } from '../variables/variables.ts';
import type { Config } from './config.ts';
import type { Reading, Settings } from './settings.ts';

/** The configuration that settings make. */
export function fieldsOf(
  { settings, origins }: Pick<Reading, 'settings' | 'origins'>,
  platform: Platform,
): Config {
  return {
    ...identityOf(settings),
    clusterIsDefault: origins.ECS_CLUSTER === 'default',
    ...instanceOf(settings),
    ...stateOf(settings, platform),
    ...capacityOf(settings),
    ...imagesOf(settings),
    ...tasksOf(settings, platform),
  };
}

const identityOf = (settings: Settings) => ({
  cluster: settings.ECS_CLUSTER,
  region: settings.AWS_DEFAULT_REGION,
  backendHost: settings.ECS_BACKEND_HOST || null,
  keys: keysOf(settings),
  alternateProfile: settings.ECS_ALTERNATE_CREDENTIAL_PROFILE,
  proxy: {
    http: settings.HTTP_PROXY,
    https: settings.HTTPS_PROXY,
    none: settings.NO_PROXY,
  },
  metadataDisabled: settings.AWS_EC2_METADATA_DISABLED,
  metadataEndpoint: settings.AWS_EC2_METADATA_SERVICE_ENDPOINT.replace(/\/+$/, ''),
  identityDocumentDisabled: settings.NoIID || settings.ECS_EXTERNAL,
  external: settings.ECS_EXTERNAL,
});

const instanceOf = (settings: Settings) => ({
  instanceAttributes: settings.ECS_INSTANCE_ATTRIBUTES,
  instanceTags: settings.ECS_CONTAINER_INSTANCE_TAGS,
  tagsFromEc2: settings.ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM === 'ec2_instance',
  ipCompatibility: settings.ECS_INSTANCE_IP_COMPATIBILITY,
  detailedOsFamily: settings.ECS_DETAILED_OS_FAMILY,
  selinux: settings.ECS_SELINUX_CAPABLE,
  apparmor: settings.ECS_APPARMOR_CAPABLE,
  volumePluginCapabilities: settings.ECS_VOLUME_PLUGIN_CAPABILITIES,
  spotDraining: settings.ECS_ENABLE_SPOT_INSTANCE_DRAINING,
  warmPools: settings.ECS_WARM_POOLS_CHECK,
});

const stateOf = (settings: Settings, platform: Platform) => ({
  updates: { enabled: settings.ECS_UPDATES_ENABLED, directory: settings.ECS_UPDATE_DOWNLOAD_DIR },
  dockerHost: settings.DOCKER_HOST,
  dataDirectory: settings.ECS_DATADIR,
  hostDataDirectory: hostDirectoryOf(settings, platform),
  checkpoint: settings.ECS_CHECKPOINT,
  log: {
    level: settings.ECS_LOGLEVEL,
    onInstanceLevel: settings.ECS_LOGLEVEL_ON_INSTANCE,
    file: settings.ECS_LOGFILE || null,
    driver: settings.ECS_LOG_DRIVER,
    rollover: settings.ECS_LOG_ROLLOVER_TYPE,
    format: settings.ECS_LOG_OUTPUT_FORMAT,
    maxFileSizeMb: settings.ECS_LOG_MAX_FILE_SIZE_MB,
    maxRollCount: settings.ECS_LOG_MAX_ROLL_COUNT,
  },
  introspection: {
    address: settings.ECS_INTROSPECTION_BIND_ADDRESS,
    port: settings.ECS_INTROSPECTION_PORT,
  },
  prometheus: settings.ECS_ENABLE_PROMETHEUS_METRICS
    ? {
        address: settings.ECS_PROMETHEUS_METRICS_BIND_ADDRESS,
        port: settings.ECS_PROMETHEUS_METRICS_PORT,
      }
    : null,
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

const imagesOf = (settings: Settings) => ({
  pullBehavior: settings.ECS_IMAGE_PULL_BEHAVIOR,
  pull: {
    upfront: settings.ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT,
    inactivityMs: settings.ECS_IMAGE_PULL_INACTIVITY_TIMEOUT,
  },
  engineAuth: { type: settings.ECS_ENGINE_AUTH_TYPE ?? '', data: settings.ECS_ENGINE_AUTH_DATA },
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
    disk: {
      highPercent: settings.ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT,
      lowPercent: settings.ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT,
      intervalMs: diskIntervalMs,
    },
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
  taskRoles: {
    enabled: settings.ECS_ENABLE_TASK_IAM_ROLE,
    hostNetwork: settings.ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST,
    awslogs: settings.ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE,
  },
  matchSharedVolumes: settings.ECS_SHARED_VOLUME_MATCH_FULL_CONFIG,
  metadataFiles: settings.ECS_ENABLE_CONTAINER_METADATA,
  healthDisabled: settings.ECS_DISABLE_DOCKER_HEALTH_CHECK,
  metricsDisabled: settings.ECS_DISABLE_METRICS,
  polling: {
    enabled: settings.ECS_POLL_METRICS,
    everyMs: settings.ECS_POLLING_METRICS_WAIT_DURATION,
  },
  taskServer: {
    port: settings.ECS_TASK_METADATA_PORT,
    rates: settings.ECS_TASK_METADATA_RPS_LIMIT,
    zoneHidden: settings.ECS_DISABLE_TASK_METADATA_AZ,
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
