import { posix } from 'node:path';
import type { Signal } from '../../machines/names/ending.ts';
import type { Systemd } from './busctl.ts';
import { isInUse, removeCgroups, wordsOf } from './files.ts';
import { bytesOf, cpuPerSecondUs, cpuWeightOf, sharesOf } from './limits.ts';
import { CgroupError, type CgroupLimits, type CgroupPort } from './port.ts';
import { type CgroupPlace, lackingAtV1 } from './v1.ts';
import { lackingAtV2 } from './v2.ts';

/** A version of cgroups under the hand of systemd. */
export interface SlicePlace extends CgroupPlace {
  version: 1 | 2;
  systemd: Systemd;
}

/** The slice that holds those of all tasks; its name is that of the Amazon ECS agent. */
const parent = 'ecstasks';
const sliceOf = (taskId: string): string => `${parent}-${taskId}.slice`;

/**
 * Cgroups that systemd makes, which wants to be the only one to do so: a slice for each task. A
 * slice's place is in its name, so that of a task is below `ecstasks.slice`.
 */
export function systemdSlices({ version, systemd, ...place }: SlicePlace): CgroupPort {
  const { root, files } = place;
  const lacking = version === 1 ? lackingAtV1 : lackingAtV2;
  const cgroupsOf = async (taskId: string): Promise<string[]> => {
    const trees = version === 1 ? await files.list(root) : [''];
    return trees.map((tree) => posix.join(root, tree, pathOf(taskId)));
  };
  return {
    ready: async (signal) => {
      const reason = await lacking(files, root);
      if (reason !== null) return reason;
      try {
        await systemd.call('StartUnit', ['ss', `${parent}.slice`, 'replace'], signal);
        return true;
      } catch (error) {
        return `systemd does not make slices: ${wordsOf(error)}`;
      }
    },
    parentOf: sliceOf,
    create: async (taskId, limits, signal) => {
      const properties = propertiesOf(limits, { version, cpuPeriodMs: place.cpuPeriodMs });
      await startSlice(systemd, { slice: sliceOf(taskId), properties }, signal);
    },
    remove: async (taskId, signal) => {
      const paths = await cgroupsOf(taskId);
      // Before the slice is stopped, because systemd would end all that runs in it.
      for (const path of paths)
        if (await isInUse(files, path))
          throw new CgroupError(`There are processes in ${sliceOf(taskId)}`);
      await systemd.call('StopUnit', ['ss', sliceOf(taskId), 'replace'], signal);
      // Of version 1 the Engine makes the slice's cgroup in trees that systemd leaves alone.
      await removeCgroups(files, paths);
    },
  };
}

/** `a-b.slice` is the folder `a.slice/a-b.slice`, see systemd.slice(5). */
function pathOf(taskId: string): string {
  const parts = [parent, ...taskId.split('-')];
  return posix.join(...parts.map((_, at) => `${parts.slice(0, at + 1).join('-')}.slice`));
}

/** Starts a slice; one that systemd knows already gets the properties. */
async function startSlice(
  systemd: Systemd,
  { slice, properties }: { slice: string; properties: string[] },
  signal?: Signal,
): Promise<void> {
  const noOtherUnits = '0';
  try {
    const args = ['ssa(sv)a(sa(sv))', slice, 'replace', ...properties, noOtherUnits];
    await systemd.call('StartTransientUnit', args, signal);
  } catch (error) {
    // busctl tells an error's text only, which differs from one systemd to the next.
    const isKnown = await systemd.call('GetUnit', ['s', slice], signal).then(
      () => true,
      () => false,
    );
    if (!isKnown) throw error;
    const untilReboot = 'true';
    const args = ['sba(sv)', slice, untilReboot, ...properties];
    await systemd.call('SetUnitProperties', args, signal);
  }
}

/**
 * A list of properties in busctl's form, all of them 64-bit numbers. The names are those of
 * org.freedesktop.systemd1(5); systemd keeps older ones for the controllers of version 1.
 */
function propertiesOf(
  { cpu, cpuShares, memoryMiB, pids }: CgroupLimits,
  { version, cpuPeriodMs }: { version: 1 | 2; cpuPeriodMs: number },
): string[] {
  const properties: [string, number][] = [];
  if (cpu !== null) {
    properties.push(['CPUQuotaPerSecUSec', cpuPerSecondUs(cpu)]);
    properties.push(['CPUQuotaPeriodUSec', cpuPeriodMs * 1_000]);
  } else if (version === 1) properties.push(['CPUShares', sharesOf(cpuShares)]);
  else properties.push(['CPUWeight', cpuWeightOf(cpuShares)]);
  if (memoryMiB !== null)
    properties.push([version === 1 ? 'MemoryLimit' : 'MemoryMax', bytesOf(memoryMiB)]);
  if (pids !== null) properties.push(['TasksMax', pids]);
  return [
    `${properties.length}`,
    ...properties.flatMap(([name, value]) => [name, 't', `${value}`]),
  ];
}
