import type { Dependency } from '../container/model.ts';
import type { DependedOn, Depending, Verdict } from './model.ts';

/**
 * Whether a container may take its next step, by the containers it depends on (`dependsOn` of a task
 * definition). What is impossible is told as such at once, also while other dependencies still start.
 */
export function verdictOf(
  target: Depending,
  find: (name: string) => DependedOn | undefined,
): Verdict {
  const waiting: { on: Dependency; until: number | null; otherwise: string }[] = [];
  for (const on of target.dependsOn) {
    const dependency = find(on.container);
    const because = hopeless(on, dependency);
    if (because !== null || !dependency)
      return { is: 'impossible', because: told(dependency, target, because ?? unknown) };
    if (isMet(on, dependency)) continue;
    const otherwise = told(dependency, target, 'has timed out.');
    waiting.push({ on, until: patience(on, dependency, target), otherwise });
  }
  if (waiting.length === 0) return { is: 'ready' };
  const [first] = waiting
    .filter(({ until }) => until !== null)
    .sort((a, b) => Number(a.until) - Number(b.until));
  return {
    is: 'waiting',
    on: waiting.map(({ on }) => on),
    until: first?.until ?? null,
    otherwise: first?.otherwise ?? '',
  };
}

function isMet({ condition }: Dependency, on: DependedOn): boolean {
  const stopped = on.status === 'STOPPED';
  switch (condition) {
    case 'CREATE':
      return hasBeenCreated(on);
    case 'START':
      return on.status === 'RUNNING' || (stopped && hasRun(on));
    case 'COMPLETE':
      return stopped && hasRun(on);
    case 'SUCCESS':
      return stopped && on.exitCode === 0;
    case 'HEALTHY':
      return !stopped && on.health === 'HEALTHY';
  }
}

/** A container that only holds volumes has done its part once it is created, however it ends. */
const hasBeenCreated = ({ status, reached }: DependedOn): boolean =>
  [status, reached].some((each) => each === 'CREATED' || each === 'RUNNING');

/** What is known to have exited with 0 has run, even if it was gone before anyone could look. */
const hasRun = ({ startedAt, exitCode }: DependedOn): boolean =>
  startedAt !== null || exitCode === 0;

const unknown = 'does not exist.';
const neverStarts = 'because dependency will never start';
const noSuccess = 'as dependency did not exit successfully.';
const neverHealthy = 'as dependency has no health check, or ended before it was healthy.';

/** Why a condition can never hold any more, in the words of ECS; null while it can. */
function hopeless({ condition }: Dependency, on: DependedOn | undefined): string | null {
  if (!on) return unknown;
  const stopped = on.status === 'STOPPED';
  if (condition === 'HEALTHY' && (stopped || !on.healthChecked)) return neverHealthy;
  if (condition === 'SUCCESS' && stopped && on.exitCode !== 0) return noSuccess;
  if (condition === 'CREATE') return stopped && !hasBeenCreated(on) ? neverStarts : null;
  return stopped && !hasRun(on) ? neverStarts : null;
}

/**
 * When the wait for a dependency ends: its `startTimeout` counts from its own start. A container that
 * is created already waits on: its dependency was ready once.
 */
function patience({ condition }: Dependency, on: DependedOn, target: DependedOn): number | null {
  const { startTimeoutS, startedAt } = on;
  if (condition === 'START' || condition === 'CREATE' || hasBeenCreated(target)) return null;
  return startTimeoutS && startedAt !== null ? startedAt + startTimeoutS * 1_000 : null;
}

/** The text of ECS for a dependency that failed; the two containers with their statuses in it. */
function told(on: DependedOn | undefined, target: DependedOn, what: string): string {
  const graph = 'dependency graph:';
  const of = `[${on ? shown(on) : '<nil>'}] for target [${shown(target)}]`;
  return what === unknown || what.startsWith('has timed out')
    ? `${graph} container ordering dependency ${of} ${what}`
    : `${graph} failed to resolve container ordering dependency ${of} ${what}`;
}

/** A container that never ran shows how far it came, as ECS users know it. */
function shown({ name, image, status, reached, startedAt, desired, exitCode }: DependedOn): string {
  const failed = status === 'STOPPED' && startedAt === null;
  const moves = failed ? `${reached}->STOPPED` : `${status}->${desired}`;
  return `${name}(${image}) (${moves})${exitCode === null ? '' : ` - Exit: ${exitCode}`}`;
}
