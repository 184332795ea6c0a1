import type { AnyActorRef, PromiseActorLogic, PromiseSnapshot } from 'xstate';
import type { AgentIdentity } from '../machines/agent/model.ts';
import type { Deadline, Stamp } from '../machines/names/effects.ts';
import { Ending, type Signal } from '../machines/names/ending.ts';
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
  signal: Signal;
  system: System;
}

/** What tells the call of each running effect that it is given up, by the effect's actor. */
const underWay = new WeakMap<AnyActorRef, Ending>();

/**
 * The logic of an actor that makes one call, as XState's `fromPromise` has it, but with an
 * {@link Ending} in place of an AbortController. A restored one makes its call again.
 */
const calling = <Output, Input>(
  call: (input: Input, scope: EffectScope) => Promise<Output>,
): PromiseActorLogic<Output, Input> => ({
  getInitialSnapshot: (_, input) => ({
    status: 'active',
    output: undefined,
    error: undefined,
    input,
  }),
  getPersistedSnapshot: (snapshot) => snapshot,
  restoreSnapshot: (snapshot) => snapshot as PromiseSnapshot<Output, Input>,
  start: (snapshot, { self, system }) => {
    if (snapshot.status !== 'active') return;
    const ending = new Ending();
    underWay.set(self, ending);
    const tell = (event: Ended<Output>) => {
      if (!ending.aborted) self.send(event);
    };
    call(snapshot.input as Input, { signal: ending, system }).then(
      (output) => tell({ type: 'effect.answered', output }),
      (error) => tell({ type: 'effect.failed', error }),
    );
  },
  transition: (snapshot, event, { self }) => {
    if (snapshot.status !== 'active') return snapshot;
    const { output, error } = event as { output?: Output; error?: unknown };
    switch (event.type) {
      case 'effect.answered':
        return { status: 'done', output: output as Output, error: undefined, input: undefined };
      case 'effect.failed':
        return { status: 'error', output: undefined, error, input: undefined };
      case 'xstate.stop':
        underWay.get(self)?.abort();
        return { status: 'stopped', output: undefined, error: undefined, input: undefined };
      default:
        return snapshot;
    }
  },
});

/** How the call of an effect ended. */
type Ended<Output> =
  | { type: 'effect.answered'; output: Output }
  | { type: 'effect.failed'; error: unknown };

/**
 * Makes an invocable effect of a call to a port: it answers what the call answers, stamped, and
 * rejects with a {@link Failure}. Leaving the state that invoked it aborts `signal`.
 */
export const effect = <Input, Output extends object>(
  pulse: Pulse,
  run: (input: Input, scope: EffectScope) => Promise<Output>,
) =>
  calling<Output & Stamp, Input>(async (input, scope) => {
    try {
      return { ...(await run(input, scope)), ...stamp(pulse) };
    } catch (error) {
      return Promise.reject(failureOf(error, stamp(pulse)));
    }
  });

/** The wait until an absolute deadline. Restored after a restart it ends on time, or at once. */
export const timer = (pulse: Pulse) =>
  calling<Stamp, Deadline>(
    ({ deadline }, { signal }) =>
      new Promise((resolve) => {
        const cancel = pulse.clock.at(deadline, () => resolve(stamp(pulse)));
        signal.addEventListener('abort', cancel, { once: true });
      }),
  );
