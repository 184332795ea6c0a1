import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { busctl, type Systemd } from './busctl.ts';
import { type CgroupFiles, realCgroupFiles, wordsOf } from './files.ts';
import { CgroupError, type CgroupPort } from './port.ts';
import { systemdSlices } from './systemd.ts';
import { cgroupsV1 } from './v1.ts';
import { cgroupsV2 } from './v2.ts';

/** How the Engine makes the cgroups of containers; the tasks' must be made in the same way. */
export interface EngineCgroups {
  cgroupDriver: 'cgroupfs' | 'systemd' | 'none';
  cgroupVersion: 1 | 2;
}

/** Where cgroups are, and who knows about them. */
export interface CgroupOptions {
  /** Where the kernel's cgroups are mounted, `ECS_CGROUP_PATH`. */
  root: string;
  /** `ECS_CGROUP_CPU_PERIOD`. */
  cpuPeriodMs: number;
  /** Asks the Engine; what this rejects with is passed on as it is. */
  engine: (signal?: Signal) => Promise<EngineCgroups>;
  /** Those of this machine if not given. */
  files?: CgroupFiles;
  systemd?: Systemd;
}

/** The cgroups of tasks on Linux, made in the way of the Engine, which is asked when they are readied. */
export function linuxCgroups(options: CgroupOptions): CgroupPort {
  let chosen: CgroupPort | null = null;

  const ready = async (signal?: Signal): Promise<true | string> => {
    const candidate = cgroupsAs(await options.engine(signal), options);
    const answer = candidate === null ? noDriver : await candidate.ready(signal);
    chosen = answer === true ? candidate : null;
    return answer;
  };

  const act = async (on: Acting, work: (cgroups: CgroupPort) => Promise<void>): Promise<void> => {
    requireName(on.taskId);
    const answer = chosen === null ? await ready(on.signal) : true;
    if (!chosen) throw new CgroupError(`Tasks cannot be limited: ${answer}`);
    try {
      on.signal?.throwIfAborted();
      await work(chosen);
    } catch (error) {
      if (error instanceof AgentError) throw error;
      const message = `The cgroup of task ${on.taskId} cannot be ${on.done}: ${wordsOf(error)}`;
      throw new CgroupError(message, { cause: error });
    }
  };

  return {
    ready,
    parentOf: (taskId) => {
      requireName(taskId);
      if (!chosen) throw new CgroupError('The cgroups of tasks are not ready');
      return chosen.parentOf(taskId);
    },
    create: (taskId, limits, signal) =>
      act({ taskId, done: 'made', signal }, (cgroups) => cgroups.create(taskId, limits, signal)),
    remove: (taskId, signal) =>
      act({ taskId, done: 'removed', signal }, (cgroups) => cgroups.remove(taskId, signal)),
  };
}

interface Acting {
  taskId: string;
  done: string;
  signal: Signal | undefined;
}

const noDriver = 'the Docker Engine makes no cgroups (its cgroup driver is none)';

function cgroupsAs(
  { cgroupDriver, cgroupVersion }: EngineCgroups,
  { root, cpuPeriodMs, files = realCgroupFiles, systemd = busctl }: CgroupOptions,
): CgroupPort | null {
  const place = { root, cpuPeriodMs, files };
  switch (cgroupDriver) {
    case 'none':
      return null;
    case 'systemd':
      return systemdSlices({ ...place, version: cgroupVersion, systemd });
    case 'cgroupfs':
      return cgroupVersion === 1 ? cgroupsV1(place) : cgroupsV2(place);
  }
}

/** A task's id becomes a folder's name; one such as `..` would be the cgroup of others. */
function requireName(taskId: string): void {
  if (/^[\w-]+$/.test(taskId)) return;
  throw new CgroupError(`A cgroup cannot be named ${JSON.stringify(taskId)}`);
}
