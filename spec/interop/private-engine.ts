import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureImage, libraryOf, removeEngineFolder, untilListening } from '../support/engine.ts';

const daemon = ['/usr/bin/dockerd', '/usr/sbin/dockerd'].find((path) => existsSync(path));

/** Why no Engine of one's own can be started, or null. */
export const lackingForEngine = (): string | null =>
  process.platform === 'linux' && process.getuid?.() === 0 && daemon
    ? null
    : 'no Engine can be started to be killed (root and dockerd needed)';

/**
 * An Engine that may be killed and comes back: its network namespace outlives it, as a host's does, so
 * that what it made of bridges and firewall rules is there when it comes back.
 */
export class PrivateEngine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'engine-'));
  readonly dockerHost = `unix://${this.#folder}/sock`;
  readonly #options: string[];
  #namespace: ChildProcess | undefined;
  #daemon: ChildProcess | undefined;

  constructor(options: string[]) {
    this.#options = options;
  }

  /** What runs a command in its network. */
  get through(): string[] {
    return ['nsenter', `--net=/proc/${this.#namespace?.pid}/ns/net`, '--'];
  }

  async start(): Promise<void> {
    this.#namespace ??= await openNamespace();
    const places = ['--data-root', `${this.#folder}/data`, '--exec-root', `${this.#folder}/exec`];
    const command = [daemon ?? '', ...places, '-H', this.dockerHost, '-p', `${this.#folder}/pid`];
    // One that was killed leaves these files. The numbers in them may be another's by now, or still
    // that of its dead containerd, which it would wait for.
    for (const file of ['pid', 'exec/containerd/containerd.pid'])
      rmSync(join(this.#folder, file), { force: true });
    const [program = '', ...words] = [...this.through, ...command, ...this.#options];
    this.#daemon = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const problem = await untilListening(this.#daemon);
    if (problem !== null) throw new Error(`dockerd does not start: ${problem}`);
    const lacking = await ensureImage(this.dockerHost);
    if (lacking !== null) throw new Error(lacking);
  }

  /** Ends it as a crash would. Its containers go on without it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it with all that it runs, and removes what it kept. */
  async close(): Promise<void> {
    await this.#removeContainers().catch(() => {}); // what it leaves is ended below
    await this.#end('SIGTERM');
    for (const pid of this.#left()) process.kill(pid, 'SIGKILL');
    this.#namespace?.kill('SIGKILL');
    removeEngineFolder(this.#folder);
  }

  async #removeContainers(): Promise<void> {
    const engine = libraryOf(this.dockerHost);
    for (const { Id } of await engine.listContainers({ all: true }))
      await engine.getContainer(Id).remove({ force: true, v: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ending = this.#daemon;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  }

  /** What is left of its processes: the shims, whose words name its folder, and their containers. */
  #left(): number[] {
    const all = readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && pid !== process.pid);
    const shims = all.filter((pid) => textOf(pid, 'cmdline').includes(this.#folder));
    const isOfShim = (pid: number) =>
      shims.includes(Number(/^PPid:\s+(\d+)/m.exec(textOf(pid, 'status'))?.[1]));
    return [...all.filter(isOfShim), ...shims];
  }
}

/** What the kernel says of a process; '' where it has ended meanwhile. */
function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** A process that holds a network namespace open. */
async function openNamespace(): Promise<ChildProcess> {
  const script = 'ip link set lo up && echo open && exec sleep infinity';
  const holder = spawn('unshare', ['--net', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await Promise.race([once(holder.stdout, 'data'), once(holder, 'close')]);
  if (!String(said[0]).startsWith('open')) throw new Error('no network namespace can be made');
  return holder;
}
