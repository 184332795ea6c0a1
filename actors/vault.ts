import type { Signal } from '../machines/names/ending.ts';
import type { RoleCredentials, TaskRole } from '../transport/acs/port.ts';

/**
 * The keys of the roles of tasks, by the id under which ECS sends them. They live in memory only:
 * after a restart ECS sends them again.
 */
export class Vault {
  readonly #roles = new Map<string, RoleCredentials>();
  readonly #idsOfTasks = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, Set<() => void>>();

  keep({ taskArn, ...role }: TaskRole): void {
    const ids = this.#idsOfTasks.get(taskArn) ?? new Set();
    this.#idsOfTasks.set(taskArn, ids.add(role.credentialsId));
    this.#roles.set(role.credentialsId, role);
    for (const arrived of this.#waiting.get(role.credentialsId) ?? []) arrived();
    this.#waiting.delete(role.credentialsId);
  }

  of(credentialsId: string): RoleCredentials | undefined {
    return this.#roles.get(credentialsId);
  }

  /** These keys go; others that came for their task stay. */
  drop(credentialsId: string): void {
    this.#roles.delete(credentialsId);
  }

  /** Whatever came for a task goes with it. */
  forget(taskArn: string): void {
    for (const id of this.#idsOfTasks.get(taskArn) ?? []) this.#roles.delete(id);
    this.#idsOfTasks.delete(taskArn);
  }

  /** Resolves once they are there, however long that takes; never after `signal` has aborted. */
  async arrival(credentialsId: string, signal: Signal): Promise<RoleCredentials> {
    for (;;) {
      const found = this.#roles.get(credentialsId);
      if (found) return found;
      await new Promise<void>((resolve) => {
        const waiting = this.#waiting.get(credentialsId) ?? new Set();
        this.#waiting.set(credentialsId, waiting.add(resolve));
        signal.addEventListener('abort', () => waiting.delete(resolve), { once: true });
      });
    }
  }
}
