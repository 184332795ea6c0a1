import type { Settings } from '../../../bin/config/settings.ts';

/** A key of the JSON file, what may stand there, and what becomes of it. */
export type KeyRow = [key: string, json: unknown, name: keyof Settings, value?: unknown];

const hourNs = 3_600_000_000_000;
const hourMs = 3_600_000;

const texts: KeyRow[] = (
  [
    ['Cluster', 'ECS_CLUSTER'],
    ['ClusterArn', 'ECS_CLUSTER'],
    ['AWSRegion', 'AWS_DEFAULT_REGION'],
    ['DataDir', 'ECS_DATADIR'],
    ['DataDirOnHost', 'ECS_HOST_DATA_DIR'],
    ['UpdateDownloadDir', 'ECS_UPDATE_DOWNLOAD_DIR'],
    ['CredentialsAuditLogFile', 'ECS_AUDIT_LOGFILE'],
    ['CNIPluginsPath', 'ECS_CNI_PLUGINS_PATH'],
    ['CgroupPath', 'ECS_CGROUP_PATH'],
    ['NvidiaRuntime', 'ECS_NVIDIA_RUNTIME'],
    ['PauseContainerTarballPath', 'PauseContainerTarballPath'],
    ['PauseContainerImageName', 'PauseContainerImageName'],
    ['PauseContainerTag', 'PauseContainerTag'],
    ['OverrideAWSVPCLocalIPv4Address', 'OverrideAWSVPCLocalIPv4Address'],
    ['RuntimeStatsLogFile', 'RuntimeStatsLogFile'],
    ['CSIDriverSocketPath', 'CSIDriverSocketPath'],
  ] as const
).map(([key, name]) => [key, ' text ', name, 'text']);

const flags: KeyRow[] = (
  [
    ['Checkpoint', 'ECS_CHECKPOINT'],
    ['UpdatesEnabled', 'ECS_UPDATES_ENABLED'],
    ['DisableMetrics', 'ECS_DISABLE_METRICS'],
    ['PollMetrics', 'ECS_POLL_METRICS'],
    ['DisableDockerHealthCheck', 'ECS_DISABLE_DOCKER_HEALTH_CHECK'],
    ['DependentContainersPullUpfront', 'ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT'],
    ['PrivilegedDisabled', 'ECS_DISABLE_PRIVILEGED'],
    ['SELinuxCapable', 'ECS_SELINUX_CAPABLE'],
    ['AppArmorCapable', 'ECS_APPARMOR_CAPABLE'],
    ['TaskIAMRoleEnabled', 'ECS_ENABLE_TASK_IAM_ROLE'],
    ['DeleteNonECSImagesEnabled', 'ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP'],
    ['TaskCPUMemLimit', 'ECS_ENABLE_TASK_CPU_MEM_LIMIT'],
    ['CredentialsAuditLogDisabled', 'ECS_AUDIT_LOGFILE_DISABLED'],
    ['TaskIAMRoleEnabledForNetworkHost', 'ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST'],
    ['TaskENIEnabled', 'ECS_ENABLE_TASK_ENI'],
    ['ImageCleanupDisabled', 'ECS_DISABLE_IMAGE_CLEANUP'],
    ['AWSVPCBlockInstanceMetdata', 'ECS_AWSVPC_BLOCK_IMDS'],
    ['ContainerMetadataEnabled', 'ECS_ENABLE_CONTAINER_METADATA'],
    ['OverrideAWSLogsExecutionRole', 'ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE'],
    ['SharedVolumeMatchFullConfig', 'ECS_SHARED_VOLUME_MATCH_FULL_CONFIG'],
    ['GPUSupportEnabled', 'ECS_ENABLE_GPU_SUPPORT'],
    ['EBSTASupportEnabled', 'ECS_EBSTA_SUPPORTED'],
    ['InferentiaSupportEnabled', 'ECS_ENABLE_INF_SUPPORT'],
    ['TaskMetadataAZDisabled', 'ECS_DISABLE_TASK_METADATA_AZ'],
    ['SpotInstanceDrainingEnabled', 'ECS_ENABLE_SPOT_INSTANCE_DRAINING'],
    ['External', 'ECS_EXTERNAL'],
    ['EnableRuntimeStats', 'ECS_ENABLE_RUNTIME_STATS'],
    ['ShouldExcludeIPv6PortBinding', 'ECS_EXCLUDE_IPV6_PORTBINDING'],
    ['WarmPoolsSupport', 'ECS_WARM_POOLS_CHECK'],
    ['FirelensAsyncEnabled', 'ECS_ENABLE_FIRELENS_ASYNC'],
    ['PropagateTaskMemoryLimitCgroupV2', 'ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2'],
    ['NoIID', 'NoIID'],
    ['IMDSIAMRolesEnabled', 'IMDSIAMRolesEnabled'],
  ] as const
).map(([key, name]) => [key, true, name, true]);

