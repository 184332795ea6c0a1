// Bundles the agent into one file, dist/agent.js, and what starts it, dist/ecs-agent.cjs, with the
// compiled code, the LevelDB addon, the dashboard of its metrics and the licences beside them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beginWithNothing } from './copies.mjs';
import { lighter } from './lighter.mjs';
import { thirdParty } from './third-party.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const dist = join(root, 'dist');
const bundle = join(dist, 'agent.js');
const launcher = join(dist, 'ecs-agent.cjs');

/**
 * What dockerode loads only for building images and to speak to an Engine by itself, and prom-client
 * for kinds and collections of metrics of which there are none here.
 */
const unused =
  /^(\.\/lib\/(cluster|defaultMetrics|pushgateway|summary)|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|protobufjs\/.*|docker-modem|tar-fs)$/;

/** The addon is found next to the bundle, wherever that lies and whatever the working directory. */
const loadAddon = `module.exports = () => {
  const addon = { exports: {} };
  process.dlopen(addon, require('node:path').join(__dirname, 'classic-level.node'));
  return addon.exports;
};`;

/** What undici has beside its requests: it is two thirds of it. */
const besideRequests = /^\.\/lib\/(mock|interceptor|cache|web)\//;
const ofUndici = /[\\/]undici[\\/]index\.js$/;

/** Loads as nothing, of which things can be made; calling it says what is missing. */
const standIn = `function missing() { throw new Error('This is not part of the agent'); }
module.exports = new Proxy(missing, {
  get: (_, name) => (name === '__esModule' ? false : module.exports),
  construct: () => module.exports,
});`;

const replacements = {
  name: 'replacements',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node-gyp-build$/ }, () => ({ path: 'addon', namespace: 'made' }));
    onResolve({ filter: unused }, () => ({ path: 'unused', namespace: 'made' }));
    onResolve({ filter: besideRequests }, ({ importer }) =>
      ofUndici.test(importer) ? { path: 'unused', namespace: 'made' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'made' }, ({ path }) => ({
      contents: path === 'addon' ? loadAddon : standIn,
      resolveDir: root,
    }));
  },
};

/** The prebuilt addon for the platform that this runs on. */
function addonFile() {
  const arch = process.arch === 'arm64' ? 'classic-level.armv8.node' : 'classic-level.node';
  const name = process.platform === 'linux' ? arch : 'classic-level.node';
  const folder = `${process.platform}-${process.arch}`;
  return join(root, 'node_modules/classic-level/prebuilds', folder, name);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const bundled = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // A script that is compiled apart cannot import at run time; what it needs is here or in Node.js.
  supported: { 'dynamic-import': false },
  minify: true,
  legalComments: 'none',
  absWorkingDir: root,
  logLevel: 'warning',
};
const { metafile } = await build({
  ...bundled,
  entryPoints: [join(root, 'bin/ecs-agent.ts')],
  outfile: bundle,
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [replacements, lighter],
});
writeFileSync(bundle, beginWithNothing(readFileSync(bundle, 'utf8')));
const digest = createHash('sha256').update(readFileSync(bundle)).digest('hex').slice(0, 12);
await build({
  ...bundled,
  entryPoints: [join(root, 'bin/launcher.ts')],
  outfile: launcher,
  banner: { js: '#!/usr/bin/env node' },
  define: { agentDigest: JSON.stringify(digest) },
});
copyFileSync(addonFile(), join(dist, 'classic-level.node'));
copyFileSync(join(root, 'LICENSE'), join(dist, 'LICENSE'));
copyFileSync(join(root, 'bin/metrics/dashboard.json'), join(dist, 'grafana-dashboard.json'));
writeFileSync(join(dist, 'THIRD-PARTY'), thirdParty(root, metafile));
chmodSync(launcher, 0o755);
// Whoever starts it first compiles it, and keeps that. A life with tasks ends in good order on Linux:
// on Windows no process can ask another to end.
const first =
  process.platform === 'linux'
    ? ['--import', 'tsx', join(root, 'bin/packaging/compile.ts')]
    : [launcher, '-version'];
execFileSync(process.execPath, first, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
console.log(`dist/agent.js ${(statSync(bundle).size / 1e6).toFixed(1)} MB`);
