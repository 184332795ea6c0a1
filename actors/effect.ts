import { type AnyActorRef, fromPromise } from 'xstate';
import type { AgentIdentity } from '../machines/agent/model.ts';
import type { Deadline, Stamp } from '../machines/names/effects.ts';
import { AgentError, type Failure } from '../machines/names/errors.ts';
import type { Clock, Random } from '../transport/host/port.ts';

/** The ports that stamp every fact: when it happened, and a random number for jitter. */
export interface Pulse {
  clock: Clock;
  random: Random;
}

export const stamp = ({ clock, random }: Pulse): Stamp => ({
  at: clock.now(),
  roll: random.roll(),
});

/** Turns an error of a port into what an actor may keep of it. */
export function failureOf(error: unknown, { at, roll }: Stamp): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof AgentError ? error : null;
  return {
    code: known?.code ?? 'UNKNOWN',
    name: 'UnknownError',
    message,
    retry: known?.retry ?? false,
    at,
    roll,
  };
}

/** The system of actors that an effect belongs to: finds actors by name. */
export type System = AnyActorRef['system'];

/** What the root of the system remembers of the agent itself. */
export const identityOf = (system: System): AgentIdentity =>
  system.get('agent').getSnapshot().context;

/** What an effect is given besides its input. */
export interface EffectScope {
  signal: AbortSignal;
  system: System;
}

/**
 * Makes an invocable effect of a call to a port: it answers what the call answers, stamped, and
 * rejects with a {@link Failure}. Leaving the state that invoked it aborts `signal`.
 */
export const effect = <Input, Output extends object>(
  pulse: Pulse,
  run: (input: Input, scope: EffectScope) => Promise<Output>,
) =>
  fromPromise<Output & Stamp, Input>(async ({ input, signal, system }) => {
    try {
      return { ...(await run(input, { signal, system })), ...stamp(pulse) };
    } catch (error) {
      return Promise.reject(failureOf(error, stamp(pulse)));
    }
  });

/** The wait until an absolute deadline. Restored after a restart it ends on time, or at once. */
export const timer = (pulse: Pulse) =>
  fromPromise<Stamp, Deadline>(
    ({ input, signal }) =>
      new Promise((resolve) => {
        const cancel = pulse.clock.at(input.deadline, () => resolve(stamp(pulse)));
        signal.addEventListener('abort', cancel, { once: true });
      }),
  );
