import { Ending, type Signal } from '../../../machines/names/ending.ts';
import { bounded, type CallLimit, dockerErrorOf, dockerLimits } from '../../docker/calls.ts';
import { DockerError, type EnginePort } from '../../docker/port.ts';
import type { Clock } from '../../host/port.ts';

/** A call of the Engine's ports. */
export type EngineCall = Exclude<keyof EnginePort, 'names'>;

/** What is asked, by whom, and of a stop with which grace. */
interface Asked {
  call: Exclude<EngineCall, 'watch'>;
  signal: Signal | undefined;
  graceS?: number;
}

type Fault = { is: 'error'; error: DockerError } | { is: 'hang' } | { is: 'lost reply' };
type Work<Answer> = (ending: Signal) => Answer | Promise<Answer>;

const unreachable = () =>
  new DockerError('DOCKER_UNREACHABLE', 'The simulated Engine cannot be reached');
const givenUp = () => new DockerError('DOCKER_ABORTED', 'The call was given up');
const forEver = <Answer>(): Promise<Answer> => new Promise(() => {});

/** The way to a simulated Engine: how long it takes, who is on it, and what goes wrong there. */
export class Connection {
  /** How often each call was made. */
  readonly calls = new Map<EngineCall, number>();
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #faults = new Map<EngineCall, Fault[]>();
  /** What ends the calls and streams under way. */
  readonly #open = new Set<() => void>();
  #reachable = true;

  constructor(clock: Clock, latencyMs: number) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  plan(call: EngineCall, fault: Fault): void {
    this.#faults.set(call, [...(this.#faults.get(call) ?? []), fault]);
  }

  setReachable(reachable: boolean): void {
    this.#reachable = reachable;
    if (!reachable) for (const end of [...this.#open]) end();
  }

  /** Calls `broken` when the Engine cannot be reached, which may be at once; the answer ends that. */
  hold(broken: () => void): () => void {
    if (!this.#reachable) broken();
    this.#open.add(broken);
    return () => this.#open.delete(broken);
  }

  /** One call, with the deadline that the client of a real Engine sets it. */
  async ask<Answer>(asked: Asked, work: Work<Answer>): Promise<Answer> {
    const { call, signal } = asked;
    const fault = this.#count(call);
    const answer = async (ending: Signal) => {
      if (fault?.is === 'error') throw fault.error;
      if (fault?.is === 'hang') return await forEver<Answer>();
      const answered = (async () => await work(ending))();
      if (fault?.is !== 'lost reply') return await answered;
      // Whatever it was, a refusal too.
      await answered.catch(() => {});
      throw unreachable();
    };
    try {
      const bounds = { limit: limitOf(asked, fault), clock: this.#clock, signal };
      return await bounded(bounds, (ending) => this.#connected(ending, answer));
    } catch (error) {
      throw dockerErrorOf(error, 'simulated');
    }
  }

  /** A stream, from its `begin` to the break of the connection; what that answers ends it. */
  async follow(
    { call, signal }: { call: 'watch' | 'followStats'; signal: Signal },
    begin: () => () => void,
  ): Promise<never> {
    const fault = this.#count(call);
    if (fault?.is === 'hang')
      return await bounded(
        { limit: dockerLimits[call], clock: this.#clock, signal },
        forEver<never>,
      );
    const followed = this.#connected<never>(signal, (ending) => {
      if (fault?.is === 'error') throw fault.error;
      const stop = begin();
      // At once, or what happens in the same turn as the break would still be told.
      ending.addEventListener('abort', stop);
      if (fault?.is !== 'lost reply') return forEver();
      stop();
      throw unreachable();
    });
    return await followed.catch((error: unknown) => {
      throw dockerErrorOf(error, 'simulated');
    });
  }

  #count(call: EngineCall): Fault | undefined {
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
    return this.#faults.get(call)?.shift();
  }

  /**
   * Rejects when the caller loses interest or the connection breaks, whatever `work` does; `work`
   * is not begun if that happens on the way to the Engine.
   */
  async #connected<Answer>(signal: Signal, work: Work<Answer>): Promise<Answer> {
    if (signal.aborted) throw givenUp();
    const ending = new Ending();
    const onAbort = () => ending.abort(givenUp());
    signal.addEventListener('abort', onAbort, { once: true });
    const onBreak = () => ending.abort(unreachable());
    this.#open.add(onBreak);
    const arrive = async () => {
      await this.#latency();
      ending.throwIfAborted();
      if (!this.#reachable) throw unreachable();
      return await work(ending);
    };
    try {
      return await new Promise<Answer>((resolve, reject) => {
        ending.addEventListener('abort', () => reject(ending.reason));
        arrive().then(resolve, reject);
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#open.delete(onBreak);
    }
  }

  #latency(): Promise<void> {
    return new Promise((resolve) => this.#clock.at(this.#clock.now() + this.#latencyMs, resolve));
  }
}

/** A pull that hangs has not begun, and that has a deadline of its own. */
function limitOf({ call, graceS = 0 }: Asked, fault: Fault | undefined): CallLimit {
  if (call === 'pull' && fault?.is === 'hang') return dockerLimits.pullBegin;
  const { ms, transition } = dockerLimits[call];
  return { ms: graceS * 1_000 + ms, transition };
}
