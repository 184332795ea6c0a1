// XState for a thousand tasks: each step of a chart does the same with a third of the garbage. None of
// the charts has history states, and a chart never changes: what follows from it alone is worked out
// once. A spec sees to it that the built agent takes the same steps as the library itself.
const core = /xstate[\\/]dist[\\/]raise-\w+\.esm\.js$/;
const machine = /xstate[\\/]dist[\\/]StateMachine-\w+\.esm\.js$/;
const assign = /xstate[\\/]dist[\\/]assign-\w+\.esm\.js$/;

/** What a snapshot is made of. */
const snapshots = [
  {
    // Two objects for each new snapshot become one, and what follows from its states stays with it.
    file: core,
    found: `  return createMachineSnapshot({
    ...snapshot,
    ...config
  }, snapshot.machine);`,
    instead: `  const nodes = config._nodes;
  return {
    status: config.status ?? snapshot.status,
    output: 'output' in config ? config.output : snapshot.output,
    error: 'error' in config ? config.error : snapshot.error,
    machine: snapshot.machine,
    context: config.context ?? snapshot.context,
    _nodes: nodes ?? snapshot._nodes,
    value: nodes ? ofNodes(snapshot.machine, nodes).value : snapshot.value,
    tags: nodes ? ofNodes(snapshot.machine, nodes).tags : snapshot.tags,
    children: config.children ?? snapshot.children,
    historyValue: config.historyValue ?? snapshot.historyValue,
    matches: machineSnapshotMatches,
    hasTag: machineSnapshotHasTag,
    can: machineSnapshotCan,
    getMeta: machineSnapshotGetMeta,
    toJSON: machineSnapshotToJSON
  };`,
  },
  {
    file: core,
    found: 'function createMachineSnapshot(config, machine) {',
    instead: `function ofNodes(machine, nodes) {
  return nodes._of ??= workOutNodes(machine, nodes);
}
function workOutNodes(machine, nodes) {
  const key = nodes.map(node => node.order).join(' ');
  const known = (machine._ofNodes ??= new Map()).get(key);
  if (known) return known;
  const made = {
    nodes,
    value: getStateValue(machine.root, nodes),
    tags: new Set(nodes.flatMap(sn => sn.tags)),
    atomic: nodes.filter(isAtomicStateNode)
  };
  machine._ofNodes.set(key, made);
  return made;
}
function createMachineSnapshot(config, machine) {`,
  },
  {
    file: core,
    found: `    value: getStateValue(machine.root, config._nodes),
    tags: new Set(config._nodes.flatMap(sn => sn.tags)),
    children`,
    instead: `    value: ofNodes(machine, config._nodes).value,
    tags: ofNodes(machine, config._nodes).tags,
    children`,
  },
];

/** What is kept of a snapshot. No context holds an actor, so none has to be looked through for them. */
const records = [
  {
    file: core,
    found:
      /function getPersistedSnapshot\(snapshot, options\) \{\s*const \{[^}]*\.\.\.jsonValues\s*\} = snapshot;/,
    instead: `function getPersistedSnapshot(snapshot, options) {
  const { status, output, error, value, historyValue, context, children } = snapshot;`,
  },
  {
    file: core,
    found:
      /\.\.\.jsonValues,\s*context: persistContext\(context\),\s*children: childrenJson,\s*historyValue: serializeHistoryValue\(jsonValues\.historyValue\)/,
    instead: `status,
    output,
    error,
    value,
    historyValue: serializeHistoryValue(historyValue),
    context,
    children: childrenJson`,
  },
];

