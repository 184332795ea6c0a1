import { CgroupError, type CgroupLimits, type CgroupPort } from '../cgroup/port.ts';

/** The cgroups of tasks without a kernel, and what can go wrong with them. */
export class SimCgroups implements CgroupPort {
  /** What was done, in order: `create <task id>` and `remove <task id>`. */
  readonly log: string[] = [];
  /** The limits of those that are there, by the task's id. */
  readonly limits = new Map<string, CgroupLimits>();
  readonly #isBusy: (parent: string) => boolean;
  readonly #failures: CgroupError[] = [];
  #unready: string | null = null;

  /** `isBusy` tells whether processes are in a cgroup, e.g. those of a simulated Engine. */
  constructor(isBusy: (parent: string) => boolean = () => false) {
    this.#isBusy = isBusy;
  }

  /** The next calls that create or remove fail, one error each. */
  failNext(...errors: CgroupError[]): void {
    this.#failures.push(...errors);
  }

  /** From now on tasks cannot be limited here, for this reason; null for no more. */
  setUnready(reason: string | null): void {
    this.#unready = reason;
  }

  ready(): Promise<true | string> {
    return Promise.resolve(this.#unready ?? true);
  }

  parentOf(taskId: string): string {
    return `/ecs/${taskId}`;
  }

  async create(taskId: string, limits: CgroupLimits): Promise<void> {
    this.#failIfPlanned();
    this.limits.set(taskId, structuredClone(limits));
    this.log.push(`create ${taskId}`);
  }

  async remove(taskId: string): Promise<void> {
    this.#failIfPlanned();
    if (!this.limits.has(taskId)) return;
    if (this.#isBusy(this.parentOf(taskId)))
      throw new CgroupError(`rmdir ${this.parentOf(taskId)}: device or resource busy`);
    this.limits.delete(taskId);
    this.log.push(`remove ${taskId}`);
  }

  #failIfPlanned(): void {
    const failure = this.#failures.shift();
    if (failure) throw failure;
  }
}
