import type { PullBehavior } from '../../machines/container/model.ts';
import { commaList } from '../config/json-kinds.ts';
import {
  duration,
  durationFrom,
  integer,
  numberedOf,
  positiveDuration,
  whole,
} from '../config/kinds.ts';
import { offSwitch, variable } from './variable.ts';

/** Images that the Amazon ECS agent never removes: its own, and the one that holds namespaces. */
export const keptImages: readonly string[] = [
  'amazon/amazon-ecs-agent:latest',
  'amazon/amazon-ecs-pause:0.1.0',
];

/** How full the disk of images may be before they go whatever their age, and how full they leave it. */
export const diskPercents = { high: 85, low: 80 } as const;
/** How often the disk of images is looked at. */
export const diskIntervalMs = 60_000;

const percent = whole({ least: 1, most: 100 });

const timeouts = {
  ECS_CONTAINER_STOP_TIMEOUT: variable({
    kind: duration,
    otherwise: 30_000,
    least: 1_000,
    isStrictInFile: true,
    file: 'DockerStopTimeout',
    in114: true,
    was: 'below 1s the default was used',
    meaning: 'Time between SIGTERM and SIGKILL for containers without one of their own.',
  }),
  ECS_CONTAINER_START_TIMEOUT: variable({
    kind: duration,
    otherwise: (platform) => (platform === 'windows' ? 480_000 : 180_000),
    least: (platform) => (platform === 'windows' ? 120_000 : 45_000),
    isStrictInFile: true,
    file: 'ContainerStartTimeout',
    meaning: 'How long the Engine may take to start a container.',
  }),
  ECS_CONTAINER_CREATE_TIMEOUT: variable({
    kind: duration,
    otherwise: 240_000,
    least: 60_000,
    file: 'ContainerCreateTimeout',
    meaning: 'How long the Engine may take to create a container.',
  }),
  ECS_MANIFEST_PULL_TIMEOUT: variable({
    kind: duration,
    otherwise: 60_000,
    least: 30_000,
    file: 'ManifestPullTimeout',
    meaning: 'How long a registry may take to tell an image’s digest.',
  }),
  ECS_IMAGE_PULL_INACTIVITY_TIMEOUT: variable({
    kind: duration,
    otherwise: (platform) => (platform === 'windows' ? 180_000 : 60_000),
    least: 60_000,
    file: 'ImagePullInactivityTimeout',
    meaning: 'How long a pull may make no progress.',
  }),
  ECS_IMAGE_PULL_TIMEOUT: variable({
    kind: positiveDuration,
    otherwise: 7_200_000,
    file: 'ImagePullTimeout',
    meaning: 'How long a pull may take.',
  }),
} as const;

const cleanup = {
  ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: variable({
    kind: durationFrom(1_000),
    otherwise: 10_800_000,
    file: 'TaskCleanupWaitDuration',
    in114: true,
    was: 'at least 1m',
    meaning: 'How long the containers of a stopped task are kept.',
  }),
  ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER: variable({
    kind: positiveDuration,
    otherwise: 0,
    file: 'TaskCleanupWaitDurationJitter',
    meaning: 'Most that chance adds to it.',
  }),
  ECS_DISABLE_IMAGE_CLEANUP: offSwitch('Leave images where they are.', {
    file: 'ImageCleanupDisabled',
    in114: true,
  }),
  ECS_IMAGE_CLEANUP_INTERVAL: variable({
    kind: durationFrom(600_000),
    otherwise: 1_800_000,
    file: 'ImageCleanupInterval',
    in114: true,
    meaning: 'Time between two clean-ups of images.',
  }),
  ECS_IMAGE_MINIMUM_CLEANUP_AGE: variable({
    kind: duration,
    otherwise: 3_600_000,
    file: 'MinimumImageDeletionAge',
    in114: true,
    meaning: 'How long ago an image must have been pulled before it may go.',
  }),
  NON_ECS_IMAGE_MINIMUM_CLEANUP_AGE: variable({
    kind: duration,
    otherwise: 3_600_000,
    file: 'NonECSMinimumImageDeletionAge',
    meaning: 'How long ago an image of others must have been built before it may go.',
  }),
  ECS_NUM_IMAGES_DELETE_PER_CYCLE: variable({
    kind: whole({ most: 2 ** 31 - 1 }),
    otherwise: 5,
    file: 'NumImagesToDeletePerCycle',
    in114: true,
    meaning: 'Most images that one clean-up removes.',
  }),
  NONECS_NUM_CONTAINERS_DELETE_PER_CYCLE: variable({
    kind: integer,
    otherwise: 5,
    file: 'NumNonECSContainersToDeletePerCycle',
    meaning: 'Most containers of others that one clean-up removes; below zero for none.',
  }),
  ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP: offSwitch(
    'Remove images and containers that are not of ECS tasks, too.',
    { file: 'DeleteNonECSImagesEnabled' },
  ),
  ECS_EXCLUDE_UNTRACKED_IMAGE: variable<string[]>({
    kind: commaList,
    otherwise: [],
    file: 'ImageCleanupExclusionList',
    meaning: 'Images that are never removed, as name:tag.',
  }),
  ECS_IMAGE_CLEANUP_DISK_HIGH_PERCENT: variable<number>({
    kind: percent,
    otherwise: diskPercents.high,
    own: true,
    meaning: 'Above so much of their disk in use, images go whatever their age ...',
  }),
  ECS_IMAGE_CLEANUP_DISK_LOW_PERCENT: variable<number>({
    kind: percent,
    otherwise: diskPercents.low,
    own: true,
    meaning: '... until no more than so much is in use.',
  }),
} as const;

/** How long the Engine may take, how images get here, and how they and the rest go again. */
export const imageVariables = {
  ...timeouts,
  ECS_IMAGE_PULL_BEHAVIOR: variable<PullBehavior>({
    kind: numberedOf(['default', 'always', 'once', 'prefer-cached']),
    otherwise: 'default',
    file: 'ImagePullBehavior',
    meaning:
      'When images are pulled, and whether a failed pull stops the task; prefer-cached also keeps images.',
  }),
  ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT: offSwitch(
    'Pull the images of containers before what they depend on is ready.',
    { file: 'DependentContainersPullUpfront' },
  ),
  ...cleanup,
} as const;
