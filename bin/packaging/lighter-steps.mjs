// A step of a chart: which transitions an event enables, and what a step by them leaves, enters and does.
export const core = /xstate[\\/]dist[\\/]raise-\w+\.esm\.js$/;
const machine = /xstate[\\/]dist[\\/]StateMachine-\w+\.esm\.js$/;

/** Which transitions an event enables. */
export const selection = [
  {
    // The library keeps these for every name of an event for ever; names have ids of tasks in them.
    file: machine,
    found: /const candidates = memo\(.*\);/,
    instead: `const known = this._candidates ??= new Map();
    let candidates = known.get(eventType);
    if (candidates === undefined) {
      if (known.size > 100) known.clear();
      known.set(eventType, candidates = getCandidates(this, eventType));
    }`,
  },
  { file: machine, found: 'actions.push(...candidate.actions);', instead: '' },
  {
    // Most states have no transitions without an event, and their own and those of the states around
    // them are always the same.
    file: core,
    found:
      /const enabledTransitionSet = new Set\(\);\n {2}const atomicStates[\s\S]*?return removeConflictingTransitions\([^;]*;/,
    instead: `const { withAlways } = ofNodes(nextState.machine, nextState._nodes);
  if (withAlways.length === 0) return [];
  const enabled = new Set();
  for (const node of withAlways) {
    const transition = node._always.find(({ guard }) =>
      guard === undefined || evaluateGuard(guard, nextState.context, event, nextState));
    if (transition) enabled.add(transition);
  }
  if (enabled.size < 2) return [...enabled];
  return removeConflictingTransitions([...enabled], new Set(nextState._nodes), nextState.historyValue);`,
  },
];

/** A step by one transition, of which nearly all are. What it leaves and enters is worked out once. */
export const steps = [
  {
    file: core,
    found: '  return microstep([{\n    target: [...getInitialStateNodes(root)],',
    instead: '  return microstep([root._first ??= {\n    target: [...getInitialStateNodes(root)],',
  },
  {
    file: core,
    found: '  const originalExecutor = actorScope.actionExecutor;',
    instead: `  const step = transitions.length === 1 && stepOf(transitions[0], currentSnapshot, isInitial);
  if (step) return [take(step, currentSnapshot, actorScope, event, internalQueue), actions];
  const originalExecutor = actorScope.actionExecutor;`,
  },
  {
    // An iterator makes an object for each action.
    file: core,
    found: 'for (const action of actions) {',
    instead: `for (let i = 0, all = actions; i < all.length; i++) {
    const action = all[i];`,
  },
  {
    // Nobody asks for the single steps.
    file: core,
    found: 'microsteps.push(step);',
    instead: '',
  },
  {
    file: core,
    found: 'function microstep(',
    instead: `function stepOf(transition, { machine, _nodes }, isInitial) {
  const { nodes } = ofNodes(machine, _nodes);
  const known = (transition._steps ??= new Map()).get(nodes);
  if (known !== undefined) return known;
  const step = workOutStep(transition, machine, nodes, isInitial);
  transition._steps.set(nodes, step);
  return step;
}
function workOutStep(transition, machine, nodes, isInitial) {
  const left = isInitial ? [] : computeExitSet([transition], new Set(nodes), {});
  const entered = new Set();
  const byDefault = new Set(isInitial ? [machine.root] : []);
  computeEntrySet([transition], {}, byDefault, entered);
  const next = new Set(nodes);
  const parts = [];
  for (const node of left.sort((a, b) => b.order - a.order)) {
    next.delete(node);
    parts.push({ actions: [...node.exit, ...node.invoke.map(def => stopChild(def.id))] });
  }
  parts.push({ actions: transition.actions });
  for (const node of [...entered].sort((a, b) => a.order - b.order)) {
    // Where a chart ends, or goes back to where it was, the library sees to it.
    if (node.type === 'final' || node.type === 'history') return null;
    next.add(node);
    const spawned = node.invoke.map(def => spawnChild(def.src, { ...def, syncSnapshot: !!def.onSnapshot }));
    const actions = [...node.entry, ...spawned, ...(byDefault.has(node) ? node.initial.actions : [])];
    parts.push({ actions, ids: node.invoke.map(def => def.id) });
  }
  return {
    parts: parts.filter(({ actions }) => actions.length > 0),
    nodes: areStateNodeCollectionsEqual(nodes, next) ? undefined : ofNodes(machine, [...next]).nodes
  };
}
function take({ parts, nodes }, snapshot, actorScope, event, internalQueue) {
  let next = snapshot;
  for (let i = 0; i < parts.length; i++) {
    const { actions, ids } = parts[i];
    next = resolveActionsAndContext(next, event, actorScope, actions, internalQueue, ids);
  }
  return nodes ? cloneMachineSnapshot(next, { _nodes: nodes }) : next;
}
function microstep(`,
  },
];
