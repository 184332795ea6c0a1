import type { HealthContext } from '../health/model.ts';
import type { Measurements } from '../stats/model.ts';
import type { InstanceStatus, Publication } from './model.ts';

/** The ids of what is published at one time. */
export interface MessageIds {
  usage: string;
  health: string;
}

/**
 * What there is to publish now: a sign of idleness where nothing is measured, nothing where no figure
 * is ready, and no health where nothing has a health check.
 */
export function publicationsOf(measured: Measurements, ids: MessageIds): Publication[] {
  const { idle, tasks } = measured.usage();
  const health = measured.health();
  const publications: Publication[] = [];
  if (idle || tasks.length > 0)
    publications.push({ kind: 'usage', messageId: ids.usage, idle, tasks: idle ? [] : tasks });
  if (health.length > 0)
    publications.push({ kind: 'health', messageId: ids.health, tasks: health });
  return publications;
}

/** What ECS is to be told of the instance's health; null where it has been told of the latest run. */
export function statusesOf({ checks, run, told }: HealthContext): InstanceStatus[] | null {
  if (run === told) return null;
  return checks
    .filter(({ type }) => type === 'ContainerRuntime')
    .map(({ type, status, changedAt, previouslyAt }) => ({
      type,
      status,
      changedAt,
      updatedAt: previouslyAt,
    }));
}
