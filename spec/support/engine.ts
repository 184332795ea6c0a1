import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Docker from 'dockerode';
import { connectDocker } from '../../transport/docker/client.ts';
import type { EnginePort } from '../../transport/docker/port.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realHost } from '../../transport/host/host.ts';
import { testImage } from './engine-plans.ts';

/** An Engine that specs may use, or why there is none. */
export type FoundEngine = { dockerHost: string } | { missing: string };

const clock = realClock();
const host = realHost();

/** The agent's own client of an Engine, for one cluster. */
export const clientOf = (dockerHost: string, cluster: string): EnginePort =>
  connectDocker({
    dockerHost,
    clock,
    host,
    cluster,
    region: 'us-west-2',
    taskCgroupParent: () => null,
  });

/** The library itself, for what the agent never does. */
export const libraryOf = (dockerHost: string): Docker =>
  new Docker({ host: undefined, socketPath: dockerHost.replace('unix://', '') });

let found: Promise<FoundEngine> | undefined;

/**
 * The Engine for specs, one for the whole process: that of `DOCKER_HOST` or the default socket if
 * it answers, else a private one that ends with the process. It has the image of the specs.
 */
export function engineForSpecs(): Promise<FoundEngine> {
  found ??= findEngine(process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock');
  return found;
}

/** Like {@link engineForSpecs}, but asks at the given address first and is not remembered. */
export async function findEngine(dockerHost: string): Promise<FoundEngine> {
  const engine = (await answers(dockerHost)) ? { dockerHost } : await startPrivateEngine();
  if ('missing' in engine) return engine;
  const lacking = await ensureImage(engine.dockerHost);
  return lacking === null ? engine : { missing: lacking };
}

/**
 * A suite that needs an Engine; `dockerHost` may be asked in hooks and tests. Without an Engine the
 * suite is told as not run, except in continuous integration, where that is a failure.
 */
export function describeWithEngine(title: string, body: (dockerHost: () => string) => void): void {
  describe(title, () => {
    let dockerHost = '';
    before(async function () {
      this.timeout(90_000);
      const engine = await engineForSpecs();
      if ('dockerHost' in engine) {
        dockerHost = engine.dockerHost;
        return;
      }
      if (process.env.CI === 'true') throw new Error(engine.missing);
      console.warn(`    not run: ${engine.missing}`);
      this.skip();
    });
    body(() => dockerHost);
  });
}

const answers = (dockerHost: string): Promise<boolean> =>
  clientOf(dockerHost, '')
    .version()
    .then(
      () => true,
      () => false,
    );

/**
 * Starts an Engine in a network namespace of its own: a second one in the same namespace would take
 * the first one's bridge and firewall rules apart.
 */
async function startPrivateEngine(): Promise<FoundEngine> {
  const daemon = ['/usr/bin/dockerd', '/usr/sbin/dockerd'].find((path) => existsSync(path));
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !daemon) {
    return {
      missing: 'no Docker Engine answers, and none can be started (root and dockerd needed)',
    };
  }
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  const dockerHost = `unix://${folder}/sock`;
  const options = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`];
  const command = [daemon, ...options, '-H', dockerHost, '-p', `${folder}/pid`];
  const script = ['ip link set lo up && exec "$@"', 'sh', ...command];
  const engine = spawn('unshare', ['--net', 'sh', '-c', ...script], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // an interrupt from the terminal is for the specs, which then end the Engine
  });
  endWithProcess(engine, folder);
  const problem = await untilListening(engine);
  return problem === null ? { dockerHost } : { missing: `dockerd does not start: ${problem}` };
}

/** Answers null once the Engine listens, or the last that it said before it ended. */
export async function untilListening(engine: ChildProcess): Promise<string | null> {
  if (!engine.stderr) return 'it has no error output';
  let last = '';
  // Read on for as long as it runs, or it would wait for a reader.
  const log = createInterface(engine.stderr);
  return await new Promise((resolve) => {
    engine.once('error', (error) => resolve(error.message));
    engine.once('exit', () => resolve(last));
    log.on('line', (line) => {
      last = line;
      if (line.includes('API listen on')) resolve(null);
    });
  });
}

function endWithProcess(engine: ChildProcess, folder: string): void {
  engine.unref();
  if (engine.stderr && 'unref' in engine.stderr) (engine.stderr as { unref(): void }).unref();
  engine.once('exit', () => removeEngineFolder(folder));
  process.once('beforeExit', () => {
    if (engine.exitCode !== null || !engine.pid) return;
    engine.ref();
    engine.kill('SIGTERM');
  });
}

/** Removes all that an Engine kept. What it leaves mounted would keep its files from being removed. */
export function removeEngineFolder(folder: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  // Inner ones first.
  for (const mount of mounts.reverse()) spawnSync('umount', ['--lazy', mount]);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Brings the image of the specs to the Engine; answers why that is not possible, or null. */
export async function ensureImage(dockerHost: string): Promise<string | null> {
  if (await clientOf(dockerHost, '').inspectImage(testImage)) return null;
  if (!existsSync('/bin/busybox')) return `no /bin/busybox to make ${testImage} of`;
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    mkdirSync(join(folder, 'bin'));
    copyFileSync('/bin/busybox', join(folder, 'bin/busybox'));
    symlinkSync('busybox', join(folder, 'bin/sh'));
    const tar = spawn('tar', ['-c', '-C', folder, 'bin'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [repo, tag] = testImage.split(':');
    const progress = await libraryOf(dockerHost).importImage(tar.stdout, { repo, tag });
    progress.resume();
    await once(progress, 'end');
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
