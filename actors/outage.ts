import type { Clock } from '../transport/host/port.ts';
import type { Log } from './recorder.ts';

/** How often in a row a task's change is not taken before that is worth a line. */
const lasting = 2;

/**
 * Tells the log of trouble in telling ECS that outlasts a retry: a line for each kind of it, however
 * many tasks and tries it concerns, and one when ECS has taken all that it did not take.
 */
export class Outage {
  readonly #log: Log;
  readonly #clock: Clock;
  /** Tasks whose latest try failed, and how many did in a row. */
  readonly #waiting = new Map<string, number>();
  /** What there is to say of the trouble that goes on; kinds are those that the log was told of. */
  #course: { since: number; tries: number; tasks: Set<string>; kinds: Set<string> } | null = null;

  constructor({ log, clock }: { log: Log; clock: Clock }) {
    this.#log = log;
    this.#clock = clock;
  }

  /** ECS did not take a change of this task, which is to be told again. */
  failed(taskArn: string, { code, message }: { code: string; message: string }): void {
    this.#course ??= { since: this.#clock.now(), tries: 0, tasks: new Set(), kinds: new Set() };
    const { tasks, kinds } = this.#course;
    this.#course.tries += 1;
    tasks.add(taskArn);
    const inARow = (this.#waiting.get(taskArn) ?? 0) + 1;
    this.#waiting.set(taskArn, inARow);
    if (inARow < lasting || kinds.has(code)) return;
    kinds.add(code);
    this.#log.warn(
      `ECS does not take changes of tasks; it is told again until it does: ${message}`,
      { code, taskArn },
    );
  }

  /** ECS answered: it has taken a change of this task, or never will. */
  answered(taskArn: string): void {
    this.#waiting.delete(taskArn);
    if (!this.#course || this.#waiting.size > 0) return;
    const { since, tries, tasks, kinds } = this.#course;
    this.#course = null;
    if (kinds.size === 0) return;
    this.#log.info('ECS takes changes of tasks again', {
      seconds: Math.round((this.#clock.now() - since) / 1_000),
      tasks: tasks.size,
      failedTries: tries,
    });
  }
}