const durations: KeyRow[] = (
  [
    ['ManifestPullTimeout', 'ECS_MANIFEST_PULL_TIMEOUT'],
    ['DockerStopTimeout', 'ECS_CONTAINER_STOP_TIMEOUT'],
    ['ContainerStartTimeout', 'ECS_CONTAINER_START_TIMEOUT'],
    ['ContainerCreateTimeout', 'ECS_CONTAINER_CREATE_TIMEOUT'],
    ['ImagePullInactivityTimeout', 'ECS_IMAGE_PULL_INACTIVITY_TIMEOUT'],
    ['ImagePullTimeout', 'ECS_IMAGE_PULL_TIMEOUT'],
    ['TaskCleanupWaitDuration', 'ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION'],
    ['TaskCleanupWaitDurationJitter', 'ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER'],
    ['MinimumImageDeletionAge', 'ECS_IMAGE_MINIMUM_CLEANUP_AGE'],
    ['NonECSMinimumImageDeletionAge', 'NON_ECS_IMAGE_MINIMUM_CLEANUP_AGE'],
    ['ImageCleanupInterval', 'ECS_IMAGE_CLEANUP_INTERVAL'],
    ['NodeStageTimeout', 'NodeStageTimeout'],
    ['NodeUnstageTimeout', 'NodeUnstageTimeout'],
  ] as const
).map(([key, name]) => [key, hourNs, name, hourMs]);

/** Every key that has an effect. */
export const keyRows: KeyRow[] = [
  ...texts,
  ...flags,
  ...durations,
  ['APIEndpoint', 'ecs.example.com', 'ECS_BACKEND_HOST', 'https://ecs.example.com'],
  ['DockerEndpoint', 'tcp://d:2375', 'DOCKER_HOST', 'tcp://d:2375'],
  ['ReservedPorts', [22, 80], 'ECS_RESERVED_PORTS', [22, 80]],
  ['ReservedPortsUDP', [53], 'ECS_RESERVED_PORTS_UDP', [53]],
  ['EngineAuthType', 'docker', 'ECS_ENGINE_AUTH_TYPE', 'docker'],
  ['EngineAuthData', { r: { auth: 'a' } }, 'ECS_ENGINE_AUTH_DATA', '{"r":{"auth":"a"}}'],
  ['PollingMetricsWaitDuration', 15e9, 'ECS_POLLING_METRICS_WAIT_DURATION', 15_000],
  ['ReservedMemory', 32, 'ECS_RESERVED_MEMORY', 32],
  ['AvailableLoggingDrivers', ['awslogs'], 'ECS_AVAILABLE_LOGGING_DRIVERS', ['awslogs']],
  ['NumImagesToDeletePerCycle', 7, 'ECS_NUM_IMAGES_DELETE_PER_CYCLE', 7],
  ['NumNonECSContainersToDeletePerCycle', -1, 'NONECS_NUM_CONTAINERS_DELETE_PER_CYCLE', -1],
  ['ImagePullBehavior', 3, 'ECS_IMAGE_PULL_BEHAVIOR', 'prefer-cached'],
  ['InstanceAttributes', { a: 'b' }, 'ECS_INSTANCE_ATTRIBUTES', { a: 'b' }],
  [
    'AWSVPCAdditionalLocalRoutes',
    ['10.0.0.0/8'],
    'ECS_AWSVPC_ADDITIONAL_LOCAL_ROUTES',
    ['10.0.0.0/8'],
  ],
  [
    'ContainerInstancePropagateTagsFrom',
    1,
    'ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM',
    'ec2_instance',
  ],
  ['ContainerInstanceTags', { a: 'b' }, 'ECS_CONTAINER_INSTANCE_TAGS', { a: 'b' }],
  ['ImageCleanupExclusionList', ['a:1', 'b:2'], 'ECS_EXCLUDE_UNTRACKED_IMAGE', ['a:1', 'b:2']],
  ['VolumePluginCapabilities', ['efsAuth'], 'ECS_VOLUME_PLUGIN_CAPABILITIES', ['efsAuth']],
  ['TaskPidsLimit', 100, 'ECS_TASK_PIDS_LIMIT', 100],
  ['ENIPauseContainerCleanupDelaySeconds', 5, 'ENIPauseContainerCleanupDelaySeconds', 5],
];

/** Keys without effect, and what to set in their place. */
export const idleKeys: [key: string, instead: string][] = [
  ['CgroupCPUPeriod', 'ECS_CGROUP_CPU_PERIOD'],
  ['DynamicHostPortRange', 'ECS_DYNAMIC_HOST_PORT_RANGE'],
  ['GMSACapable', 'ECS_GMSA_SUPPORTED'],
  ['GMSADomainlessCapable', 'CREDENTIALS_FETCHER_SECRET_NAME_FOR_DOMAINLESS_GMSA'],
  ['PrometheusMetricsEnabled', 'ECS_ENABLE_PROMETHEUS_METRICS'],
  ['ENITrunkingEnabled', 'ECS_ENABLE_HIGH_DENSITY_ENI'],
  ['PlatformVariables', 'ECS_ENABLE_CPU_UNBOUNDED_WINDOWS_WORKAROUND'],
];
