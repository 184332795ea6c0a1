import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

type Args = { context: unknown; event: { type: string } };
type Guard = string | { type: string; params?: unknown };

/** What one run took: the marks of transitions and guards, and the states it went through. */
export interface Path {
  marks: Set<string>;
  through: Set<AnyStateNode>;
}

/**
 * A chart that knows all its states, transitions and guard outcomes, and which of them were taken.
 *
 * `machine` is a copy of the product's in which every transition tells when it is weighed. The guards'
 * own functions decide, with the parameters the chart gives them.
 */
export class Covered<Machine extends AnyStateMachine> {
  readonly machine: Machine;
  readonly all: string[] = [];
  #path: Path = { marks: new Set(), through: new Set() };
  readonly #taken = new Set<string>();

  constructor(machine: Machine) {
    this.machine = machine.provide({}) as Machine;
    const unused = new Set(Object.keys(machine.implementations.guards));
    for (const node of nodesOf(this.machine.root)) {
      if (node !== this.machine.root) this.all.push(markOf(node));
      for (const alternatives of [...node.transitions.values(), node.always ?? []])
        for (const [index, transition] of alternatives.entries()) {
          unused.delete(nameOf(transition.guard as Guard | undefined));
          this.#watch(transition, index);
        }
    }
    for (const guard of unused) this.all.push(`guard ${guard}, which no transition names`);
  }

  /** Forgets what was weighed so far: what comes next belongs to one event. */
  begin(): void {
    this.#path = { marks: new Set(), through: new Set() };
  }

  /** What was weighed since {@link begin}. */
  get path(): Path {
    return this.#path;
  }

  /** Counts a path as taken; `from` and `to` are the states before and after it. */
  take({ marks, through }: Path, from: AnyStateNode[], to: AnyStateNode[]): void {
    for (const mark of marks) this.#taken.add(mark);
    for (const node of [...through, ...to]) if (!from.includes(node)) this.#taken.add(markOf(node));
  }

  missing(): string[] {
    return this.all.filter((mark) => !this.#taken.has(mark));
  }

  #watch(transition: AnyTransitionDefinition, index: number): void {
    const guard = transition.guard as Guard | undefined;
    const { source, eventType, target } = transition;
    const when = eventType === '' ? 'always' : `on ${eventType}`;
    const end = target ? ` to ${target.map(({ id }) => id).join(', ')}` : '';
    const arrow = `${source.id} ${when} ${index + 1}${end}`;
    const mark = (passed: boolean) => `guard ${nameOf(guard)} is ${passed} at ${arrow}`;
    this.all.push(`transition ${arrow}`, ...(guard ? [mark(true), mark(false)] : []));
    const weigh = (args: Args): boolean => {
      const passed = guard === undefined || this.#holds(guard, args);
      if (guard) this.#path.marks.add(mark(passed));
      if (passed) this.#path.marks.add(`transition ${arrow}`);
      if (passed && eventType === '') this.#path.through.add(source);
      return passed;
    };
    Object.assign(transition, { guard: weigh });
  }

  #holds(guard: Guard, args: Args): boolean {
    const params = typeof guard === 'string' ? undefined : guard.params;
    const decide = this.machine.implementations.guards[nameOf(guard)];
    return decide?.(args, typeof params === 'function' ? params(args) : params) ?? false;
  }
}

/** A state node and all below it. */
const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values<AnyStateNode>(node.states).flatMap(nodesOf),
];

const markOf = ({ id }: AnyStateNode): string => `state ${id}`;

const nameOf = (guard: Guard | undefined): string =>
  typeof guard === 'object' ? guard.type : (guard ?? '');
