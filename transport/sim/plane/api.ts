import type { Signal } from '../../../machines/names/ending.ts';
import { EcsError, roundTripMs } from '../../ecs/port.ts';
import type { Clock } from '../../host/port.ts';

/** The calls of the ECS API. */
export const planeCalls = [
  ...(['submit', 'register', 'createCluster', 'updateState', 'discover'] as const),
  // Those that the agent makes for tasks that ask for their tags, or for their protection.
  ...(['tags', 'protection'] as const),
] as const;

/** Which call of the ECS API a fault is for. */
export type PlaneCall = (typeof planeCalls)[number];

/** What goes wrong with a call: only one whose reply is lost has taken effect. */
export type PlaneFault = { is: 'error'; error: EcsError } | { is: 'hang' } | { is: 'lost reply' };

const none = Object.fromEntries(planeCalls.map((call) => [call, 0])) as Record<PlaneCall, number>;

/** The ECS API of a simulated control plane: how long its calls take, and what goes wrong with them. */
export class SimApi {
  /** What goes wrong with a call for which nothing was planned; null for nothing. */
  weather: (call: PlaneCall) => PlaneFault | null = () => null;
  /** How many calls of each kind were under way at the same time, at most. */
  readonly mostAtOnce: Record<PlaneCall, number> = { ...none };
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #planned = new Map<PlaneCall, PlaneFault[]>();
  readonly #underWay: Record<PlaneCall, number> = { ...none };

  constructor(clock: Clock, latencyMs: number) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  /** The next calls of this kind meet these faults, one each. */
  plan(call: PlaneCall, faults: PlaneFault[]): void {
    this.#planned.set(call, [...(this.#planned.get(call) ?? []), ...faults]);
  }

  /** One call, with the deadline that the client of the real API sets it. */
  ask<Answer>(
    call: PlaneCall,
    signal: Signal | undefined,
    take: (isHeard: boolean) => Answer,
  ): Promise<Answer> {
    const fault = this.#planned.get(call)?.shift() ?? this.weather(call);
    this.#underWay[call] += 1;
    this.mostAtOnce[call] = Math.max(this.mostAtOnce[call], this.#underWay[call]);
    const takesMs = fault?.is === 'hang' ? roundTripMs : this.#latencyMs;
    return new Promise<Answer>((resolve, reject) => {
      const cancel = this.#clock.at(this.#clock.now() + takesMs, () => {
        if (fault?.is === 'error') return reject(fault.error);
        if (fault?.is === 'hang') return reject(broken('TimeoutError', 'did not answer in time'));
        const answer = take(fault === null);
        if (fault === null) resolve(answer);
        else reject(broken('ECONNRESET', 'broke the connection'));
      });
      signal?.addEventListener('abort', () => {
        cancel();
        reject(broken('AbortError', 'was asked no longer'));
      });
    }).finally(() => {
      this.#underWay[call] -= 1;
    });
  }
}

const broken = (type: string, what: string): EcsError =>
  new EcsError('ECS_UNREACHABLE', type, `The simulated ECS API ${what}`);
