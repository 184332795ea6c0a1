import { posix } from 'node:path';
import type { Systemd } from '../../../transport/cgroup/busctl.ts';
import type { CgroupFiles } from '../../../transport/cgroup/files.ts';

/** The files of a new cgroup in this folder; the kernel makes them with it. */
type Filling = (folder: string, kernel: FakeKernel) => Record<string, string>;

/** Cgroup file systems in memory, which keep what was done to them. */
export class FakeKernel implements CgroupFiles {
  /** What was changed, in order: `mkdir /a`, `rmdir /a`, `/a/file = text`. */
  readonly changes: string[] = [];
  readonly #folders = new Set<string>();
  readonly #files = new Map<string, string>();
  readonly #filling: Filling;
  /** Paths at which a change is refused. */
  refusing: (path: string) => boolean = () => false;

  constructor(folders: string[], filling: Filling) {
    this.#filling = filling;
    for (const folder of folders) this.add(folder);
  }

  /** A folder that another than the agent has made. */
  add(folder: string, files: Record<string, string> = {}): void {
    this.#folders.add(folder);
    for (const [name, text] of Object.entries({ ...this.#filling(folder, this), ...files }))
      this.#files.set(posix.join(folder, name), text);
  }

  textOf(path: string): string | undefined {
    return this.#files.get(path);
  }

  has(folder: string): boolean {
    return this.#folders.has(folder);
  }

  async read(path: string): Promise<string> {
    const text = this.#files.get(path);
    if (text === undefined) throw failure('ENOENT', path);
    return `${text}\n`;
  }

  async write(path: string, text: string): Promise<void> {
    this.#refuse(path);
    if (!this.#files.has(path)) throw failure('ENOENT', path);
    this.changes.push(`${path} = ${text}`);
    this.#files.set(path, text);
  }

  async mkdir(path: string): Promise<void> {
    if (this.#folders.has(path)) throw failure('EEXIST', path);
    this.#refuse(path);
    this.changes.push(`mkdir ${path}`);
    this.add(path);
  }

  async rmdir(path: string): Promise<void> {
    if (!this.#folders.has(path)) throw failure('ENOENT', path);
    const inUse = this.#files.get(posix.join(path, 'cgroup.procs'));
    if (inUse || this.#below(path).length > 0) throw failure('EBUSY', path);
    this.changes.push(`rmdir ${path}`);
    this.#folders.delete(path);
    for (const file of this.#files.keys())
      if (posix.dirname(file) === path) this.#files.delete(file);
  }

  async list(path: string): Promise<string[]> {
    if (!this.#folders.has(path)) throw failure('ENOENT', path);
    return this.#below(path).map((folder) => posix.basename(folder));
  }

  #below(path: string): string[] {
    return [...this.#folders].filter((folder) => posix.dirname(folder) === path && folder !== '/');
  }

  #refuse(path: string): void {
    if (this.refusing(path)) throw failure('EROFS', path);
  }
}

const failure = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code });

const settings: Record<string, string[]> = {
  v1cpu: ['cpu.shares', 'cpu.cfs_period_us', 'cpu.cfs_quota_us'],
  v1memory: ['memory.limit_in_bytes', 'memory.use_hierarchy'],
  v1cpuset: ['cpuset.cpus', 'cpuset.mems'],
  v1pids: ['pids.max'],
  v2cpu: ['cpu.max', 'cpu.weight'],
  v2memory: ['memory.max'],
  v2pids: ['pids.max'],
};

const emptyFiles = (version: 'v1' | 'v2', controllers: string[]): Record<string, string> =>
  Object.fromEntries(
    controllers
      .flatMap((controller) => settings[version + controller] ?? [])
      .map((file) => [file, file === 'memory.use_hierarchy' ? '0' : '']),
  );

/** Cgroups of version 1 at `/cg`: a tree for each of these, named by its controllers. */
export function kernelV1(
  trees = ['cpu,cpuacct', 'memory', 'pids', 'cpuset', 'systemd'],
): FakeKernel {
  const folders = ['/cg', ...trees.map((tree) => `/cg/${tree}`), '/cg/unified'];
  const kernel = new FakeKernel(folders, (folder) => {
    const [, tree] = /^\/cg\/([^/]+)/.exec(folder) ?? [];
    if (!tree) return {};
    if (tree === 'unified') return { 'cgroup.procs': '' };
    return {
      'cgroup.procs': '',
      'cgroup.clone_children': '0',
      ...emptyFiles('v1', tree.split(',')),
    };
  });
  if (trees.includes('cpuset'))
    kernel.add('/cg/cpuset', { 'cpuset.cpus': '0-3', 'cpuset.mems': '0' });
  return kernel;
}

/** Cgroups of version 2 at `/cg`: a cgroup has the controllers that the one above hands down. */
export function kernelV2(controllers = 'cpuset cpu io memory pids'): FakeKernel {
  return new FakeKernel(['/cg'], (folder, kernel) => {
    const above = kernel.textOf(posix.join(posix.dirname(folder), 'cgroup.subtree_control'));
    const given = folder === '/cg' ? controllers : (above ?? '').replaceAll('+', '');
    return {
      'cgroup.procs': '',
      'cgroup.controllers': given,
      'cgroup.subtree_control': '',
      ...emptyFiles('v2', given.split(' ')),
    };
  });
}

/** A systemd that keeps the calls it gets, as texts; `refuses` are the beginnings of those that fail. */
export function recordingSystemd(...refuses: string[]): Systemd & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    call: async (method, args) => {
      const call = [method, ...args].join(' ');
      calls.push(call);
      if (refuses.some((refused) => call.startsWith(refused))) throw new Error(`${method} refused`);
    },
  };
}

/** What a promise rejects with. */
export const rejectionOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => new Error('it did not reject'),
    (error: unknown) => error,
  );
