import { pathToFileURL } from 'node:url';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { type Breach, root, type Source, type Token, tokensOf } from './source.ts';

type Members = Record<string, unknown>;

/** Says what is wrong with a machine, and at which path of its `setup` or its definition. */
export interface Fault {
  in: 'setup' | 'createMachine';
  path: string[];
  says: string;
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null;
const listOf = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
const isMachine = (value: unknown): value is AnyStateMachine =>
  isObject(value) && 'root' in value && 'implementations' in value;

/** What the machines of a file break; a file that defines a machine has to export it. */
export async function chartBreaches(source: Source): Promise<Breach[]> {
  const tokens = tokensOf(source);
  const made = tokens.find(({ text }) => text === 'createMachine');
  if (!made) return [];
  const breach = (line: number, says: string) => ({ path: source.path, line, says });
  if (!source.path.startsWith('machines/'))
    return [breach(made.line, 'machines are defined in machines/')];
  const exported: Members = await import(pathToFileURL(root + source.path).href);
  const machines = Object.values(exported).filter(isMachine);
  if (machines.length !== 1) return [breach(made.line, 'a file defines and exports one machine')];
  return machines
    .flatMap(faultsOf)
    .map((fault) => breach(lineOf(tokens, fault), [...fault.path, fault.says].join(' ')));
}

/** What a machine breaks: names for all it does, built-in actions only, an end for each wait. */
export const faultsOf = (machine: AnyStateMachine): Fault[] => [
  ...setupFaults(machine),
  ...definitionFaults(machine.config, []),
  ...leavesOf(machine.root).flatMap(metaFaults),
];

function setupFaults({ implementations }: AnyStateMachine): Fault[] {
  return Object.entries(implementations.actions).flatMap(([name, action]) => {
    const { type, delay } = Object(action) as { type?: unknown; delay?: unknown };
    const fault = { in: 'setup' as const, path: ['actions', name] };
    if (!String(type).startsWith('xstate.'))
      return [{ ...fault, says: 'is not one of the built-in actions' }];
    if (delay !== undefined && typeof delay !== 'string')
      return [{ ...fault, says: 'has a delay without a name' }];
    return [];
  });
}

/** Walks the definition as it is written: XState gives what has no name one of its own. */
function definitionFaults(state: unknown, path: string[]): Fault[] {
  if (!isObject(state)) return [];
  const fault = (says: string): Fault => ({ in: 'createMachine', path, says });
  const invoked = listOf(state.invoke).filter(isObject);
  const transitions = [
    state,
    ...invoked,
    ...Object.values(Object(state.on)).map((handled) => ({ onDone: handled })),
  ].flatMap(({ always, onDone, onError, onSnapshot }: Members) =>
    [always, onDone, onError, onSnapshot].flatMap(listOf).filter(isObject),
  );
  const actions = [
    ...[state.entry, state.exit].flatMap(listOf),
    ...[...transitions, Object(state.initial)].flatMap((transition) => listOf(transition.actions)),
  ];
  const guards = transitions.flatMap(({ guard }) => listOf(guard));
  return [
    ...(state.after === undefined ? [] : [fault('has a plain "after", which a restart loses')]),
    ...actions
      .filter((action) => !isNamed(action))
      .map(() => fault('has an action without a name')),
    ...guards.filter((guard) => !isNamed(guard)).map(() => fault('has a guard without a name')),
    ...invoked
      .filter(({ src }) => typeof src !== 'string')
      .map(() => fault('has an actor without a name')),
    ...Object.entries(Object(state.states)).flatMap(([name, child]) =>
      definitionFaults(child, [...path, 'states', name]),
    ),
  ];
}

const isNamed = (reference: unknown): boolean =>
  typeof reference === 'string' || (isObject(reference) && typeof reference.type === 'string');

const leavesOf = (node: AnyStateNode): AnyStateNode[] => {
  const children = Object.values(node.states);
  return children.length > 0 ? children.flatMap(leavesOf) : [node];
};

/** A state is steady, waits with an end, or is passed through by an `always` without a guard. */
function metaFaults(leaf: AnyStateNode): Fault[] {
  const passedThrough = leaf.always !== undefined && leaf.always.at(-1)?.guard === undefined;
  if (leaf.type === 'final' || passedThrough || isStateMeta(leaf.meta)) return [];
  const path = leaf.path.flatMap((name) => ['states', name]);
  return [{ in: 'createMachine', path, says: 'is neither steady nor a wait with a deadline' }];
}

function isStateMeta(meta: unknown): boolean {
  const { steady, waits } = Object(meta) as { steady?: unknown; waits?: unknown };
  if ((steady === undefined) === (waits === undefined)) return false;
  const said = waits === undefined ? [steady] : [Object(waits).for, Object(waits).deadline];
  return said.every((text) => typeof text === 'string' && text !== '');
}

/** The line of the deepest part of a fault's path that is written where the path says. */
export function lineOf(tokens: Token[], fault: Pick<Fault, 'in' | 'path'>): number {
  let at = tokens.findIndex(({ text }, i) => text === fault.in && tokens[i + 1]?.text === '(') + 1;
  for (const name of fault.path) {
    const key = keyIn(tokens, at, name);
    if (key < 0) break;
    at = key;
  }
  return tokens[at]?.line ?? 0;
}

/** Where the object that starts behind `from` has a key of this name; -1 where it has none. */
function keyIn(tokens: Token[], from: number, name: string): number {
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (at <= from) continue;
    if ('{[('.includes(token.text)) depth++;
    if ('}])'.includes(token.text)) depth--;
    if (depth < 0) return -1;
    if (depth === 1 && token.value === name && tokens[at + 1]?.text === ':') return at;
  }
  return -1;
}
