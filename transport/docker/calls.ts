import type { Clock } from '../host/port.ts';
import { type CallLimit, durationText } from './limits.ts';
import { DockerError } from './port.ts';

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
