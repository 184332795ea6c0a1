// What of the libraries in the bundle does the same with less work. Each text must be found as it is
// here, or the build fails: a new version of a library is looked at before it is taken.
import { readFileSync } from 'node:fs';

const changes = [
  {
    // It follows redirects, which no Engine sends, and for that works out an address for each request.
    file: /docker-modem[\\/]lib[\\/]modem\.js$/,
    found: "http = require('./http'),",
    instead: "http = { http: require('http'), https: require('https') },",
  },
  {
    // It prints each request to a debug text that is made whether or not anybody reads it.
    file: /docker-modem[\\/]lib[\\/]modem\.js$/,
    found: /debug\('Sending: %s', util\.inspect\([\s\S]*?\}\)\);/,
    instead: '',
  },
  {
    // Each action of a transition makes a new snapshot. Where it leaves the states as they are, so it
    // may leave what was worked out of them: half of all that a busy agent allocates.
    file: /xstate[\\/]dist[\\/]raise-\w+\.esm\.js$/,
    found: 'value: getStateValue(machine.root, config._nodes),',
    instead: 'value: config.value ?? getStateValue(machine.root, config._nodes),',
  },
  {
    file: /xstate[\\/]dist[\\/]raise-\w+\.esm\.js$/,
    found: 'tags: new Set(config._nodes.flatMap(sn => sn.tags)),',
    instead: 'tags: config.tags ?? new Set(config._nodes.flatMap(sn => sn.tags)),',
  },
  {
    file: /xstate[\\/]dist[\\/]raise-\w+\.esm\.js$/,
    found: `  return createMachineSnapshot({
    ...snapshot,
    ...config
  }, snapshot.machine);`,
    instead: `  const made = { ...snapshot, ...config };
  if (config._nodes) made.value = made.tags = undefined;
  return createMachineSnapshot(made, snapshot.machine);`,
  },
  {
    // Fields are added to an object one by one there; a spread makes it whole at once.
    file: /xstate[\\/]dist[\\/]assign-\w+\.esm\.js$/,
    found: 'Object.assign({}, snapshot.context, partialUpdate)',
    instead: '{ ...snapshot.context, ...partialUpdate }',
  },
  {
    // An actor that ends stops its children one by one, each time with a new list of those left: a
    // second and more for a thousand tasks.
    file: /xstate[\\/]dist[\\/]raise-\w+\.esm\.js$/,
    found: /function stopChildren\(nextState, event, actorScope\) \{[\s\S]*?\n\}/,
    instead: `function stopChildren(nextState, event, actorScope) {
  for (const child of Object.values(nextState.children)) executeStop(actorScope, child);
  return cloneMachineSnapshot(nextState, { children: {} });
}`,
  },
];

/** The plugin for esbuild. */
export const lighter = {
  name: 'lighter',
  setup({ onLoad, onEnd }) {
    const made = new Set();
    onLoad({ filter: /(docker-modem|xstate)[\\/].*\.js$/ }, ({ path }) => {
      const due = changes.filter(({ file }) => file.test(path));
      if (due.length === 0) return undefined;
      let contents = readFileSync(path, 'utf8');
      for (const change of due) {
        const next = contents.replace(change.found, () => change.instead);
        if (next === contents) throw new Error(`${path} has no ${change.found}`);
        contents = next;
        made.add(change);
      }
      return { contents };
    });
    onEnd(() => {
      const missing = changes.find((change) => !made.has(change));
      if (missing) throw new Error(`no file is ${missing.file}`);
    });
  },
};
