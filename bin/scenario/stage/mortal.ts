import type { AgentPorts } from '../../../actors/agent.ts';
import { abortSignalOf, type Signal } from '../../../machines/names/ending.ts';
import type { Store } from '../../../persistence/store.ts';
import type { AcsConnection, AcsPort } from '../../../transport/acs/port.ts';
import type { EnginePort } from '../../../transport/docker/port.ts';
import type { Cancel, Clock } from '../../../transport/host/port.ts';
import { Life } from '../../world/life.ts';

/** The life of an agent that can be killed within a process that lives on. */
export class Mortal {
  readonly life = new Life();
  readonly #waits = new Set<Cancel>();
  readonly #death = new AbortController();

  /** From now on nothing is answered, nothing wakes, and nothing is saved. */
  kill(): void {
    this.life.alive = false;
    this.#death.abort();
    for (const cancel of this.#waits) cancel();
    this.#waits.clear();
  }

  /** A clock that wakes nobody any more after the death. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      at: (time, wake) => {
        const cancel = clock.at(time, () => {
          this.#waits.delete(forget);
          if (this.life.alive) wake();
        });
        const forget = () => {
          this.#waits.delete(forget);
          cancel();
        };
        this.#waits.add(forget);
        return forget;
      },
      afterTurn: (work) => clock.afterTurn(() => this.life.alive && work()),
    };
  }

  ports(ports: AgentPorts): AgentPorts {
    const { life } = this;
    const { names, ...calls } = ports.docker;
    return {
      ...ports,
      docker: { ...life.bound({ ...calls, ...this.#streams(ports.docker) }), names },
      ecs: life.bound(ports.ecs),
      acs: acsOf(life, ports.acs),
      store: storeOf(life, ports.store),
    };
  }

  /** Streams of the Engine end with the life: nobody else would end them. */
  #streams(docker: EnginePort): Pick<EnginePort, 'watch' | 'followStats'> {
    const bounded = (signal: Signal) =>
      AbortSignal.any([abortSignalOf(signal), this.#death.signal]);
    return {
      watch: (on, signal) => docker.watch(on, bounded(signal)),
      followStats: (ref, sample, signal) => docker.followStats(ref, sample, bounded(signal)),
    };
  }
}

const nobody: AcsConnection = { send: () => {}, close: () => {}, terminate: () => {} };

const acsOf = (life: Life, acs: AcsPort): AcsPort => ({
  ...acs,
  connect: (address, listener) => {
    if (!life.alive) return nobody;
    return acs.connect(address, {
      opened: () => life.alive && listener.opened(),
      message: (message, roles) => life.alive && listener.message(message, roles),
      malformed: (error) => life.alive && listener.malformed(error),
      closed: (end) => life.alive && listener.closed(end),
    });
  },
});

/** Not by its class: what is private to it is open to nobody. */
const storeOf = (life: Life, store: Store): Store =>
  life.bound({
    open: () => store.open(),
    write: (batch: Parameters<Store['write']>[0]) => store.write(batch),
    close: () => store.close(),
  });
