// What of the libraries in the bundle does the same with less work. Each text must be found as it is
// here, or the build fails: a new version of a library is looked at before it is taken.
import { readFileSync } from 'node:fs';
import { ofXState } from './lighter-xstate.mjs';

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
    // Its way of giving up a request watches both request and answer for their ends; all that is
    // wanted is that the connection goes.
    instead: `if (options.ending) {
    if (options.ending.aborted) req.destroy();
    options.ending.addEventListener('abort', () => req.destroy(), { once: true });
  }`,
  },
  {
    file: /docker-modem[\\/]lib[\\/]modem\.js$/,
    found: 'optionsf.signal = options.abortSignal;',
    instead: 'optionsf.ending = options.abortSignal;',
  },
  ...ofXState,
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
