import { type Case, flagOf, of, type Row, raised, wrong } from './rows.ts';

const goDuration = 'a duration with a unit, such as 30s or 1h30m';

/** How durations are written; the bounds of each variable are a matter of its own. */
const stopRows: Row[] = [
  [undefined, 30_000],
  ['0', 30_000],
  ['0s', 30_000],
  ['1s', 1_000],
  ['1m', 60_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['+2s', 2_000],
  ['1s500ms', 1_500],
  ['2000000us', 2_000],
  ['2000000µs', 2_000],
  ['3000000000ns', 3_000],
  ...raised('ECS_CONTAINER_STOP_TIMEOUT', { is: ['999ms', '1ns', '-10s'], to: 1_000 }),
  ...wrong(goDuration, 30_000, ['30', '30 s', ' 30s', '1d', 's', '.s', '1.2.3s', 'soon', '--1s']),
  ...wrong('a duration below 292 years', 30_000, ['2562048h']),
];

const start = 'ECS_CONTAINER_START_TIMEOUT';
const create = 'ECS_CONTAINER_CREATE_TIMEOUT';

const patience: Case[] = [
  ...of('ECS_CONTAINER_STOP_TIMEOUT', 'stopTimeoutMs', stopRows),
  ...of(
    start,
    'limits.startMs',
    [
      [undefined, 180_000],
      ['0s', 180_000],
      ['45s', 45_000],
      ['10m', 600_000],
      ...raised(start, { is: ['44s', '-1m'], to: 45_000 }),
      ...wrong(goDuration, 180_000, ['45']),
    ],
    { on: ['linux'] },
  ),
  ...of(
    start,
    'limits.startMs',
    [
      [undefined, 480_000],
      ['2m', 120_000],
      ...raised(start, { is: ['119s'], to: 120_000 }),
      ...wrong(goDuration, 480_000, ['45']),
    ],
    { on: ['windows'] },
  ),
  ...of(create, 'limits.createMs', [
    [undefined, 240_000],
    ['1m', 60_000],
    ...raised(create, { is: ['59.9s'], to: 60_000 }),
    ...wrong(goDuration, 240_000, ['4']),
  ]),
];

const leastWait = 'a duration of at least 1s';
const aboveZero = 'a duration above zero';

const remains: Case[] = [
  ...(['taskCleanup.waitMs', 'cleanup.containerAgeMs'] as const).flatMap((setting) =>
    of('ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION', setting, [
      [undefined, 10_800_000],
      ['0', 10_800_000],
      ['1s', 1_000],
      ['24h', 86_400_000],
      ...wrong(leastWait, 10_800_000, ['999ms', '-3h']),
      ...wrong(goDuration, 10_800_000, ['3']),
    ]),
  ),
  ...of('ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER', 'taskCleanup.jitterMs', [
    [undefined, 0],
    ['0s', 0],
    ['10m', 600_000],
    ...wrong(aboveZero, 0, ['-1ms']),
    ...wrong(goDuration, 0, ['much']),
  ]),
];

const ports: Case[] = of('ECS_DYNAMIC_HOST_PORT_RANGE', 'dynamicPorts', [
  [undefined, null],
  ['49152-65535', { first: 49_152, last: 65_535 }],
  [' 1-1 ', { first: 1, last: 1 }],
  ...wrong('a range of ports, such as 49152-65535', null, [
    '0-10',
    '20-10',
    '10-65536',
    '10',
    '10-',
    '10:20',
    '10 - 20',
    '-1-5',
    'a-b',
  ]),
]);

const limits: Case[] = [
  ...flagOf('ECS_ENABLE_TASK_CPU_MEM_LIMIT', 'taskLimits.wanted', { otherwise: null }),
  ...of(
    'ECS_ENABLE_TASK_CPU_MEM_LIMIT',
    'taskLimits.wanted',
    [
      [undefined, false],
      ['true', false],
      ['false', false],
    ],
    { on: ['windows'] },
  ),
  ...of('ECS_CGROUP_PATH', 'taskLimits.cgroupPath', [
    [undefined, '/sys/fs/cgroup'],
    ['/cgroup', '/cgroup'],
  ]),
  ...of('ECS_CGROUP_CPU_PERIOD', 'taskLimits.cpuPeriodMs', [
    [undefined, 100],
    ['0', 100],
    ['8ms', 8],
    ['100ms', 100],
    ['12500us', 12.5],
    ...wrong('a duration from 8ms to 100ms', 100, ['7.9ms', '101ms', '-50ms', '1s']),
    ...wrong(goDuration, 100, ['50']),
  ]),
  ...of(
    'ECS_TASK_PIDS_LIMIT',
    'taskLimits.pids',
    [
      [undefined, null],
      ['1', 1],
      [' 4194304 ', 4_194_304],
      ...wrong('a whole number from 1 to 4194304', null, ['0', '-5', '4194305', '1.5', 'many']),
    ],
    { on: ['linux'] },
  ),
  ...of(
    'ECS_TASK_PIDS_LIMIT',
    'taskLimits.pids',
    [
      [undefined, null],
      ['100', null, 'ECS_TASK_PIDS_LIMIT has no use on windows: it is passed over'],
    ],
    { on: ['windows'] },
  ),
  ...flagOf('ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2', 'taskLimits.memoryForContainers'),
  ...of(
    'ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2',
    'taskLimits.memoryForContainers',
    [
      [
        'true',
        false,
        'ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2 has no use on windows: it is passed over',
      ],
    ],
    { on: ['windows'] },
  ),
  ...flagOf('ECS_ENABLE_CPU_UNBOUNDED_WINDOWS_WORKAROUND', 'unboundedOnWindows.cpu'),
  ...flagOf('ECS_ENABLE_MEMORY_UNBOUNDED_WINDOWS_WORKAROUND', 'unboundedOnWindows.memory'),
];

const served: Case[] = [
  ...of('ECS_TASK_METADATA_PORT', 'taskServer.port', [
    [undefined, 51_679],
    ['0', 0],
    ['8080', 8080],
    ...wrong('a whole number of at most 65535', 51_679, ['65536', '-1', 'x']),
  ]),
  ...of('ECS_TASK_METADATA_RPS_LIMIT', 'taskServer.rates', [
    [undefined, { steady: 40, burst: 60 }],
    ['10,20', { steady: 10, burst: 20 }],
    [' 10 , 20 ', { steady: 10, burst: 20 }],
    ...wrong('two numbers above zero, such as 40,60', { steady: 40, burst: 60 }, [
      ...['10', '10,', '0,20', '10,0', '-1,20', '1.5,2', '1,2,3', 'x,y'],
    ]),
  ]),
  ...of('ECS_AUDIT_LOGFILE', 'audit.file', [['/var/log/a.log', '/var/log/a.log']]),
  ...of('ECS_AUDIT_LOGFILE', 'audit.file', [[undefined, '/log/audit.log']], { on: ['linux'] }),
  ...of(
    'ECS_AUDIT_LOGFILE',
    'audit.file',
    [[undefined, 'C:\\ProgramData\\Amazon\\ECS\\log\\audit.log']],
    { on: ['windows'] },
  ),
  ...of('ECS_AUDIT_LOGFILE', 'audit.file', [[undefined, 'D:\\P\\Amazon\\ECS\\log\\audit.log']], {
    on: ['windows'],
    more: { ProgramData: 'D:\\P' },
  }),
  ...flagOf('ECS_AUDIT_LOGFILE_DISABLED', 'audit.disabled'),
  ...flagOf('ECS_SKIP_LOCALHOST_TRAFFIC_FILTER', 'hostNetwork.localhostFilterSkipped'),
  ...flagOf('ECS_ALLOW_OFFHOST_INTROSPECTION_ACCESS', 'hostNetwork.introspectionOffHost'),
];

/** The variables of how tasks run. */
export const taskCases: Case[] = [
  ...patience,
  ...remains,
  ...ports,
  ...limits,
  ...served,
  ...flagOf('ECS_EXCLUDE_IPV6_PORTBINDING', 'ipv6BindingsExcluded', { otherwise: true }),
  ...flagOf('ECS_SHARED_VOLUME_MATCH_FULL_CONFIG', 'matchSharedVolumes'),
  ...flagOf('ECS_ENABLE_CONTAINER_METADATA', 'metadataFiles'),
  ...flagOf('ECS_DISABLE_DOCKER_HEALTH_CHECK', 'healthDisabled'),
];
