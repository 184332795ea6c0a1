import type { Clock } from '../host/port.ts';
import { DockerError } from './port.ts';

/** How long one kind of call may take, and the words for what it did not do in time. */
export interface CallLimit {
  ms: number;
  transition: string;
}

const second = 1_000;
const minute = 60 * second;

/**
 * The deadlines of all calls to the Engine: those of the Amazon ECS agent, so that a task fails
 * after the same wait and with the same words. A stop may take its grace on top.
 */
export const dockerLimits = {
  version: { ms: 10 * second, transition: 'version' },
  pull: { ms: 120 * minute, transition: 'pulled' }, // ECS_IMAGE_PULL_TIMEOUT
  imageInspect: { ms: 30 * second, transition: 'inspecting image' },
  create: { ms: 4 * minute, transition: 'created' }, // ECS_CONTAINER_CREATE_TIMEOUT
  start: { ms: 3 * minute, transition: 'started' }, // ECS_CONTAINER_START_TIMEOUT
  stop: { ms: 2 * minute, transition: 'stopped' },
  inspect: { ms: 30 * second, transition: 'inspecting' },
  remove: { ms: 5 * minute, transition: 'removing' },
  list: { ms: 10 * minute, transition: 'listing' },
  events: { ms: 30 * second, transition: 'listening to events' },
} as const satisfies Record<string, CallLimit>;

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
  signal: AbortSignal | undefined;
}

const lostInterest = (): DockerError =>
  new DockerError('DOCKER_ABORTED', 'The call to the Docker Engine was given up');

/**
 * Runs `work`, and rejects when its deadline passes or the caller's signal aborts, whether or not
 * `work` ever settles: dockerode's promise stays open for ever when a connection breaks between the
 * headers and the end of an answer, even if the request was aborted. `work` gets a signal of its
 * own, which ends the request in both cases.
 */
export async function bounded<T>(
  { limit, clock, signal }: CallBounds,
  work: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw lostInterest();
  const ending = new AbortController();
  const { promise: ended, reject } = withReject();
  const end = (error: DockerError) => {
    reject(error);
    ending.abort();
  };
  const onAbort = () => end(lostInterest());
  signal?.addEventListener('abort', onAbort, { once: true });
  const cancelDeadline = clock.at(clock.now() + limit.ms, () => {
    const waited = `timed out after waiting ${durationText(limit.ms)}`;
    end(
      new DockerError('DOCKER_TIMEOUT', `Could not transition to ${limit.transition}; ${waited}`),
    );
  });
  try {
    return await Promise.race([work(ending.signal), ended]);
  } finally {
    cancelDeadline();
    signal?.removeEventListener('abort', onAbort);
  }
}

function withReject(): { promise: Promise<never>; reject: (error: DockerError) => void } {
  let reject: (error: DockerError) => void = () => {};
  const promise = new Promise<never>((_, rejectIt) => {
    reject = rejectIt;
  });
  return { promise, reject };
}

/** The parts of dockerode's errors that say what happened. */
interface EngineAnswer {
  statusCode?: number;
  json?: { message?: unknown } | null;
  message?: string;
}

/**
 * Classifies what a call rejected with: by HTTP status if the Engine answered, else as no
 * connection. Never by text, which differs from one Engine version to the next.
 */
export function dockerErrorOf(error: unknown, dockerHost: string): DockerError {
  if (error instanceof DockerError) return error;
  const answer = (typeof error === 'object' && error !== null ? error : {}) as EngineAnswer;
  if (answer.statusCode === undefined) {
    return new DockerError(
      'DOCKER_UNREACHABLE',
      `The Docker Engine at ${dockerHost} cannot be reached: ${answer.message ?? String(error)}`,
      { cause: error },
    );
  }
  return new DockerError(
    answer.statusCode === 404 ? 'DOCKER_NOT_FOUND' : 'DOCKER_REFUSED',
    `Error response from daemon: ${daemonText(answer)}`,
    { status: answer.statusCode, cause: error },
  );
}

/** The Engine's own words. Of a streamed call dockerode keeps them in its message only. */
function daemonText({ json, message = '' }: EngineAnswer): string {
  if (typeof json?.message === 'string') return json.message;
  return message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim();
}

/** Refuses an answer that is not what the Engine's API promises: another program listens there. */
export function unreadable(what: string): DockerError {
  return new DockerError('DOCKER_UNREACHABLE', `The Docker Engine answered no readable ${what}`);
}

/** Whether a call failed because the Engine answered with this HTTP status. */
export const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof DockerError && error.status === status;
