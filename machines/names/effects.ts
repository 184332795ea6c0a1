import { type AnyEventObject, fromCallback, fromPromise } from 'xstate';
import { asFailure, type Failure } from './errors.ts';

/** What every effect answers: when it ended, and a random number in [0, 1) for jitter. */
export interface Stamp {
  at: number;
  roll: number;
}

/** Input of a wait: the epoch millisecond at which it ends, so that a restart does not lengthen it. */
export interface Deadline {
  deadline: number;
}

/**
 * What a state says of itself: `steady` if it may last for ever, else what it `waits` for, the name
 * of the limit after which the wait ends, and what happens `then`.
 */
export type StateMeta =
  | { steady: string }
  | { waits: { for: string; deadline: string; then: string } };

/** The meta data of a state that waits, and of what. */
export const waits = (what: string, deadline: string, then: string): { meta: StateMeta } => ({
  meta: { waits: { for: what, deadline, then } },
});

/** A place for an effect that the actors provide; running it unprovided is a mistake in wiring. */
export const unbound = <Output extends Stamp, Input>(name: string) =>
  fromPromise<Output, Input>(() => Promise.reject(new Error(`effect "${name}" is not provided`)));

/** The same for an effect that lives on and exchanges events with its actor. */
export const unboundCallback = <Event extends AnyEventObject, Input>(name: string) =>
  fromCallback<Event, Input>(() => {
    throw new Error(`effect "${name}" is not provided`);
  });

/** When an event happened, whichever way it came: command, fact, effect done or effect failed. */
export function stampOf(event: object): Stamp {
  if ('output' in event) return event.output as Stamp;
  if ('error' in event) return asFailure(event.error);
  const { at, roll } = event as Partial<Stamp>;
  return { at: at ?? 0, roll: roll ?? 0 };
}

/** What a failed effect met, as the parameter of an action or a guard. */
export const failure = ({ event }: { event: { error: unknown } }): Failure =>
  asFailure(event.error);
