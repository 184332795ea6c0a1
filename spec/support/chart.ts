import { expect } from 'chai';
import {
  type AnyActorRef,
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type ContextFrom,
  createActor,
  type DoneActorEvent,
  type ErrorActorEvent,
  type EventFromLogic,
  type EventObject,
  fromTransition,
  type InputFrom,
  initialTransition,
  pathToStateValue,
  type StateValue,
  transition,
} from 'xstate';
import { Covered, type Path } from './chart-coverage.ts';

/** What an actor asks for on its way: an actor it starts or stops, an event it tells another. */
export type Ask =
  | { starts: string; src: string; input: unknown; systemId?: string }
  | { stops: string }
  | { tells: string; event: unknown };

/** Asks for an actor: `id` is its name here, `src` what it is in the chart. */
export const starts = (id: string, src: string, input?: unknown): Ask => ({
  starts: id,
  src,
  input,
});
/** The same for an actor that all others can find by its id. */
export const spawns = (id: string, src: string, input?: unknown): Ask => ({
  ...starts(id, src, input),
  systemId: id,
});
export const stops = (id: string): Ask => ({ stops: id });
export const tells = (whom: string, event: unknown): Ask => ({ tells: whom, event });

/** The end of an effect, as its actor is told of it. */
export const done = <Output>(id: string, output: Output): DoneActorEvent<Output> => ({
  type: `xstate.done.actor.${id}`,
  output,
  actorId: id,
});
export const failed = <Failure>(id: string, error: Failure): ErrorActorEvent<Failure> => ({
  type: `xstate.error.actor.${id}`,
  error,
  actorId: id,
});

/** Who is there besides the effects that run anyway: children by id, others by their system id. */
export interface Neighbours {
  children?: string[];
  system?: string[];
}

/** A state: a path such as `starting.calling`, or a value where several states are active. */
type State = string | Exclude<StateValue, string>;

/** An actor in a state, about to get an event. */
export interface Given<Machine extends AnyStateMachine> {
  gets(event: EventFromLogic<Machine> | DoneActorEvent | ErrorActorEvent): Outcome<Machine>;
  output: unknown;
}

/** What came of an event. All of it is asserted: the state, the whole context, and all that is asked. */
export interface Outcome<Machine extends AnyStateMachine> {
  comesTo(state: State, changes?: Partial<ContextFrom<Machine>>, asks?: Ask[]): Given<Machine>;
  stays(changes?: Partial<ContextFrom<Machine>>, asks?: Ask[]): Given<Machine>;
}

/** A machine whose states, transitions and guard outcomes are counted as stories take them. */
export const chart = <Machine extends AnyStateMachine>(machine: Machine): Covered<Machine> =>
  new Covered(machine);

/** An actor that is in `state` and knows `context`, with the effects of that state under way. */
export function when<Machine extends AnyStateMachine>(
  covered: Covered<Machine>,
  state: State,
  context: ContextFrom<Machine>,
  neighbours: Neighbours = {},
): Given<Machine> {
  const snapshot = covered.machine.resolveState({ value: asValue(state), context });
  const running = snapshot._nodes.flatMap((node: { invoke: { id: string }[] }) =>
    node.invoke.map(({ id }) => id),
  );
  for (const id of [...running, ...(neighbours.children ?? [])])
    snapshot.children[id] = standIn(id);
  return given(covered, snapshot, neighbours);
}

/** An actor that is made of `input`. */
export function begins<Machine extends AnyStateMachine>(
  covered: Covered<Machine>,
  input: InputFrom<Machine>,
  neighbours: Neighbours = {},
): Outcome<Machine> {
  const logic: AnyStateMachine = amid(covered, neighbours);
  const [after, actions] = initialTransition(logic, input);
  return outcome(covered, { before: null, after, asks: asksOf(actions), neighbours });
}

/** The last test of a chart's stories: counts what they took, and names what none of them did. */
export function everythingWasTaken(covered: Covered<AnyStateMachine>): void {
  const promise = `every state, transition and guard outcome of ${covered.machine.id} was taken`;
  // A suite of its own, because mocha runs the tests of a suite before the suites within.
  describe('as a chart', () => {
    it(promise, function () {
      const { length } = covered.all;
      const missing = covered.missing();
      this.runnable().title = `${promise}: ${length - missing.length} of ${length}`;
      expect(missing.join('\n'), 'never taken').to.equal('');
    });
  });
}

