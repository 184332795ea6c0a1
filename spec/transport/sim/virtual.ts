import { DockerError, type EngineEvent, type EnginePort } from '../../../transport/docker/port.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { SimEngine, type SimEngineOptions } from '../../../transport/sim/engine.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import { lone } from '../../support/engine-plans.ts';

/** A simulated Engine in virtual time, and the words to tell stories of it. */
export class VirtualEngine {
  readonly clock = new SimClock(1_700_000_000_123);
  readonly engine: SimEngine;
  readonly port: EnginePort;

  constructor(more: Partial<SimEngineOptions> = {}) {
    this.engine = new SimEngine({ clock: this.clock, random: simRandom(7), ...more });
    this.port = this.engine.port('specs');
  }

  /** What a call answers within a few virtual milliseconds. */
  async answer<Answer>(call: Promise<Answer>, withinMs = 10): Promise<Answer> {
    call.catch(() => {});
    await this.clock.advance(withinMs);
    return await call;
  }

  /** What becomes of a call in time, an hour if nothing is said: `answered`, its code, or `nothing`. */
  async outcome(call: Promise<unknown>, withinMs = 3_600_000): Promise<string> {
    let became = 'nothing';
    call.then(
      () => {
        became = 'answered';
      },
      (error: unknown) => {
        became = error instanceof DockerError ? error.code : String(error);
      },
    );
    await this.clock.advance(withinMs);
    return became;
  }

  /** The words with which a call is refused. */
  async refusal(call: Promise<unknown>, withinMs = 3_600_000): Promise<string> {
    const words = call.then(
      () => 'it was not refused',
      (error: Error) => error.message,
    );
    await this.clock.advance(withinMs);
    return await words;
  }

  /** A container of this plan that runs. */
  async running(...plan: Parameters<typeof lone>) {
    const ref = lone(...plan);
    await this.answer(this.port.create(ref));
    await this.answer(this.port.start(ref));
    return ref;
  }

  /** Follows the events; the answer grows: `<action> <container>`. */
  async watched(since: number | null = null): Promise<string[]> {
    const told: string[] = [];
    const event = ({ action, name }: EngineEvent) => told.push(`${action} ${name}`);
    const watch = this.port.watch(
      { since, opened: () => told.push('opened'), event },
      new AbortController().signal,
    );
    watch.catch(() => told.push('broken'));
    await this.clock.advance(10);
    return told;
  }
}
