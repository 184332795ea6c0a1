// XState for a thousand tasks: each step of a chart does the same with a third of the garbage. None of
// the charts has history states, and a chart never changes: what follows from it alone is worked out
// once. A spec sees to it that the built agent takes the same steps as the library itself.
import { core, selection, steps } from './lighter-steps.mjs';

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
    withAlways: nodes.filter(isAtomicStateNode).filter(node => {
      node._always ??= [node, ...getProperAncestors(node, undefined)].flatMap(s => s.always ?? []);
      return node._always.length > 0;
    })
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
    inspectionObservers.forEach(tellObserver, event);
`,
  },
  {
    file: core,
    found: 'function createSystem(',
    instead: `function tellObserver(observer) {
  observer.next?.(this);
}
function createSystem(`,
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

export const ofXState = [
  ...snapshots,
  ...records,
  ...children,
  ...inspection,
  ...assignments,
  ...selection,
  ...steps,
];
