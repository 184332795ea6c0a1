import type { Ending, Signal } from '../../machines/names/ending.ts';
import type { Clock } from '../host/port.ts';
import { within } from '../wire/within.ts';
import { DockerError } from './port.ts';

/** How long one kind of call may take, and the words for what it did not do in time. */
export interface CallLimit {
  ms: number;
  transition: string;
  /**
   * How it passes the gate: `counted` calls keep the Engine busy, `uncounted` ones mostly wait for
   * something else, `behind` ones wait until the agent has nothing better to do, and
   * `always` are those that find out whether the Engine is there.
   */
  passes?: 'counted' | 'uncounted' | 'behind' | 'always';
}

const second = 1_000;
const minute = 60 * second;

/**
 * The deadlines of all calls to the Engine, by the name of the port's method: those of the Amazon
 * ECS agent, so that a task fails after the same wait and with the same words. A stop may take its
 * grace on top.
 */
export const dockerLimits = {
  version: { ms: 10 * second, transition: 'version', passes: 'always' },
  ping: { ms: 5 * second, transition: 'ping', passes: 'uncounted' },
  info: { ms: 10 * second, transition: 'info' },
  create: { ms: 4 * minute, transition: 'created' }, // ECS_CONTAINER_CREATE_TIMEOUT
  start: { ms: 3 * minute, transition: 'started' }, // ECS_CONTAINER_START_TIMEOUT
  stop: { ms: 2 * minute, transition: 'stopped', passes: 'uncounted' },
  inspect: { ms: 30 * second, transition: 'inspecting' },
  remove: { ms: 5 * minute, transition: 'removing' },
  list: { ms: 10 * minute, transition: 'listing' },
  watch: { ms: 30 * second, transition: 'listening to events', passes: 'always' },
  stats: { ms: 18 * second, transition: 'reading statistics', passes: 'uncounted' },
  followStats: { ms: 18 * second, transition: 'reading statistics', passes: 'behind' },
  inspectImage: { ms: 30 * second, transition: 'inspecting image' },
  resolveDigest: { ms: minute, transition: 'MANIFEST_PULLED', passes: 'uncounted' }, // ECS_MANIFEST_PULL_TIMEOUT
  pull: { ms: 120 * minute, transition: 'pulled', passes: 'uncounted' }, // ECS_IMAGE_PULL_TIMEOUT
  pullBegin: { ms: 5 * minute, transition: 'pullBegin' },
  tag: { ms: 30 * second, transition: 'tagging image' },
  listImages: { ms: 10 * minute, transition: 'listing' },
  removeImage: { ms: 3 * minute, transition: 'removing image' },
  importImage: { ms: 2 * minute, transition: 'loading image' },
  volumePlugins: { ms: 30 * second, transition: 'listing volume plugins' },
  inspectVolume: { ms: 5 * minute, transition: 'inspecting volume' },
  createVolume: { ms: 5 * minute, transition: 'creating volume' },
  removeVolume: { ms: 5 * minute, transition: 'removing volume' },
} as const satisfies Record<string, CallLimit>;

export type DockerLimits = Record<keyof typeof dockerLimits, CallLimit>;

/** A duration as ECS shows it in a container's reason: `30s`, `4m0s`, `2h0m0s`. */
export function durationText(ms: number): string {
  const seconds = ms / second;
  const minutes = Math.floor(seconds / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (minutes === 0) return rest;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${rest}` : `${hours}h${minutes % 60}m${rest}`;
}

/** What ends a call other than its answer. */
export interface CallBounds {
  limit: CallLimit;
  clock: Clock;
  signal?: Signal | undefined;
  /** What a passed deadline is told as, where it is no ordinary time-out. */
  late?: () => DockerError;
}

export const lostInterest = (): DockerError =>
  new DockerError('DOCKER_ABORTED', 'The call to the Docker Engine was given up');

/** What a passed deadline is told as, under the code of the wait that it ended. */
export const overdue = (
  { ms, transition }: CallLimit,
  code: 'DOCKER_TIMEOUT' | 'DOCKER_STALLED' = 'DOCKER_TIMEOUT',
): DockerError =>
  new DockerError(
    code,
    `Could not transition to ${transition}; timed out after waiting ${durationText(ms)}`,
  );

/** Runs `work`, and ends what it has under way, by its deadline or when the caller's signal aborts. */
export const bounded = <T>(
  { limit, clock, signal, late = () => overdue(limit) }: CallBounds,
  work: (ending: Ending) => Promise<T>,
): Promise<T> => within({ clock, ms: limit.ms, late, signal, givenUp: lostInterest }, work);

/** The Engine's answer to what it does not do: an HTTP status, and why in its own words. */
export class EngineRefusal extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/**
 * Classifies what a call rejected with: by HTTP status if the Engine answered, else as no
 * connection. Never by text, which differs from one Engine version to the next.
 */
export function dockerErrorOf(error: unknown, dockerHost: string): DockerError {
  if (error instanceof DockerError) return error;
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof EngineRefusal))
    return new DockerError(
      'DOCKER_UNREACHABLE',
      `The Docker Engine at ${dockerHost} cannot be reached: ${message}`,
      { cause: error },
    );
  return new DockerError(
    error.statusCode === 404 ? 'DOCKER_NOT_FOUND' : 'DOCKER_REFUSED',
    `Error response from daemon: ${message}`,
    { status: error.statusCode, cause: error },
  );
}

/** Refuses an answer that is not what the Engine's API promises: another program listens there. */
export function unreadable(what: string): DockerError {
  return new DockerError('DOCKER_UNREACHABLE', `The Docker Engine answered no readable ${what}`);
}

/** Whether a call failed because the Engine answered with this HTTP status. */
export const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof DockerError && error.status === status;

/** A call whose answer is nothing, and to which this status says that it was done before. */
export async function unless(status: number, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!hasStatus(error, status)) throw error;
  }
}

/** What a call answers, or null where the Engine has no such thing. */
export async function orNull<Answer>(call: Promise<Answer>): Promise<Answer | null> {
  try {
    return await call;
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}
