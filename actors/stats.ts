import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import type { ContainerContext } from '../machines/container/model.ts';
import { containerActorId } from '../machines/names/arn.ts';
import { delayOf } from '../machines/names/backoff.ts';
import { Ending, type Signal } from '../machines/names/ending.ts';
import {
  firstPollAfter,
  hasOwnNetwork,
  type Sampling,
  samplingBackoff,
  silenceMs,
} from '../machines/stats/collect.ts';
import type { Measurements, TaskHealth, TaskUsage, Window } from '../machines/stats/model.ts';
import { type Carried, carriedOn, nothingCarried } from '../machines/stats/restart.ts';
import { type SampledHost, sampleOf } from '../machines/stats/sample.ts';
import { setsOf } from '../machines/stats/sets.ts';
import { newWindow, published, withSample } from '../machines/stats/window.ts';
import type { ContainerRef } from '../transport/docker/port.ts';
import type { Clock, Random } from '../transport/host/port.ts';
import type { StatsPort } from '../transport/stats/port.ts';
import type { ServedSample } from '../transport/tmds/port.ts';
import type { System } from './effect.ts';
import type { Plans } from './plans.ts';
import type { Seen } from './seen.ts';

/** What the sampler needs. */
export interface SamplerPorts {
  clock: Clock;
  random: Random;
  docker: StatsPort;
  plans: Plans;
  seen: Seen;
  sampling: Sampling;
  host(): SampledHost;
}

/** One container whose resources are measured. */
interface Sampled {
  ref: ContainerRef;
  window: Window;
  carried: Carried;
  /** The latest sample as the Engine wrote it; '' before the first. */
  text: string;
  heardAt: number;
  ending: Ending;
}

/**
 * Measures the containers that run: one stream of the Engine's for each, ended with it. It keeps
 * what has not been published, and the latest sample for those who ask.
 */
export class Sampler implements Measurements {
  readonly #ports: SamplerPorts;
  readonly #sampled = new Map<string, Sampled>();
  #system: System | null = null;

  constructor(ports: SamplerPorts) {
    this.#ports = ports;
  }

