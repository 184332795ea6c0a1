import type { TaskContext } from './model.ts';

/** How far a task has come, in the words of the Amazon ECS agent; ECS itself knows fewer. */
export type KnownStatus = 'NONE' | 'MANIFEST_PULLED' | 'CREATED' | 'RUNNING' | 'STOPPED';

const ranks = ['NONE', 'MANIFEST_PULLED', 'PULLED', 'CREATED', 'RUNNING', 'STOPPED'] as const;

/**
 * How far a task has come whose actor is in `state`: as far as the container that has come least far;
 * one that has stopped holds up nobody. A task whose images are pulled counts as not begun, as it
 * does for the Amazon ECS agent.
 */
export function knownStatus(state: string, { containers }: TaskContext): KnownStatus {
  if (state === 'stopped' || state === 'cleaning') return 'STOPPED';
  const reached = Object.values(containers).map(({ status }) => ranks.indexOf(status));
  const least = ranks[Math.min(...reached, ranks.indexOf('STOPPED'))] ?? 'NONE';
  if (reached.length === 0 || least === 'PULLED') return 'NONE';
  return least === 'STOPPED' ? 'RUNNING' : least;
}
