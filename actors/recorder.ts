import type { AnyActorRef, AnyMachineSnapshot, StateValue } from 'xstate';
import type { System } from './effect.ts';

/** Where the agent says what happens. Fields are told apart from the message, never secret. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
export type LogFields = Record<string, string | number | boolean | null>;

/** One state left for another, by one event. */
export interface Transition {
  actor: string;
  from: string;
  to: string;
  event: string;
}

/** A state value as one word: `starting.calling`; parallel regions are joined by `+`. */
export function stateName(value: StateValue): string {
  if (typeof value === 'string') return value;
  // Made for each step of each actor: without lists in between.
  let all = '';
  for (const name in value) {
    const inner = value[name];
    const path = inner ? `${name}.${typeof inner === 'string' ? inner : stateName(inner)}` : name;
    all = all === '' ? path : `${all}+${path}`;
  }
  return all;
}

/**
 * Tells of every state that a machine of the system goes through, in the order it happens; of those
 * actors only whose id fits, where that is given.
 */
export function recordTransitions(
  system: System,
  tell: (transition: Transition) => void,
  fits: (actorId: string) => boolean = () => true,
): void {
  const last = new WeakMap<AnyActorRef, string>();
  system.inspect((event) => {
    if (event.type !== '@xstate.microstep') return;
    const actor = event.actorRef as AnyActorRef;
    if (!fits(actor.id)) return;
    const { value } = event.snapshot as Partial<AnyMachineSnapshot>;
    if (value === undefined) return;
    const to = stateName(value);
    const from = last.get(actor) ?? '';
    if (from === to) return;
    last.set(actor, to);
    tell({ actor: actor.id, from, to, event: event.event.type });
  });
}

/** The steps of a task's or a container's life that those who run a host read of. */
const milestones = new Set(['running', 'stopping', 'stopped']);

/** Logs how tasks and containers fare; at `debug` every transition of every actor. */
export function logTransitions(system: System, log: Log, least: 'debug' | 'info'): void {
  const all = least === 'debug';
  recordTransitions(
    system,
    (transition) => {
      if (all) log.debug('Transition', { ...transition });
      const [kind, task = '', container] = transition.actor.split('/');
      const [from = '', to = ''] = [transition.from, transition.to].map((name) =>
        name.replace(/\..*/, ''),
      );
      if (from === to || !milestones.has(to)) return;
      const { event } = transition;
      if (kind === 'task') log.info(`Task ${to}`, { task, from, event });
      if (kind === 'container')
        log.info(`Container ${to}`, { task, container: container ?? '', from, event });
    },
    (actorId) => all || /^(task|container)\//.test(actorId),
  );
}
