import { posix } from 'node:path';
import { type CgroupFiles, ensureCgroup, removeCgroup, wordsOf } from './files.ts';
import { bytesOf, cpuQuotaOf, cpuWeightOf } from './limits.ts';
import type { CgroupLimits, CgroupPort } from './port.ts';
import type { CgroupPlace } from './v1.ts';

/** The cgroup that holds those of all tasks; its path is that of version 1. */
const parent = 'ecs';

/** Cgroups of version 2, which has one tree for all controllers: `/ecs/<task id>` in it. */
export function cgroupsV2({ root, cpuPeriodMs, files }: CgroupPlace): CgroupPort {
  const parentPath = posix.join(root, parent);
  /** What is below a cgroup has only the controllers that the cgroup hands down. */
  const makeParent = async () => {
    await handDown(files, root);
    await ensureCgroup(files, parentPath);
    await handDown(files, parentPath);
  };
  return {
    ready: async () => {
      const lacking = await lackingAtV2(files, root);
      if (lacking !== null) return lacking;
      try {
        await makeParent();
        return true;
      } catch (error) {
        return `the cgroups at ${root} cannot be changed: ${wordsOf(error)}`;
      }
    },
    parentOf: (taskId) => `/${parent}/${taskId}`,
    create: async (taskId, limits) => {
      await makeParent();
      const path = posix.join(parentPath, taskId);
      await ensureCgroup(files, path);
      for (const [file, value] of settingsOf(limits, cpuPeriodMs))
        await files.write(posix.join(path, file), value);
    },
    remove: (taskId) => removeCgroup(files, posix.join(parentPath, taskId)),
  };
}

/** Why tasks cannot be limited by version 2 at `root`, or null. */
export async function lackingAtV2(files: CgroupFiles, root: string): Promise<string | null> {
  let controllers: string[];
  try {
    controllers = await controllersOf(files, root);
  } catch (error) {
    return `there are no cgroups at ${root}: ${wordsOf(error)}`;
  }
  const lacking = ['cpu', 'memory'].filter((controller) => !controllers.includes(controller));
  return lacking.length === 0 ? null : `the cgroups at ${root} have no ${lacking.join(' and no ')}`;
}

const controllersOf = async (files: CgroupFiles, path: string): Promise<string[]> =>
  (await files.read(posix.join(path, 'cgroup.controllers'))).trim().split(/\s+/);

async function handDown(files: CgroupFiles, path: string): Promise<void> {
  const wanted = ['cpu', 'memory', 'pids'];
  const given = (await controllersOf(files, path)).filter((name) => wanted.includes(name));
  const text = given.map((name) => `+${name}`).join(' ');
  await files.write(posix.join(path, 'cgroup.subtree_control'), text);
}

function settingsOf(limits: CgroupLimits, cpuPeriodMs: number): [file: string, value: string][] {
  const { cpu, cpuShares, memoryMiB, pids } = limits;
  const settings: [string, string][] = [
    cpu === null
      ? ['cpu.weight', `${cpuWeightOf(cpuShares)}`]
      : ['cpu.max', quotaText(cpu, cpuPeriodMs)],
  ];
  if (memoryMiB !== null) settings.push(['memory.max', `${bytesOf(memoryMiB)}`]);
  if (pids !== null) settings.push(['pids.max', `${pids}`]);
  return settings;
}

function quotaText(cpu: number, cpuPeriodMs: number): string {
  const { quotaUs, periodUs } = cpuQuotaOf(cpu, cpuPeriodMs);
  return `${quotaUs} ${periodUs}`;
}
