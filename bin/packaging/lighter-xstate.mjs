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
  let key = '';
  for (const node of nodes) key += node.order + ' ';
  const known = (machine._ofNodes ??= new Map()).get(key);
  if (known) return known;
  const made = {
    value: getStateValue(machine.root, nodes),
    tags: new Set(nodes.flatMap(sn => sn.tags))
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

/** The children of an actor, which are listed anew there for each that comes or goes. */
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
    file: core,
    found: `  const enabledTransitionSet = new Set();
  const atomicStates`,
    instead: `  if (!nextState._nodes.some(node => node.always)) return [];
  const enabledTransitionSet = new Set();
  const atomicStates`,
  },
  {
    // One transition conflicts with no other.
    file: core,
    found: '  const filteredTransitions = new Set();',
    instead: `  if (enabledTransitions.length < 2) return enabledTransitions;
  const filteredTransitions = new Set();`,
  },
];

/** Which states a transition leaves and enters, and what is done then. */
const steps = [
  {
    // A transition without a target leaves and enters nothing.
    file: core,
    found: '    const mutStateNodeSet = new Set(currentSnapshot._nodes);',
    instead: `    if (!isInitial && transitions.every(t => !t.target?.length)) {
      const named = transitions.length === 1 ? transitions[0].actions : transitions.flatMap(t => t.actions);
      return [resolveActionsAndContext(currentSnapshot, event, actorScope, named, internalQueue, undefined), actions];
    }
    const mutStateNodeSet = new Set(currentSnapshot._nodes);`,
  },
  {
    file: core,
    found: '  return microstep([{\n    target: [...getInitialStateNodes(root)],',
    instead: '  return microstep([root._first ??= {\n    target: [...getInitialStateNodes(root)],',
  },
  {
    file: core,
    found: '  const targets = new Set();\n  for (const targetNode of transition.target) {',
    instead: `  if (!transition.target.some(node => isHistoryNode(node))) return transition.target;
  const targets = new Set();
  for (const targetNode of transition.target) {`,
  },
  {
    file: core,
    found: 'function getTransitionDomain(transition, historyValue) {',
    instead: `function getTransitionDomain(transition, historyValue) {
  const known = transition._domain ??= { of: workOutDomain(transition, historyValue) };
  return known.of;
}
function workOutDomain(transition, historyValue) {`,
  },
  {
    file: core,
    found: 'return Object.keys(stateNode.states).map(',
    instead: 'return stateNode._histories ??= Object.keys(stateNode.states).map(',
  },
  {
    file: core,
    found: '[...s.exit, ...s.invoke.map(def => stopChild(def.id))]',
    instead: 's._leaving ??= [...s.exit, ...s.invoke.map(def => stopChild(def.id))]',
  },
  {
    file: core,
    found:
      /const statesToEnter = new Set\(\);[\s\S]*?const statesForDefaultEntry = new Set\(\);\s*computeEntrySet\([^;]*;[\s\S]*?\n {2}\}\n/,
    instead: `const { entered, byDefault } = entryOf(filteredTransitions, historyValue, isInitial ? currentSnapshot.machine.root : undefined);
`,
  },
  {
    file: core,
    found: 'of [...statesToEnter].sort((a, b) => a.order - b.order)) {\n    mutStateNodeSet',
    instead: 'of entered) {\n    mutStateNodeSet',
  },
  {
    file: core,
    found:
      /const actions = \[\];\s*\/\/ Add entry actions[\s\S]*?nextSnapshot = resolveActionsAndContext\([^;]*;/,
    instead: `const { actions, ids } = enteringOf(stateNodeToEnter, byDefault.has(stateNodeToEnter));
    nextSnapshot = resolveActionsAndContext(nextSnapshot, event, actorScope, actions, internalQueue, ids);`,
  },
  {
    file: core,
    found: 'function enterStates(',
    instead: `function entryOf(transitions, historyValue, root) {
  const [only] = transitions;
  if (transitions.length === 1 && only._entry) return only._entry;
  const entered = new Set();
  const byDefault = new Set();
  computeEntrySet(transitions, historyValue, byDefault, entered);
  if (root) byDefault.add(root);
  const made = { entered: [...entered].sort((a, b) => a.order - b.order), byDefault };
  if (transitions.length === 1) only._entry = made;
  return made;
}
function enteringOf(node, isDefault) {
  const kept = isDefault ? '_enteringByDefault' : '_entering';
  return node[kept] ??= {
    actions: [
      ...node.entry,
      ...node.invoke.map(def => spawnChild(def.src, { ...def, syncSnapshot: !!def.onSnapshot })),
      ...(isDefault ? node.initial.actions : [])
    ],
    ids: node.invoke.map(def => def.id)
  };
}
function enterStates(`,
  },
];

export const ofXState = [
  ...snapshots,
  ...children,
  ...inspection,
  ...assignments,
  ...selection,
  ...steps,
];
