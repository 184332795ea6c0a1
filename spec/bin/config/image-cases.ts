import { type Case, flagOf, of, type Row, raised, unused, wrong } from './rows.ts';

const goDuration = 'a duration with a unit, such as 30s or 1h30m';
const manifest = 'ECS_MANIFEST_PULL_TIMEOUT';
const inactivity = 'ECS_IMAGE_PULL_INACTIVITY_TIMEOUT';
const behaviors = ['default', 'always', 'once', 'prefer-cached'];

const pulls: Case[] = [
  ...of('ECS_IMAGE_PULL_BEHAVIOR', 'pullBehavior', [
    [undefined, 'default'],
    ...behaviors.map((word): Row => [word, word]),
    ['Always', 'default', `one of ${behaviors.join(', ')}, not "Always": ${unused}`],
  ]),
  ...flagOf('ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT', 'pull.upfront'),
  ...of(manifest, 'limits.manifestMs', [
    [undefined, 60_000],
    ['30s', 30_000],
    ...raised(manifest, { is: ['29s', '-1s'], to: 30_000 }),
    ...wrong(goDuration, 60_000, ['60']),
  ]),
  ...of(
    inactivity,
    'pull.inactivityMs',
    [
      [undefined, 60_000],
      ['2m', 120_000],
      ...raised(inactivity, { is: ['59s'], to: 60_000 }),
      ...wrong(goDuration, 60_000, ['1']),
    ],
    { on: ['linux'] },
  ),
  ...of(
    inactivity,
    'pull.inactivityMs',
    [
      [undefined, 180_000],
      ['1m', 60_000],
      ...raised(inactivity, { is: ['59s'], to: 60_000 }),
      ...wrong(goDuration, 180_000, ['3']),
    ],
    { on: ['windows'] },
  ),
  ...of('ECS_IMAGE_PULL_TIMEOUT', 'limits.pullMs', [
    [undefined, 7_200_000],
    ['0s', 7_200_000],
    ['1ms', 1],
    ...wrong('a duration above zero', 7_200_000, ['-2h']),
    ...wrong(goDuration, 7_200_000, ['2']),
  ]),
  ...of('ECS_ENGINE_AUTH_TYPE', 'engineAuth.type', [
    [undefined, ''],
    [' docker ', 'docker'],
    ['dockercfg', 'dockercfg'],
    ...wrong('one of docker, dockercfg', '', ['Docker', 'ecr']),
  ]),
  ...of('ECS_ENGINE_AUTH_DATA', 'engineAuth.data', [
    [undefined, ''],
    ['{"r.example.com":{"username":"u"}}', '{"r.example.com":{"username":"u"}}'],
    [' {"r.example.com": {}} and more', '{"r.example.com":{}}'],
    ...['{"r.example.com":{"password":"hidden"}', 'hidden', '["hidden"]', '"hidden"', 'null'].map(
      (text): Row => [text, '', `a JSON object, not (secret): ${unused}`],
    ),
  ]),
];

const ages: Row[] = [
  [undefined, 3_600_000],
  ['0s', 3_600_000],
  ['1ms', 1],
  ['-1s', -1_000],
  ...wrong(goDuration, 3_600_000, ['60']),
];

const kept = ['amazon/amazon-ecs-agent:latest', 'amazon/amazon-ecs-pause:0.1.0'];

const cleanup: Case[] = [
  ...of('ECS_DISABLE_IMAGE_CLEANUP', 'cleanup.images', [
    [undefined, true],
    ['false', true],
    ['true', false],
    ...wrong('true or false', true, ['no']),
  ]),
  ...of('ECS_IMAGE_PULL_BEHAVIOR', 'cleanup.images', [
    ['always', true],
    ['prefer-cached', false],
  ]),
  ...of('ECS_IMAGE_CLEANUP_INTERVAL', 'cleanup.intervalMs', [
    [undefined, 1_800_000],
    ['0', 1_800_000],
    ['10m', 600_000],
    ...wrong('a duration of at least 10m', 1_800_000, ['9m59s', '-1h']),
    ...wrong(goDuration, 1_800_000, ['30']),
  ]),
  ...of('ECS_IMAGE_MINIMUM_CLEANUP_AGE', 'cleanup.minimumAgeMs', ages),
  ...of('NON_ECS_IMAGE_MINIMUM_CLEANUP_AGE', 'cleanup.untrackedMinimumAgeMs', ages),
  ...of('ECS_NUM_IMAGES_DELETE_PER_CYCLE', 'cleanup.imagesPerCycle', [
    [undefined, 5],
    ['0', 5],
    ['1', 1],
    ['1000', 1_000],
    ...wrong('a whole number of at most 2147483647', 5, ['-1', 'all', ' 7', '2147483648']),
  ]),
  ...of('NONECS_NUM_CONTAINERS_DELETE_PER_CYCLE', 'cleanup.untrackedContainersPerCycle', [
    [undefined, 5],
    ['0', 5],
    ['12', 12],
    ['-1', 0],
    ...wrong('a whole number', 5, ['1.5', 'all', ' 7', '99999999999999999999']),
  ]),
  ...flagOf('ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP', 'cleanup.untracked'),
  ...of('ECS_EXCLUDE_UNTRACKED_IMAGE', 'cleanup.excluded', [
    [undefined, kept],
    [',', kept],
    ['base:1', ['base:1', ...kept]],
    ['base:1, r.example.com/web:2,', ['base:1', 'r.example.com/web:2', ...kept]],
  ]),
];

const percent = 'a whole number from 1 to 100';
const disk = (highPercent: number, lowPercent: number) => ({
  highPercent,
  lowPercent,
  intervalMs: 60_000,
});
const crossed = (low: number, high: number) =>
  'ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT must be below ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT, but ' +
  `${low} is not below ${high}: the defaults are used`;

const pressure: Case[] = [
  ...of('ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT', 'cleanup.disk', [
    [undefined, disk(85, 80)],
    ['100', disk(100, 80)],
    ['81', disk(81, 80)],
    ['80', disk(85, 80), crossed(80, 80)],
    ['1', disk(85, 80), crossed(80, 1)],
    ...wrong(percent, disk(85, 80), ['0', '101', '-1', '85%', '85.5']),
  ]),
  ...of('ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT', 'cleanup.disk', [
    [undefined, disk(85, 80)],
    ['1', disk(85, 1)],
    ['84', disk(85, 84)],
    ['90', disk(85, 80), crossed(90, 85)],
    ...wrong(percent, disk(85, 80), ['0', '101']),
  ]),
  ...of(
    'ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT',
    'cleanup.disk',
    [
      ['40', disk(50, 40)],
      ['60', disk(85, 80), crossed(60, 50)],
    ],
    { more: { ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT: '50' } },
  ),
];

/** The variables of how images come and go. */
export const imageCases: Case[] = [...pulls, ...cleanup, ...pressure];