  /** Begins and ends measuring with the containers of this agent; to be called before it starts. */
  follow({ system }: AnyActorRef): void {
    this.#system = system;
    system.inspect((event) => {
      if (event.type !== '@xstate.snapshot') return;
      const { id } = event.actorRef as AnyActorRef;
      if (!id.startsWith('container/')) return;
      const { status, value, context } = event.snapshot as AnyMachineSnapshot;
      const isOver =
        status !== 'active' || (value as Record<string, unknown>).stopped !== undefined;
      if (isOver) this.#end(id);
      else if ((value as Record<string, unknown>).running !== undefined && !this.#sampled.has(id))
        this.#begin(id, context as ContainerContext);
    });
  }

  /** Ends all measuring. */
  close(): void {
    for (const id of [...this.#sampled.keys()]) this.#end(id);
  }

  usage(): ReturnType<Measurements['usage']> {
    const tasks = new Map<string, TaskUsage>();
    for (const { ref, window } of this.#sampled.values()) {
      const { arn, family, version, networkMode } = ref.task;
      const sets = setsOf(window);
      if (sets.cpu === null || sets.memory === null || family === '') continue;
      const task = tasks.get(arn) ?? { arn, family, version, containers: [] };
      const own = hasOwnNetwork(networkMode) ? sets : { ...sets, network: null };
      task.containers.push({ name: ref.container.name, sets: own });
      tasks.set(arn, task);
    }
    if (tasks.size > 0)
      for (const sampled of this.#sampled.values()) sampled.window = published(sampled.window);
    return { idle: this.#sampled.size === 0, tasks: [...tasks.values()] };
  }

  health(): TaskHealth[] {
    const { plans, seen, clock } = this.#ports;
    return [...plans.all()].flatMap((task) => {
      const containers = task.containers.flatMap((container) => {
        const context = this.#contextOf({ task, container });
        const runs = context?.startedAt !== null && context?.finishedAt === null;
        if (!container.healthChecked || !context || !runs) return [];
        const since = seen.of({ task, container })?.healthSince ?? clock.now();
        return [{ name: container.name, status: context.health, since }];
      });
      const { arn, family, version } = task;
      return containers.length > 0 ? [{ arn, family, version, containers }] : [];
    });
  }

  /** The latest sample of a container; null for one that is not measured. */
  sample(ref: ContainerRef): ServedSample | 'pending' | null {
    const sampled = this.#sampled.get(actorIdOf(ref));
    if (!sampled) return null;
    if (sampled.text === '') return 'pending';
    const { rxRate, txRate } = sampled.window.entries.at(-1) ?? sampled.window.before ?? {};
    const known = typeof rxRate === 'number' && typeof txRate === 'number';
    return { text: sampled.text, rates: known ? { received: rxRate, sent: txRate } : null };
  }

  #contextOf(ref: ContainerRef): ContainerContext | undefined {
    const actor: AnyActorRef | undefined = this.#system?.get(actorIdOf(ref));
    return actor?.getSnapshot().context;
  }

  #begin(id: string, { taskArn, name }: ContainerContext): void {
    const { plans, sampling, clock } = this.#ports;
    if (sampling.by === 'nothing' || !plans.has(taskArn, name)) return;
    const sampled: Sampled = {
      ref: plans.of({ taskArn, name }),
      window: newWindow(),
      carried: nothingCarried,
      text: '',
      heardAt: clock.now(),
      ending: new Ending(),
    };
    this.#sampled.set(id, sampled);
    if (sampling.by === 'stream') void this.#stream(sampled);
    else void this.#poll(sampled, sampling.everyMs);
  }

  #end(id: string): void {
    this.#sampled.get(id)?.ending.abort();
    this.#sampled.delete(id);
  }

  /** Reads the Engine's stream, and opens it again whenever it ends. */
  async #stream(sampled: Sampled): Promise<void> {
    const { clock, random, docker } = this.#ports;
    const { ref, ending } = sampled;
    for (let attempts = 1; !ending.aborted; attempts++) {
      const openedAt = clock.now();
      const reading = new Ending();
      const stop = this.#abortWithSilence(sampled, reading);
      await docker.followStats(ref, (text) => this.#take(sampled, text), reading).catch(ignore);
      stop();
      if (sampled.heardAt > openedAt) attempts = 1;
      await this.#pause(delayOf(samplingBackoff, attempts, random.roll()), ending);
    }
  }

  /** Ends the reading with the measuring, and where the Engine has said nothing for long. */
  #abortWithSilence({ ending, ...sampled }: Sampled, reading: Ending): () => void {
    const { clock } = this.#ports;
    const abort = () => reading.abort();
    ending.onEnd(abort);
    let cancel = () => {};
    let lookedAt = clock.now();
    const look = () => {
      cancel = clock.at(lookedAt + silenceMs, () => {
        const isSilent = this.#heardAt(sampled.ref) < lookedAt;
        lookedAt = clock.now();
        if (isSilent) abort();
        else look();
      });
    };
    look();
    return () => {
      cancel();
      ending.removeEventListener('abort', abort);
    };
  }

  #heardAt(ref: ContainerRef): number {
    return this.#sampled.get(actorIdOf(ref))?.heardAt ?? 0;
  }

  /** Looks at once, and then at even times. */
  async #poll(sampled: Sampled, everyMs: number): Promise<void> {
    const { random, docker } = this.#ports;
    const { ref, ending } = sampled;
    let attempts = 0;
    for (let looks = 0; !ending.aborted; looks++) {
      const text = await docker.stats(ref, ending).catch(() => null);
      attempts = text === null ? attempts + 1 : 0;
      if (text !== null) this.#take(sampled, text);
      const failed = delayOf(samplingBackoff, attempts, random.roll());
      const next = looks === 0 ? firstPollAfter(everyMs, random.roll()) : everyMs;
      await this.#pause(text === null ? failed : next, ending);
    }
  }

  #pause(ms: number, signal: Signal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { clock } = this.#ports;
    return new Promise((resolve) => {
      const cancel = clock.at(clock.now() + ms, () => {
        signal.removeEventListener('abort', leave);
        resolve();
      });
      const leave = () => {
        cancel();
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #take(sampled: Sampled, text: string): void {
    const read = sampleOf(text, this.#ports.host());
    sampled.heardAt = this.#ports.clock.now();
    if (read === null) return;
    const { restartPolicy } = sampled.ref.container;
    const restarts = restartPolicy ? (this.#contextOf(sampled.ref)?.restarts ?? 0) : null;
    sampled.text = text;
    const sample = { ...read, restarts };
    if (restartPolicy) sampled.carried = carriedOn(sampled.carried, sample);
    sampled.window = withSample(sampled.window, sampled.carried.whole ?? sample);
  }
}

const ignore = (): void => {};

const actorIdOf = ({ task, container }: ContainerRef): string =>
  containerActorId(task.arn, container.name);
