import type { Signal } from '../../../machines/names/ending.ts';
import {
  type ProtectionAnswer,
  ProtectionError,
  type ProtectionPort,
} from '../../agentapi/port.ts';
import type { EcsError } from '../../ecs/port.ts';
import type { Clock } from '../../host/port.ts';
import type { SimApi } from './api.ts';

/** What the ECS API of a simulated control plane answers on behalf of tasks. */
export class SimForTasks {
  /** Tags by the ARN of what has them; nothing else has any. */
  readonly tagged = new Map<string, Record<string, string>>();
  /** Until when tasks are protected, by their ARN. */
  readonly #protected = new Map<string, Date>();
  readonly #api: SimApi;
  readonly #clock: Clock;

  constructor(api: SimApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** The tags of a task or a container instance; rejects by the service's name of what is wrong. */
  tags(arn: string, signal: Signal): Promise<Record<string, string>> {
    return this.#api
      .ask('tags', signal, () => this.tagged.get(arn) ?? {})
      .catch((error: EcsError) => {
        throw Object.assign(new Error(error.message), { name: error.type });
      });
  }

  readonly protection: ProtectionPort = {
    get: ({ taskArn }, signal) => this.#protect(signal, () => this.#protectionOf(taskArn)),
    update: ({ taskArn, enabled, expiresInMinutes }, signal) =>
      this.#protect(signal, () => {
        const minutes = expiresInMinutes ?? twoHours;
        const until = new Date(this.#clock.now() + minutes * 60_000);
        if (enabled) this.#protected.set(taskArn, until);
        else this.#protected.delete(taskArn);
        return this.#protectionOf(taskArn);
      }),
  };

  #protectionOf(taskArn: string): ProtectionAnswer {
    const until = this.#protected.get(taskArn);
    const expires = until && until.getTime() > this.#clock.now() ? until : null;
    return { tasks: [{ taskArn, enabled: expires !== null, expires }], failures: [] };
  }

  #protect(signal: Signal, take: () => ProtectionAnswer): Promise<ProtectionAnswer> {
    return this.#api.ask('protection', signal, take).catch((error: EcsError) => {
      const isTold = error.code !== 'ECS_UNREACHABLE';
      const of = { status: isTold ? 400 : null, type: isTold ? error.type : null, requestId: '' };
      throw new ProtectionError(error.message, of);
    });
  }
}

/** How long protection lasts that nothing is said of, in minutes: "UpdateTaskProtection" of the ECS API. */
const twoHours = 120;