/** Actors that come and go: the children of one are listed anew there each time. */
const children = [
  {
    file: core,
    found: `    children: {
      ...snapshot.children,
      [resolvedId]: actorRef
    }`,
    instead: '    children: (snapshot.children[resolvedId] = actorRef, snapshot.children)',
  },
  {
    file: core,
    found: `    children = {
      ...children
    };
    delete`,
    instead: '    delete',
  },
  {
    // A stopped actor is sent nothing more.
    file: core,
    found:
      /this\.mailbox = new Mailbox\(this\._process\.bind\(this\)\);(?=\s*this\._processingStatus = ProcessingStatus\.Stopped)/,
    instead: '',
  },
  {
    // An actor that ends stops its children one by one, each time with a new list of those left.
    file: core,
    found: /function stopChildren\(nextState, event, actorScope\) \{[\s\S]*?\n\}/,
    instead: `function stopChildren(nextState, event, actorScope) {
  for (const child of Object.values(nextState.children)) executeStop(actorScope, child);
  return cloneMachineSnapshot(nextState, { children: {} });
}`,
  },
];

/** What is told to those who watch all actors. */
const inspection = [
  {
    file: core,
    found: /const resolvedInspectionEvent = \{[\s\S]*?\};\n.*\n/,
    instead: `event.rootId = rootActor.sessionId;
    for (const observer of inspectionObservers) observer.next?.(event);
`,
  },
  {
    // Nobody watches the actions.
    file: core,
    found:
      /this\._actorScope\.system\._sendInspectionEvent\(\{\s*type: '@xstate\.action',[\s\S]*?\n {10}\}\);/,
    instead: '',
  },
];

/** Assignments, most of which spawn nothing. */
const assignments = [
  {
    file: assign,
    found: 'function resolveAssign(',
    instead: `class Assigned {
  constructor(actorScope, snapshot, event) {
    this.context = snapshot.context;
    this.event = event;
    this.self = actorScope.self;
    this.system = actorScope.system;
    this._scope = actorScope;
    this._snapshot = snapshot;
    this._spawned = undefined;
  }
  get spawn() {
    return createSpawner(this._scope, this._snapshot, this.event, this._spawned ??= {});
  }
}
function resolveAssign(`,
  },
  {
    file: assign,
    found: /const spawnedChildren = \{\};\n {2}const assignArgs = \{[\s\S]*?\n {2}\};/,
    instead: 'const assignArgs = new Assigned(actorScope, snapshot, actionArgs.event);',
  },
  {
    // Fields are added to an object one by one there; a spread makes it whole at once.
    file: assign,
    found: 'Object.assign({}, snapshot.context, partialUpdate)',
    instead: '{ ...snapshot.context, ...partialUpdate }',
  },
  {
    file: assign,
    found: `    children: Object.keys(spawnedChildren).length ? {
      ...snapshot.children,
      ...spawnedChildren
    } : snapshot.children`,
    instead: `    children: assignArgs._spawned ? Object.assign(snapshot.children, assignArgs._spawned) : undefined`,
  },
];

/** Which transitions an event enables. */
const selection = [
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
    instead: `const enabled = new Set();
  for (const node of ofNodes(nextState.machine, nextState._nodes).atomic) {
    node._always ??= [node, ...getProperAncestors(node, undefined)].flatMap(s => s.always ?? []);
    const transition = node._always.find(({ guard }) =>
      guard === undefined || evaluateGuard(guard, nextState.context, event, nextState));
    if (transition) enabled.add(transition);
  }
  if (enabled.size < 2) return [...enabled];
  return removeConflictingTransitions([...enabled], new Set(nextState._nodes), nextState.historyValue);`,
  },
];

/** A step by one transition, of which nearly all are. What it leaves and enters is worked out once. */
const steps = [
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
  for (const { actions, ids } of parts)
    next = resolveActionsAndContext(next, event, actorScope, actions, internalQueue, ids);
  return nodes ? cloneMachineSnapshot(next, { _nodes: nodes }) : next;
}
function microstep(`,
  },
];

export const ofXState = [
  ...snapshots,
  ...records,
  ...children,
  ...inspection,
  ...assignments,
  ...selection,
  ...steps,
];
