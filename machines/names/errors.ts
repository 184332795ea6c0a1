/**
 * The base of every error this agent raises. `code` is stable and part of the interface, `message`
 * is for people and may change. `retry` says whether the same call may succeed later.
 */
export class AgentError extends Error {
  readonly code: string;
  readonly retry: boolean;

  constructor(code: string, message: string, options: { retry?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.retry = options.retry ?? false;
  }
}

/**
 * What an actor keeps of an error: plain JSON, so that it can be stored and shown.
 *
 * `name` is the error name that Amazon ECS shows in a container's reason, e.g.
 * `CannotStartContainerError`; `at` is epoch milliseconds; `roll` is a random number in [0, 1) that
 * came with the fact, for jitter.
 */
export interface Failure {
  code: string;
  name: string;
  message: string;
  retry: boolean;
  at: number;
  roll: number;
}

/** Reads a rejected effect's value; whatever is not a {@link Failure} becomes `UnknownError`. */
export function asFailure(value: unknown): Failure {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Partial<Failure>;
  return {
    code: typeof given.code === 'string' ? given.code : 'UNKNOWN',
    name: typeof given.name === 'string' ? given.name : 'UnknownError',
    message: typeof given.message === 'string' ? given.message : String(value),
    retry: given.retry === true,
    at: typeof given.at === 'number' ? given.at : 0,
    roll: typeof given.roll === 'number' ? given.roll : 0,
  };
}