const given = <Machine extends AnyStateMachine>(
  covered: Covered<Machine>,
  before: AnyMachineSnapshot,
  neighbours: Neighbours,
): Given<Machine> => ({
  output: before.output,
  gets: (event) => {
    const logic: AnyStateMachine = amid(covered, neighbours);
    const [after, actions] = transition(logic, before, event);
    const asked = asksOf(actions).filter((ask) => !('stops' in ask && isEndOf(ask.stops, event)));
    const asks = [...assignedOf(before, after, asked), ...asked];
    return outcome(covered, { before, after, asks, neighbours });
  },
});

interface Run {
  before: AnyMachineSnapshot | null;
  after: AnyMachineSnapshot;
  asks: Ask[];
  neighbours: Neighbours;
}

function outcome<Machine extends AnyStateMachine>(
  covered: Covered<Machine>,
  { before, after, asks, neighbours }: Run,
): Outcome<Machine> {
  const path: Path = covered.path;
  const check = (value: StateValue, changes: object = {}, asked: Ask[] = []) => {
    if (after.status === 'error') throw after.error;
    expect(after.value).to.deep.equal(value);
    expect(after.context).to.deep.equal({ ...before?.context, ...changes });
    expect(asks).to.deep.equal(asked);
    covered.take(path, before?._nodes ?? [], after._nodes);
    return given(covered, after, neighbours);
  };
  return {
    comesTo: (state, changes, asked) => check(asValue(state), changes, asked),
    stays: (changes, asked) => check(before?.value ?? '', changes, asked),
  };
}

const asValue = (state: State): StateValue =>
  typeof state === 'string' ? pathToStateValue(state.split('.')) : state;

/** An actor that is there to be named, and never runs. */
const standIn = (id: string, parent?: AnyActorRef): AnyActorRef =>
  createActor(
    fromTransition((state) => state, null),
    parent ? { id, systemId: id, parent } : { id },
  );

/** The chart with a parent and with neighbours that its actions can find. */
function amid(covered: Covered<AnyStateMachine>, { system = [] }: Neighbours): AnyStateMachine {
  const { machine } = covered;
  const prepare = (scope: AnyActorScope): void => {
    scope.self._parent = standIn('parent');
    for (const id of system) standIn(id, scope.self);
    covered.begin();
  };
  return Object.assign(Object.create(machine), {
    getInitialSnapshot: (scope: AnyActorScope, input: unknown) => {
      prepare(scope);
      return machine.getInitialSnapshot(scope, input);
    },
    transition: (before: AnyMachineSnapshot, event: EventObject, scope: AnyActorScope) => {
      prepare(scope);
      return machine.transition(before, event, scope);
    },
  });
}

type Spawn = { id: string; src: string; input: unknown; systemId?: string };

function asksOf(actions: { type: string; params: unknown }[]): Ask[] {
  return actions.flatMap(({ type, params }): Ask[] => {
    switch (type) {
      case 'xstate.spawnChild': {
        const { id, src, input, systemId } = params as Spawn;
        return [{ starts: id, src, input, ...(systemId && { systemId }) }];
      }
      case 'xstate.stopChild':
        return params ? [stops((params as AnyActorRef).id)] : [];
      case 'xstate.sendTo': {
        const { to, event } = params as { to: AnyActorRef; event: unknown };
        return [tells(to.id, event)];
      }
      // What it tells itself is seen in what comes of it.
      case 'xstate.raise':
        return [];
      default:
        throw new Error(`an action of its own making: ${type}`);
    }
  });
}

/** Actors that an assignment has spawned: children of which no action tells. */
function assignedOf(before: AnyMachineSnapshot, after: AnyMachineSnapshot, asked: Ask[]): Ask[] {
  const told = asked.flatMap((ask) => ('starts' in ask ? [ask.starts] : []));
  // What an actor was made of is not part of its public face.
  type Made = { src: unknown; options?: { input?: unknown; systemId?: string } };
  const children = Object.entries(after.children as unknown as Record<string, Made>);
  return children
    .filter(([id]) => !(id in before.children) && !told.includes(id))
    .map(([id, { src, options }]) => {
      const { input, systemId } = options ?? {};
      return { starts: id, src: String(src), input, ...(systemId && { systemId }) };
    });
}

const isEndOf = (id: string, { type }: EventObject): boolean =>
  type === `xstate.done.actor.${id}` || type === `xstate.error.actor.${id}`;
