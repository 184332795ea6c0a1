import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';

/** The limits of a task as a whole. */
export interface CgroupLimits {
  /** CPU time in units of 1 vCPU (0.25 is a quarter of one); null for no quota. */
  cpu: number | null;
  /** Relative weight where there is no quota: 2 to 262,144, as Docker's `CpuShares`. */
  cpuShares: number;
  memoryMiB: number | null;
  /** Most processes and threads; null for no limit. */
  pids: number | null;
}

/** The cgroups of tasks. Every call may be made twice. Rejects with {@link CgroupError}. */
export interface CgroupPort {
  /** Whether tasks can be limited on this machine; else why not. */
  ready(signal?: Signal): Promise<true | string>;
  /** The cgroup of a task as Docker's `CgroupParent` names it. */
  parentOf(taskId: string): string;
  /** Makes a task's cgroup with these limits; one that exists gets them. */
  create(taskId: string, limits: CgroupLimits, signal?: Signal): Promise<void>;
  /** Removes it; one that is gone is left alone. Rejects while processes are in it. */
  remove(taskId: string, signal?: Signal): Promise<void>;
}

/** Raised by {@link CgroupPort}, with code `CGROUP`. */
export class CgroupError extends AgentError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('CGROUP', message, { retry: false, ...options });
  }
}
