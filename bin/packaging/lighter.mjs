// What of the libraries in the bundle does the same with less work. Each text must be found as it is
// here, or the build fails: a new version of a library is looked at before it is taken.
import { readFileSync } from 'node:fs';
import { ofXState } from './lighter-xstate.mjs';

/** The AWS SDK copies all settings of its client three times for each call, into what only reads them. */
const ofSdk = [
  {
    file: /middleware-endpoint[\\/]endpointMiddleware\.js$/,
    found: '{ ...config }, context',
    instead: 'Object.create(config), context',
  },
  {
    file: /schemaSerializationMiddleware\.js$/,
    found: /\{\s*\.\.\.config,\s*\.\.\.context,\s*endpoint,\s*\}/,
    instead: 'Object.assign(Object.create(config), context, { endpoint })',
  },
  {
    file: /schemaDeserializationMiddleware\.js$/,
    found: /\{\s*\.\.\.config,\s*\.\.\.context,\s*\}/,
    instead: 'Object.assign(Object.create(config), context)',
  },
];

const changes = [...ofXState, ...ofSdk];

/** The plugin for esbuild. */
export const lighter = {
  name: 'lighter',
  setup({ onLoad, onEnd }) {
    const made = new Set();
    onLoad({ filter: /(xstate|@smithy)[\\/].*\.js$/ }, ({ path }) => {
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
