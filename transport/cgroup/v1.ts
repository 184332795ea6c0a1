import { posix } from 'node:path';
import { type CgroupFiles, ensureCgroup, removeCgroups, wordsOf } from './files.ts';
import { bytesOf, cpuQuotaOf, sharesOf } from './limits.ts';
import { CgroupError, type CgroupLimits, type CgroupPort } from './port.ts';

/** Where the cgroups of tasks are, and what their quotas are counted by. */
export interface CgroupPlace {
  /** Where the kernel's cgroups are mounted, `ECS_CGROUP_PATH`. */
  root: string;
  /** `ECS_CGROUP_CPU_PERIOD`. */
  cpuPeriodMs: number;
  files: CgroupFiles;
}

/** A tree of cgroups, and the controllers that limit what is in it. */
interface Hierarchy {
  path: string;
  controllers: string[];
}

/** A file of a controller's cgroups, and what is written to it. */
interface Setting {
  controller: string;
  file: string;
  value: number;
}

/** The cgroup that holds those of all tasks; its path is that of the Amazon ECS agent. */
const parent = 'ecs';

/**
 * Cgroups of version 1, which has a tree for each controller or two: `/ecs/<task id>` in all of them,
 * for the Engine places a container in all.
 */
export function cgroupsV1({ root, cpuPeriodMs, files }: CgroupPlace): CgroupPort {
  return {
    ready: async () => {
      const lacking = await lackingAtV1(files, root);
      if (lacking !== null) return lacking;
      try {
        for (const hierarchy of await hierarchiesAt(files, root))
          await makeBelow(files, hierarchy, [parent]);
        return true;
      } catch (error) {
        return `the cgroups at ${root} cannot be changed: ${wordsOf(error)}`;
      }
    },
    parentOf: (taskId) => `/${parent}/${taskId}`,
    create: async (taskId, limits) => {
      const hierarchies = await hierarchiesAt(files, root);
      const settings = settingsOf(limits, cpuPeriodMs);
      for (const { controller } of settings)
        if (!hierarchies.some(({ controllers }) => controllers.includes(controller)))
          throw new CgroupError(`There are no cgroups of ${controller}`);
      for (const hierarchy of hierarchies) {
        const path = await makeBelow(files, hierarchy, [parent, taskId]);
        await limit(files, path, belongingTo(hierarchy, settings));
      }
    },
    remove: async (taskId) => {
      // The Engine makes the task's cgroup in trees of version 2 as well, where a machine has both.
      const trees = (await files.list(root)).map((tree) => posix.join(root, tree));
      await removeCgroups(
        files,
        trees.map((tree) => posix.join(tree, parent, taskId)),
      );
    },
  };
}

/** Why tasks cannot be limited by version 1 under `root`, or null. */
export async function lackingAtV1(files: CgroupFiles, root: string): Promise<string | null> {
  let mounted: string[];
  try {
    mounted = (await hierarchiesAt(files, root)).flatMap(({ controllers }) => controllers);
  } catch (error) {
    return `there are no cgroups at ${root}: ${wordsOf(error)}`;
  }
  const lacking = ['cpu', 'memory'].filter((controller) => !mounted.includes(controller));
  if (lacking.length === 0) return null;
  return `there are no cgroups of ${lacking.join(' and ')} at ${root}`;
}

/** A tree is named by its controllers, e.g. `cpu,cpuacct`; `cpu` is then a link to it. */
async function hierarchiesAt(files: CgroupFiles, root: string): Promise<Hierarchy[]> {
  const found: Hierarchy[] = [];
  for (const name of await files.list(root)) {
    const path = posix.join(root, name);
    if (await isV1(files, path)) found.push({ path, controllers: name.split(',') });
  }
  return found;
}

/** A file that all cgroups of version 1 have, and none of version 2. */
const isV1 = (files: CgroupFiles, path: string): Promise<boolean> =>
  files.read(posix.join(path, 'cgroup.clone_children')).then(
    () => true,
    () => false,
  );

/** Makes cgroups one below the other, and answers the path of the last. */
async function makeBelow(
  files: CgroupFiles,
  { path, controllers }: Hierarchy,
  names: string[],
): Promise<string> {
  let above = path;
  for (const name of names) {
    const below = posix.join(above, name);
    await ensureCgroup(files, below);
    if (controllers.includes('cpuset')) await inheritCpuset(files, above, below);
    above = below;
  }
  return above;
}

/** No process can enter a cgroup whose set of processors or of memory nodes is empty, as new ones are. */
async function inheritCpuset(files: CgroupFiles, above: string, below: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if ((await files.read(posix.join(below, file))).trim() !== '') continue;
    await files.write(posix.join(below, file), (await files.read(posix.join(above, file))).trim());
  }
}

const belongingTo = ({ controllers }: Hierarchy, settings: Setting[]): Setting[] =>
  settings.filter(({ controller }) => controllers.includes(controller));

async function limit(files: CgroupFiles, path: string, settings: Setting[]): Promise<void> {
  for (const { controller, file, value } of settings) {
    if (controller === 'memory') await limitChildrenToo(files, path);
    await files.write(posix.join(path, file), `${value}`);
  }
}

/** Without this, older kernels count what children use for the children alone. */
async function limitChildrenToo(files: CgroupFiles, path: string): Promise<void> {
  const file = posix.join(path, 'memory.use_hierarchy');
  if ((await files.read(file)).trim() !== '1') await files.write(file, '1');
}

function settingsOf(limits: CgroupLimits, cpuPeriodMs: number): Setting[] {
  const { cpu, cpuShares, memoryMiB, pids } = limits;
  const settings = cpu === null ? [sharesSetting(cpuShares)] : quotaSettings(cpu, cpuPeriodMs);
  if (memoryMiB !== null) {
    const value = bytesOf(memoryMiB);
    settings.push({ controller: 'memory', file: 'memory.limit_in_bytes', value });
  }
  if (pids !== null) settings.push({ controller: 'pids', file: 'pids.max', value: pids });
  return settings;
}

const sharesSetting = (cpuShares: number): Setting => ({
  controller: 'cpu',
  file: 'cpu.shares',
  value: sharesOf(cpuShares),
});

function quotaSettings(cpu: number, cpuPeriodMs: number): Setting[] {
  const { quotaUs, periodUs } = cpuQuotaOf(cpu, cpuPeriodMs);
  return [
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: periodUs },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: quotaUs },
  ];
}
