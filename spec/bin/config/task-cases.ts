import type { Platform } from '../../../bin/variables/variables.ts';
import { type Case, elsewhere, flagOf, of, type Row, raised, wrong } from './rows.ts';

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

const portRows = (none: unknown): Row[] => [
  [undefined, none],
  ['49152-65535', { first: 49_152, last: 65_535 }],
  [' 1-1 ', { first: 1, last: 1 }],
  ...wrong('a range of ports, such as 49152-65535', none, [
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
];

const range = 'ECS_DYNAMIC_HOST_PORT_RANGE';
const ports: Case[] = [
  ...of(range, 'dynamicPorts', portRows(null), { on: ['linux'] }),
  ...of(range, 'dynamicPorts', portRows({ first: 49_152, last: 65_535 }), { on: ['windows'] }),
];

const propagate = 'ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2';
const linux = { on: ['linux'] as Platform[] };

const limits: Case[] = [
  ...flagOf('ECS_ENABLE_TASK_CPU_MEM_LIMIT', 'taskLimits.wanted', { otherwise: null, ...linux }),
  ...elsewhere('ECS_ENABLE_TASK_CPU_MEM_LIMIT', 'taskLimits.wanted', {
    ...{ text: 'true', is: false, on: 'windows' },
  }),
  ...of(
    'ECS_CGROUP_PATH',
    'taskLimits.cgroupPath',
    [
      [undefined, '/sys/fs/cgroup'],
      ['/cgroup', '/cgroup'],
    ],
    linux,
  ),
  ...elsewhere('ECS_CGROUP_PATH', 'taskLimits.cgroupPath', {
    ...{ text: '/cgroup', is: '/sys/fs/cgroup', on: 'windows' },
  }),
  ...of(
    'ECS_CGROUP_CPU_PERIOD',
    'taskLimits.cpuPeriodMs',
    [
      [undefined, 100],
      ['0', 100],
      ['8ms', 8],
      ['100ms', 100],
      ['12500us', 12.5],
      ...wrong('a duration from 8ms to 100ms', 100, ['7.9ms', '101ms', '-50ms', '1s']),
      ...wrong(goDuration, 100, ['50']),
    ],
    linux,
  ),
  ...elsewhere('ECS_CGROUP_CPU_PERIOD', 'taskLimits.cpuPeriodMs', {
    ...{ text: '8ms', is: 100, on: 'windows' },
  }),
  ...of(
    'ECS_TASK_PIDS_LIMIT',
    'taskLimits.pids',
    [
      [undefined, null],
      ['1', 1],
      [' 4194304 ', 4_194_304],
      ...wrong('a whole number from 1 to 4194304', null, ['0', '-5', '4194305', '1.5', 'many']),
    ],
    linux,
  ),
  ...elsewhere('ECS_TASK_PIDS_LIMIT', 'taskLimits.pids', {
    ...{ text: '100', is: null, on: 'windows' },
  }),
  ...flagOf(propagate, 'taskLimits.memoryForContainers', linux),
  ...elsewhere(propagate, 'taskLimits.memoryForContainers', {
    ...{ text: 'true', is: false, on: 'windows' },
  }),
];

const unbounded: Case[] = (
  [
    ['ECS_ENABLE_CPU_UNBOUNDED_WINDOWS_WORKAROUND', 'unboundedOnWindows.cpu'],
    ['ECS_ENABLE_MEMORY_UNBOUNDED_WINDOWS_WORKAROUND', 'unboundedOnWindows.memory'],
  ] as const
).flatMap(([name, setting]) => [
  ...flagOf(name, setting, { on: ['windows'] }),
  ...elsewhere(name, setting, { text: 'true', is: false, on: 'linux' }),
]);

/** The variables of how tasks run. */
export const taskCases: Case[] = [
  ...patience,
  ...remains,
  ...ports,
  ...limits,
  ...unbounded,
  ...flagOf('ECS_EXCLUDE_IPV6_PORTBINDING', 'ipv6BindingsExcluded', { otherwise: true }),
  ...of(
    'ECS_EXCLUDE_IPV6_PORTBINDING',
    'ipv6BindingsExcluded',
    [
      [undefined, false],
      ['true', true],
    ],
    { on: ['linux'], more: { ECS_INSTANCE_IP_COMPATIBILITY: ' IPv6 ' } },
  ),
  ...flagOf('ECS_SHARED_VOLUME_MATCH_FULL_CONFIG', 'matchSharedVolumes'),
  ...flagOf('ECS_ENABLE_CONTAINER_METADATA', 'metadataFiles'),
  ...flagOf('ECS_DISABLE_DOCKER_HEALTH_CHECK', 'healthDisabled'),
];
