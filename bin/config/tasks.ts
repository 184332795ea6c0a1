import type { PortRange } from '../../transport/host/ports.ts';
import * as parse from './parse.ts';
import { offSwitch, variable } from './variable.ts';

/** How tasks run: the patience with their containers, their ports, volumes, limits and remains. */
export const taskVariables = {
  ECS_CONTAINER_STOP_TIMEOUT: variable({
    parse: parse.duration,
    otherwise: 30_000,
    least: 1_000,
    onWrong: 'warn',
    meaning: 'Time between SIGTERM and SIGKILL for containers without one of their own.',
  }),
  ECS_CONTAINER_START_TIMEOUT: variable({
    parse: parse.duration,
    otherwise: (platform) => (platform === 'windows' ? 480_000 : 180_000),
    least: (platform) => (platform === 'windows' ? 120_000 : 45_000),
    onWrong: 'warn',
    meaning: 'How long the Engine may take to start a container.',
  }),
  ECS_CONTAINER_CREATE_TIMEOUT: variable({
    parse: parse.duration,
    otherwise: 240_000,
    least: 60_000,
    onWrong: 'warn',
    meaning: 'How long the Engine may take to create a container.',
  }),
  ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: variable({
    parse: parse.durationWhere((ms) => ms >= 1_000, 'a duration of at least 1s'),
    otherwise: 10_800_000,
    onWrong: 'warn',
    meaning: 'How long the containers of a stopped task are kept.',
  }),
  ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER: variable({
    parse: parse.durationWhere((ms) => ms > 0, 'a duration above zero'),
    otherwise: 0,
    onWrong: 'warn',
    meaning: 'Most that chance adds to it.',
  }),
  ECS_DYNAMIC_HOST_PORT_RANGE: variable<PortRange | null>({
    parse: parse.portRange,
    otherwise: null,
    onWrong: 'warn',
    meaning: 'Host ports for mappings that name none, as start-end; by default the system’s own.',
  }),
  ECS_EXCLUDE_IPV6_PORTBINDING: variable({
    parse: parse.flag,
    otherwise: true,
    onWrong: 'warn',
    meaning: 'Tell ECS only of ports that are published on IPv4.',
  }),
  ECS_SHARED_VOLUME_MATCH_FULL_CONFIG: offSwitch(
    'Take a shared volume only if its driver options and labels match, too.',
  ),
  ECS_ENABLE_CONTAINER_METADATA: offSwitch('Give each container a file with its metadata.'),
  ECS_ENABLE_TASK_CPU_MEM_LIMIT: variable<boolean | null>({
    parse: parse.flag,
    otherwise: null,
    onWrong: 'warn',
    meaning:
      'Limit tasks as a whole; by default where that works, if true the agent does not start elsewhere.',
  }),
  ECS_CGROUP_PATH: variable({
    parse: parse.text,
    otherwise: '/sys/fs/cgroup',
    onWrong: 'warn',
    meaning: 'Where the control groups are mounted.',
  }),
  ECS_CGROUP_CPU_PERIOD: variable({
    parse: parse.durationWhere((ms) => ms >= 8 && ms <= 100, 'a duration from 8ms to 100ms'),
    otherwise: 100,
    onWrong: 'warn',
    meaning: 'Period by which the CPU time of tasks is rationed.',
  }),
  ECS_TASK_PIDS_LIMIT: variable<number | null>({
    parse: (given) => parse.whole({ least: 1, most: 4_194_304 })(given.trim()),
    otherwise: null,
    onWrong: 'warn',
    only: 'linux',
    meaning: 'Most processes and threads of a task; by default as many as it likes.',
  }),
  ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2: variable({
    ...offSwitch('Give a task’s memory limit to those of its containers that have none.'),
    only: 'linux',
  }),
  ECS_TASK_METADATA_PORT: variable({
    parse: parse.whole({ most: 65_535 }),
    otherwise: 51_679,
    onWrong: 'warn',
    zeroCounts: true,
    meaning: 'Port of loopback where tasks get their credentials and metadata; 0 turns that off.',
  }),
  ECS_TASK_METADATA_RPS_LIMIT: variable({
    parse: parse.rates,
    otherwise: { steady: 40, burst: 60 },
    onWrong: 'warn',
    meaning: 'How often a task may ask there, as steady,burst: so often a second, and at once.',
  }),
  ECS_AUDIT_LOGFILE: variable({
    parse: parse.text,
    otherwise: (platform, { ProgramData }) =>
      platform === 'windows'
        ? `${ProgramData || 'C:\\ProgramData'}\\Amazon\\ECS\\log\\audit.log`
        : '/log/audit.log',
    onWrong: 'warn',
    meaning: 'File with a line for each request for credentials.',
  }),
  ECS_AUDIT_LOGFILE_DISABLED: offSwitch('Write no such line.'),
  ECS_SKIP_LOCALHOST_TRAFFIC_FILTER: offSwitch(
    'Let packets for loopback in that come from elsewhere (ecs-agent host up).',
  ),
  ECS_ALLOW_OFFHOST_INTROSPECTION_ACCESS: offSwitch(
    'Let other hosts reach the introspection port (ecs-agent host up).',
  ),
  ECS_DISABLE_DOCKER_HEALTH_CHECK: offSwitch('Do not tell ECS of the health of containers.'),
  ECS_ENABLE_CPU_UNBOUNDED_WINDOWS_WORKAROUND: offSwitch(
    'On Windows, let containers without CPU units run beside those with some.',
  ),
  ECS_ENABLE_MEMORY_UNBOUNDED_WINDOWS_WORKAROUND: offSwitch(
    'On Windows, let containers with a memory reservation but no limit run beside limited ones.',
  ),
} as const;
