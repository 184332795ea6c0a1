import type { AgentPorts } from '../../../actors/agent.ts';
import type { Store } from '../../../persistence/store.ts';
import type { AcsConnection, AcsPort } from '../../../transport/acs/port.ts';
import type { Clock } from '../../../transport/host/port.ts';
import type { Life } from '../../world/life.ts';

/** The ports of an agent that can be killed within a process that lives on. */
export function mortalPorts(life: Life, ports: AgentPorts): AgentPorts {
  const { names, ...calls } = ports.docker;
  return {
    ...ports,
    docker: { ...life.bound(calls), names },
    ecs: life.bound(ports.ecs),
    acs: acsOf(life, ports.acs),
    store: storeOf(life, ports.store),
  };
}

/** A clock that wakes nobody any more once the life has ended. */
export const mortalClock = (life: Life, clock: Clock): Clock => ({
  now: () => clock.now(),
  at: (time, wake) => clock.at(time, () => life.alive && wake()),
  afterTurn: (work) => clock.afterTurn(() => life.alive && work()),
});

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
