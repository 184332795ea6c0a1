import type { Measurements, TaskUsage } from '../../machines/stats/model.ts';
import type { Publication } from '../../machines/telemetry/model.ts';
import type { Clock } from '../../transport/host/port.ts';
import type { TcsAddress, TcsListener, TcsPort } from '../../transport/tcs/port.ts';
import { taskArn } from './builders.ts';

/** The telemetry service under virtual time: what it was told and when, and what it can do. */
export class SimTcs implements TcsPort {
  readonly addresses: TcsAddress[] = [];
  readonly told: { at: number; publication: Publication }[] = [];
  /** Reasons with which the agent asked for the end of a connection, or null where it cut it. */
  readonly endings: (string | null)[] = [];
  /** Whether each publication is acknowledged. */
  acknowledges = true;
  /** Whether it answers close frames. */
  answersClose = true;
  /** Whether connections are taken. */
  isThere = true;
  clock: Clock | undefined;
  #listener: TcsListener | null = null;

  connect(address: TcsAddress, listener: TcsListener) {
    this.addresses.push(address);
    let isOpen = true;
    this.#after(() => {
      if (!isOpen) return;
      if (!this.isThere) return listener.closed({ clean: false, reason: '1006 not there' });
      this.#listener = listener;
      listener.opened();
    });
    return {
      publish: (publication: Publication) => {
        if (this.#listener !== listener) return Promise.resolve(false);
        this.told.push({ at: this.#now(), publication });
        if (this.acknowledges) this.#after(() => this.say({ kind: 'alive', type: 'Ack' }));
        return Promise.resolve(true);
      },
      close: (_: number, reason: string) => {
        this.endings.push(reason);
        if (this.answersClose) this.#after(() => this.drop({ clean: true }));
      },
      terminate: () => {
        isOpen = false;
        if (this.#listener !== listener) return;
        this.endings.push(null);
        this.#listener = null;
      },
    };
  }

  get isConnected(): boolean {
    return this.#listener !== null;
  }

  say(message: Parameters<TcsListener['message']>[0]): void {
    this.#listener?.message(message);
  }

  /** Ends the connection, in good order or not. */
  drop({ clean }: { clean: boolean }): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.closed({ clean, reason: 'dropped' });
  }

  /** The ids of the tasks whose figures were told, an entry each time; [] is idle. */
  usage(): string[][] {
    return this.told.flatMap(({ publication }) =>
      publication.kind === 'usage' ? [publication.tasks.map(({ version }) => version)] : [],
    );
  }

  #now = () => this.clock?.now() ?? 0;

  #after(work: () => void): void {
    this.clock?.at(this.#now() + 1, work);
  }
}

/** Where no container is measured. */
export const nothingMeasured: Measurements = {
  usage: () => ({ idle: true, tasks: [] }),
  health: () => [],
};

/** Measurements that number themselves: the first has version 1. */
export function counting(): Measurements {
  let taken = 0;
  const task = (): TaskUsage => {
    taken += 1;
    return { arn: taskArn('a'), family: 'a', version: String(taken), containers: [] };
  };
  return { usage: () => ({ idle: false, tasks: [task()] }), health: () => [] };
}
