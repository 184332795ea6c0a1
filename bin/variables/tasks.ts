import { rate } from '../config/json-kinds.ts';
import { duration, durationWhere, flag, optional, trimmed, whole } from '../config/kinds.ts';
import { notYet, offSwitch, onSwitch, plainSwitch, textOf, variable } from './variable.ts';

/** How tasks are limited as a whole. */
const limits = {
  ECS_ENABLE_TASK_CPU_MEM_LIMIT: variable<boolean | null>({
    kind: optional(flag),
    otherwise: null,
    otherwiseIs: 'true where that works',
    only: 'linux',
    file: 'TaskCPUMemLimit',
    meaning: 'Limit tasks as a whole; if true the agent does not start where that does not work.',
  }),
  ECS_CGROUP_PATH: textOf('Where the control groups are mounted.', {
    otherwise: '/sys/fs/cgroup',
    only: 'linux',
    file: 'CgroupPath',
  }),
  ECS_CGROUP_CPU_PERIOD: variable({
    kind: durationWhere('a duration from 8ms to 100ms', (ms) => ms >= 8 && ms <= 100),
    otherwise: 100,
    only: 'linux',
    idleInFile: 'CgroupCPUPeriod',
    meaning: 'Period by which the CPU time of tasks is rationed.',
  }),
  ECS_TASK_PIDS_LIMIT: variable<number | null>({
    kind: optional(trimmed(whole({ least: 1, most: 4_194_304 }))),
    otherwise: null,
    otherwiseIs: 'no limit',
    only: 'linux',
    file: 'TaskPidsLimit',
    meaning: 'Most processes and threads of a task.',
  }),
  ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2: offSwitch(
    'Give a task’s memory limit to those of its containers that have none.',
    { only: 'linux', file: 'PropagateTaskMemoryLimitCgroupV2' },
  ),
} as const;

/** What tasks are given, and what of them is told. */
const told = {
  ECS_ENABLE_TASK_IAM_ROLE: offSwitch('Give tasks the credentials of their roles.', {
    file: 'TaskIAMRoleEnabled',
    in114: true,
  }),
  ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST: plainSwitch('The same for tasks in the host’s network.', {
    file: 'TaskIAMRoleEnabledForNetworkHost',
    in114: true,
  }),
  ECS_AUDIT_LOGFILE: textOf('File that tells who asked for credentials.', {
    otherwise: (platform, { ProgramData }) =>
      platform === 'windows'
        ? `${ProgramData?.trim() || 'C:\\ProgramData'}\\Amazon\\ECS\\log\\audit.log`
        : '/log/audit.log',
    file: 'CredentialsAuditLogFile',
  }),
  ECS_AUDIT_LOGFILE_DISABLED: plainSwitch('Write no such file.', {
    file: 'CredentialsAuditLogDisabled',
  }),
  ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE: offSwitch(
    'Let the driver awslogs use the task’s execution role.',
    { file: 'OverrideAWSLogsExecutionRole' },
  ),
  ECS_TASK_METADATA_PORT: variable({
    kind: whole({ most: 65_535 }),
    otherwise: 51_679,
    zeroCounts: true,
    own: true,
    meaning: 'Port of loopback where tasks get their credentials and metadata; 0 turns that off.',
  }),
  ECS_TASK_METADATA_RPS_LIMIT: variable({
    kind: rate,
    otherwise: { steady: 40, burst: 60 },
    file: ['TaskMetadataSteadyStateRate', 'TaskMetadataBurstRate'],
    meaning: 'Calls a second of a task to its metadata endpoint, for long and at one moment.',
  }),
  ECS_DISABLE_TASK_METADATA_AZ: plainSwitch('Do not tell tasks their availability zone.', {
    file: 'TaskMetadataAZDisabled',
  }),
  ECS_ENABLE_CONTAINER_METADATA: offSwitch('Give each container a file with its metadata.', {
    file: 'ContainerMetadataEnabled',
  }),
  ECS_DISABLE_METRICS: offSwitch('Publish no metrics.', {
    file: 'DisableMetrics',
    in114: true,
    was: 'true on Windows',
  }),
  ECS_POLL_METRICS: offSwitch('Ask for the statistics of containers instead of watching them.', {
    file: 'PollMetrics',
  }),
  ECS_POLLING_METRICS_WAIT_DURATION: variable({
    kind: duration,
    otherwise: 10_000,
    least: 5_000,
    most: 20_000,
    file: 'PollingMetricsWaitDuration',
    meaning: 'Time between two such questions.',
  }),
  ECS_DISABLE_DOCKER_HEALTH_CHECK: offSwitch('Do not tell ECS of the health of containers.', {
    file: 'DisableDockerHealthCheck',
  }),
  ECS_ENABLE_RUNTIME_STATS: offSwitch('Tell of the agent’s own memory and time.', {
    file: 'EnableRuntimeStats',
    ...notYet('such statistics'),
  }),
  ECS_ENABLE_FIRELENS_ASYNC: onSwitch('Let containers go on while FireLens cannot be reached.', {
    file: 'FirelensAsyncEnabled',
    ...notYet('FireLens'),
  }),
} as const;

/** How tasks live: with limits, with what they are given, and while their instance is there. */
export const taskVariables = {
  ...limits,
  ...told,
  ECS_ENABLE_SPOT_INSTANCE_DRAINING: offSwitch(
    'Drain the instance when EC2 is about to take it back.',
    { file: 'SpotInstanceDrainingEnabled' },
  ),
  ECS_WARM_POOLS_CHECK: offSwitch('Register only once the instance leaves its warm pool.', {
    file: 'WarmPoolsSupport',
  }),
} as const;
