import { parseImage } from '../names/image.ts';
import type {
  CleanupRules,
  DiskUse,
  Kept,
  Removal,
  Survey,
  SurveyedContainer,
  SurveyedImage,
} from './model.ts';

/** How many reasons for keeping something are remembered. */
export const mostKept = 20;

/** What a cycle removes, in this order, and what it does not. */
export interface Eviction {
  removals: Removal[];
  kept: Kept[];
  /** Whether the disk is too full, so that images go before their time. */
  pressure: boolean;
}

/** What a survey shows that nothing needs any more, by the rules of the configuration. */
export function removalsOf(survey: Survey, rules: CleanupRules, at: number): Eviction {
  const excessBytes = excessOf(survey.disk, rules);
  const containers = containersToGo(survey.containers, rules, at);
  const images = rules.images
    ? imagesToGo(survey.images, rules, { at, excessBytes })
    : { removals: [], kept: [] };
  return {
    removals: [...containers, ...images.removals],
    kept: images.kept.slice(0, mostKept),
    pressure: excessBytes !== null,
  };
}

/** How much must go where a disk is too full; null where it is not, or where nobody can tell. */
export function excessOf(disk: DiskUse | null, { disk: limits }: CleanupRules): number | null {
  if (disk === null || disk.totalBytes <= 0) return null;
  const usedBytes = disk.totalBytes - disk.freeBytes;
  if (usedBytes * 100 < disk.totalBytes * limits.highPercent) return null;
  return usedBytes - (disk.totalBytes * limits.lowPercent) / 100;
}

/**
 * Containers that have ended or were never started: our own that no task has, and those of others
 * where that is asked for, but none that a task of another agent may need.
 */
function containersToGo(
  containers: SurveyedContainer[],
  rules: CleanupRules,
  at: number,
): Removal[] {
  const over = containers
    .filter(({ state, createdAt }) => state !== 'running' && at - createdAt >= rules.containerAgeMs)
    .sort((one, other) => one.createdAt - other.createdAt);
  const strays = over.filter(({ ours }) => ours);
  const others = over.filter(({ ours, ofTask }) => !ours && !ofTask);
  const most = rules.untracked ? rules.untrackedContainersPerCycle : 0;
  return [...strays, ...others.slice(0, most)].map(({ runtimeId, dockerName }) => ({
    kind: 'container',
    runtimeId,
    name: dockerName,
  }));
}

interface Moment {
  at: number;
  excessBytes: number | null;
}

/** Images of tasks, the least recently used first; then those of others, the smallest first. */
function imagesToGo(
  images: SurveyedImage[],
  rules: CleanupRules,
  moment: Moment,
): Pick<Eviction, 'removals' | 'kept'> {
  const tracked = images
    .flatMap((image) => (image.tracked ? [{ image, ...image.tracked }] : []))
    .sort((one, other) => one.lastUsedAt - other.lastUsedAt)
    .map(({ image }) => image);
  const others = images
    .filter((image) => rules.untracked && !image.tracked)
    .sort((one, other) => one.sizeBytes - other.sizeBytes);
  const going: SurveyedImage[] = [];
  const kept: Kept[] = [];
  for (const image of [...tracked, ...others]) {
    const because = protection(image, rules, moment) ?? surplus(going, rules, moment);
    if (because === null) going.push(image);
    else kept.push({ what: image.tags[0] ?? image.digests[0] ?? image.id, because });
  }
  return { removals: going.map(removalOf), kept };
}

const removalOf = ({ id, tags, digests, sizeBytes }: SurveyedImage): Removal => ({
  kind: 'image',
  id,
  references: [...tags, ...digests],
  sizeBytes,
});

/** Why an image may not go, in words; null if it may. */
function protection(image: SurveyedImage, rules: CleanupRules, moment: Moment): string | null {
  if (isExcluded(image, rules)) return 'excluded';
  const [first, ...more] = image.neededBy;
  if (first !== undefined)
    return `needed by ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`;
  // A full disk makes no exception for what others have only just built.
  if (image.tracked && moment.excessBytes !== null) return null;
  const [since, leastMs] = image.tracked
    ? [image.tracked.pulledAt, rules.minimumAgeMs]
    : [image.createdAt, rules.untrackedMinimumAgeMs];
  return moment.at - since >= leastMs ? null : `younger than ${duration(leastMs)}`;
}

/** Why no more images go in this cycle, in words; null if more may. Shared layers count twice. */
function surplus(going: SurveyedImage[], rules: CleanupRules, moment: Moment): string | null {
  const { imagesPerCycle: most, disk } = rules;
  if (moment.excessBytes === null)
    return going.length < most ? null : `more than ${most} in this cycle`;
  const freedBytes = going.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return freedBytes < moment.excessBytes
    ? null
    : `the disk is below ${disk.lowPercent}% without it`;
}

/** Whether a name of the image is one that is never removed, in whatever way it is written. */
function isExcluded({ tags, digests }: SurveyedImage, { excluded }: CleanupRules): boolean {
  const names = new Set([...tags, ...digests].map(canonical));
  return excluded.some((reference) => names.has(canonical(reference)));
}

/** One text for all ways of writing a reference. A tag beside a digest says nothing. */
function canonical(reference: string): string {
  const { host, path, tag, digest } = parseImage(reference.trim());
  return `${host}/${path}${digest === null ? `:${tag ?? 'latest'}` : `@${digest}`}`;
}

/** A duration as the configuration writes it, such as `1h0m0s`. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
