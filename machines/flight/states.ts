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
 * What the chart of an actor of this kind says of a state, in a sentence without its subject, e.g.
 * `waits for the Engine to create it`; '' for a state that is left at once, and for one that no chart
 * of this version has. What the chart leaves open is left out.
 */
export function sentenceOfState(kind: string, state: string): string {
  const chart = Object.hasOwn(charts, kind) ? charts[kind] : undefined;
  let node = chart?.root as Node | undefined;
  for (const name of state === '' ? [] : state.split('.')) {
    if (!node || !Object.hasOwn(node.states, name)) return '';
    node = node.states[name];
  }
  const meta = node?.meta;
  if (!meta) return '';
  if ('steady' in meta) return closed(meta.steady);
  return closed(`waits for ${meta.waits.for}`);
}

const closed = (text: string): string =>
  text
    .replace('{waitsFor}', 'others of its task, or for what its task needs')
    .replace(/,? (as the Engine failed to answer)?:? ?\{\w+\}|\{\w+\}/g, '')
    .replace(/ +/g, ' ')
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
