import type { Signal } from '../../../machines/names/ending.ts';
import { Turns } from '../../../machines/names/turns.ts';
import { leisure } from '../../host/clock.ts';
import type { Clock } from '../../host/port.ts';
import { type CallLimit, lostInterest } from '../calls.ts';
import { DockerError } from '../port.ts';

/** How many calls the Engine has to answer at a time, and when it is left alone. */
const gateRules = {
  counted: 50,
  behind: 4,
  behindForMs: 5_000,
  failuresInARow: 5,
  probeAfterMs: [1_000, 2_000, 4_000, 5_000],
};

/** Whose gate it is. `onBreaker` is told once of each change. */
export interface GateOptions {
  clock: Clock;
  dockerHost: string;
  onBreaker?: (state: 'open' | 'closed') => void;
}

/**
 * The way of all calls to one Engine. Only so many are under way, the others wait in order; their
 * deadlines begin when they are let through. An Engine that could not be reached several times in a
 * row is then asked by one call every few seconds, and all others fail at once, until it answers.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #lines = {
    counted: new Turns(gateRules.counted, lostInterest),
    behind: new Turns(gateRules.behind, lostInterest),
  };
  #failures = 0;
  /** While the breaker is open: when the next call is let through, and how many have been. */
  #open: { probeAt: number; probes: number } | null = null;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Lets a call through as its limit says. Rejects with what it rejects with, or as unreachable. */
  pass<T>(
    { passes = 'counted' }: CallLimit,
    signal: Signal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (this.#open && passes !== 'always') return this.#probe(this.#open, work);
    if (passes === 'counted') return this.#lines.counted.take(signal, () => this.#observe(work));
    if (passes === 'behind') return this.#behind(signal, work);
    return this.#observe(work);
  }

  /** Lets the agent get on with all else first, but not for ever. */
  async #behind<T>(signal: Signal | undefined, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const until = clock.now() + gateRules.behindForMs;
    return await this.#lines.behind.take(signal, async () => {
      await leisure(clock, until);
      return await this.#observe(work);
    });
  }

  /** Lets the call through if it is time to ask whether the Engine is back. */
  #probe<T>(open: { probeAt: number; probes: number }, work: () => Promise<T>): Promise<T> {
    const now = this.#options.clock.now();
    if (now < open.probeAt) return Promise.reject(this.#refusal());
    open.probes += 1;
    open.probeAt = now + probeDelay(open.probes);
    return this.#observe(work);
  }

  /** A time-out and a caller's change of mind say nothing about whether the Engine is there. */
  async #observe<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.#reached();
      return answer;
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      if (error.code === 'DOCKER_UNREACHABLE') this.#missed();
      else if (error.status !== undefined) this.#reached();
      throw error;
    }
  }

  #reached(): void {
    this.#failures = 0;
    if (!this.#open) return;
    this.#open = null;
    this.#options.onBreaker?.('closed');
  }

  #missed(): void {
    this.#failures += 1;
    if (this.#open || this.#failures < gateRules.failuresInARow) return;
    this.#open = { probeAt: this.#options.clock.now() + probeDelay(0), probes: 0 };
    for (const line of Object.values(this.#lines)) line.refuse(this.#refusal());
    this.#options.onBreaker?.('open');
  }

  #refusal(): DockerError {
    return new DockerError(
      'DOCKER_UNREACHABLE',
      `The Docker Engine at ${this.#options.dockerHost} cannot be reached, and is asked again soon`,
    );
  }
}

const probeDelay = (probes: number): number =>
  gateRules.probeAfterMs[Math.min(probes, gateRules.probeAfterMs.length - 1)] ?? 0;
