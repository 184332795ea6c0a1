import type { PullBehavior } from '../../machines/container/model.ts';
import * as parse from './parse.ts';
import { offSwitch, secretText, variable } from './variable.ts';

/** Images that the Amazon ECS agent never removes: its own, and the one that holds namespaces. */
export const keptImages: readonly string[] = [
  'amazon/amazon-ecs-agent:latest',
  'amazon/amazon-ecs-pause:0.1.0',
];

/** How full the disk of images may be before they go whatever their age, and how full they leave it. */
export const diskPercents = { high: 85, low: 80 } as const;
/** How often the disk of images is looked at. */
export const diskIntervalMs = 60_000;

const percent = parse.whole({ least: 1, most: 100 });

/** How images get here and go again: pulls, registries, clean-up. */
export const imageVariables = {
  ECS_IMAGE_PULL_BEHAVIOR: variable<PullBehavior>({
    parse: parse.oneOf(['default', 'always', 'once', 'prefer-cached']),
    otherwise: 'default',
    onWrong: 'warn',
    meaning: 'When images are pulled, and whether a failed pull stops the task.',
  }),
  ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT: offSwitch(
    'Pull the images of containers before what they depend on is ready.',
  ),
  ECS_MANIFEST_PULL_TIMEOUT: variable({
    parse: parse.duration,
    otherwise: 60_000,
    least: 30_000,
    onWrong: 'warn',
    meaning: 'How long a registry may take to tell an image’s digest.',
  }),
  ECS_IMAGE_PULL_INACTIVITY_TIMEOUT: variable({
    parse: parse.duration,
    otherwise: (platform) => (platform === 'windows' ? 180_000 : 60_000),
    least: 60_000,
    onWrong: 'warn',
    meaning: 'How long a pull may make no progress.',
  }),
  ECS_IMAGE_PULL_TIMEOUT: variable({
    parse: parse.durationWhere((ms) => ms > 0, 'a duration above zero'),
    otherwise: 7_200_000,
    onWrong: 'warn',
    meaning: 'How long a pull may take.',
  }),
  ECS_ENGINE_AUTH_TYPE: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: 'warn',
    meaning: 'Form of ECS_ENGINE_AUTH_DATA: docker or dockercfg.',
  }),
  ECS_ENGINE_AUTH_DATA: secretText('Logins for registries, as JSON.'),
  ECS_DISABLE_IMAGE_CLEANUP: offSwitch('Leave images where they are.'),
  ECS_IMAGE_CLEANUP_INTERVAL: variable({
    parse: parse.durationWhere((ms) => ms >= 600_000, 'a duration of at least 10m'),
    otherwise: 1_800_000,
    onWrong: 'warn',
    meaning: 'Time between two clean-ups of images.',
  }),
  ECS_IMAGE_MINIMUM_CLEANUP_AGE: variable({
    parse: parse.duration,
    otherwise: 3_600_000,
    onWrong: 'warn',
    meaning: 'How long ago an image must have been pulled before it may go.',
  }),
  NON_ECS_IMAGE_MINIMUM_CLEANUP_AGE: variable({
    parse: parse.duration,
    otherwise: 3_600_000,
    onWrong: 'warn',
    meaning: 'How long ago an image of others must have been built before it may go.',
  }),
  ECS_NUM_IMAGES_DELETE_PER_CYCLE: variable({
    parse: parse.whole({ most: 2 ** 31 - 1 }),
    otherwise: 5,
    onWrong: 'warn',
    meaning: 'Most images that one clean-up removes.',
  }),
  NONECS_NUM_CONTAINERS_DELETE_PER_CYCLE: variable({
    parse: parse.integer,
    otherwise: 5,
    onWrong: 'warn',
    meaning: 'Most containers of others that one clean-up removes; below zero for none.',
  }),
  ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP: offSwitch(
    'Remove images and containers that are not of ECS tasks, too.',
  ),
  ECS_EXCLUDE_UNTRACKED_IMAGE: variable<string[]>({
    parse: parse.commaList,
    otherwise: [],
    onWrong: 'warn',
    meaning: 'Images that are never removed, as name:tag, with commas between them.',
  }),
  ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT: variable<number>({
    parse: percent,
    otherwise: diskPercents.high,
    onWrong: 'warn',
    meaning: 'Above so much of their disk in use, images go whatever their age ...',
  }),
  ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT: variable<number>({
    parse: percent,
    otherwise: diskPercents.low,
    onWrong: 'warn',
    meaning: '... until no more than so much is in use.',
  }),
} as const;
