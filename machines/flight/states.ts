import type { AnyStateMachine } from 'xstate';
import { admissionMachine } from '../admission/machine.ts';
import { agentMachine } from '../agent/machine.ts';
import { containerMachine } from '../container/machine.ts';
import { imagesMachine } from '../image/machine.ts';
import type { StateMeta } from '../names/effects.ts';
import { reportMachine } from '../report/machine.ts';
import { resourceMachine } from '../resource/machine.ts';
import { sessionMachine } from '../session/machine.ts';
import { spotMachine } from '../spot/machine.ts';
import { taskMachine } from '../task/machine.ts';
import { updateMachine } from '../update/machine.ts';
import { watchMachine } from '../watch/machine.ts';

/** The charts of actors, by the first part of their ids. */
const charts: Record<string, AnyStateMachine> = {
  ...{ admission: admissionMachine, agent: agentMachine, container: containerMachine },
  ...{ images: imagesMachine, outbox: reportMachine, resource: resourceMachine },
  ...{ session: sessionMachine, spot: spotMachine, task: taskMachine, update: updateMachine },
  watch: watchMachine,
};

type Node = { meta?: StateMeta; states: Record<string, Node> };

/**
 * What its chart says of a state of an actor, in a sentence without its subject, e.g. `waits for the
 * Engine to create it`; '' for a state that is left at once, and for one that no chart of this version
 * has.
 */
export function sentenceOfState(actor: string, state: string): string {
  const [chart = '', , kind = '', name = ''] = actor.split('/');
  const root = Object.hasOwn(charts, chart) ? charts[chart]?.root : undefined;
  let node = root as Node | undefined;
  for (const part of state.split('.')) {
    if (!node || !Object.hasOwn(node.states, part)) return '';
    node = node.states[part];
  }
  const meta = node?.meta;
  if (!meta) return '';
  const text = 'steady' in meta ? meta.steady : `waits for ${meta.waits.for}`;
  const others = 'others of its task, or for what its task needs';
  return filled(text, { image: 'its image', waitsFor: others, kind, name });
}

/** What is not known any more, such as the text of an error, is left out. */
const filled = (text: string, words: Record<string, string>): string =>
  text
    .replace('its image {image}', '{image}')
    .replace(/, as the Engine failed to answer: \{trouble\}|: \{trouble\}/, '')
    .replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '')
    .trim();

/**
 * Which states an actor has entered, one for each region of a chart that has several: from
 * `alive.a.x+b.y` to `alive.a.z+b.y` it is `alive.a.z`.
 */
export function enteredStates(from: string, to: string): string[] {
  if (!to.includes('+')) return from === to ? [] : [to];
  const before = new Set(regionsOf(from));
  return regionsOf(to).filter((state) => !before.has(state));
}

function regionsOf(state: string): string[] {
  const [first = '', ...others] = state.split('+');
  const root = first.slice(0, first.indexOf('.') + 1);
  return [first, ...others.map((other) => `${root}${other}`)];
}
