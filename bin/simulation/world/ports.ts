import type { AgentPorts } from '../../../actors/agent.ts';
import type { Signal } from '../../../machines/names/ending.ts';
import type { AcsListener, AcsPort } from '../../../transport/acs/port.ts';
import { CgroupError } from '../../../transport/cgroup/port.ts';
import {
  type ContainerRef,
  DockerError,
  type DockerPort,
  type EnginePort,
} from '../../../transport/docker/port.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { RegistryError } from '../../../transport/registry/port.ts';
import type { SimEngine } from '../../../transport/sim/engine.ts';
import type { World } from '../../world/world.ts';
import type { Weather } from './weather.ts';

/** The ports of one life of the agent, under faults. */
export function portsUnder(weather: Weather, world: World, ports: AgentPorts): AgentPorts {
  const { clock, cgroups, store, metadata, registry } = ports;
  return {
    ...ports,
    docker: dockerUnder(weather, world.engine, ports),
    ecs: delayed(weather, clock, ports.ecs),
    acs: acsUnder(weather, clock, ports.acs),
    registry: {
      loginFor: async (request, signal) => {
        if (weather.meets('registry.login fails'))
          throw new RegistryError('REGISTRY_AUTH', 'no credentials: a simulated fault');
        return await registry.loginFor(request, signal);
      },
    },
    cgroups: {
      ready: (signal) => cgroups.ready(signal),
      parentOf: (id) => cgroups.parentOf(id),
      create: (...given) => refused(weather) ?? cgroups.create(...given),
      remove: (...given) => refused(weather) ?? cgroups.remove(...given),
    },
    store: {
      open: () => store.open(),
      close: () => store.close(),
      write: (batch) => {
        weather.meets('store.disk full');
        weather.meets('store.slow');
        return store.write(batch);
      },
    },
    metadata: {
      ...metadata,
      identity: (signal) => {
        world.instance.setTrouble(
          weather.meets('host.metadata fails') ? 'METADATA_UNREACHABLE' : null,
        );
        return metadata.identity(signal);
      },
    },
  };
}

const refused = (weather: Weather): Promise<never> | null =>
  weather.meets('host.cgroup fails')
    ? Promise.reject(new CgroupError('device or resource busy: a simulated fault'))
    : null;

type Method = (...given: unknown[]) => Promise<unknown>;

/** A wait that ends early where nobody is interested any more. */
const pause = (clock: Clock, ms: number, signal: Signal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.at(clock.now() + ms, end);
    signal?.addEventListener('abort', end);
  });

const signalIn = (given: unknown[]): Signal | undefined =>
  given.find((one): one is Signal => typeof one === 'object' && one !== null && 'aborted' in one);

/** The ECS API, whose replies are late and come in another order. */
function delayed(weather: Weather, clock: Clock, port: AgentPorts['ecs']): AgentPorts['ecs'] {
  const methods = Object.entries(port).map(([name, method]) => [
    name,
    async (...given: unknown[]) => {
      const answer = await (method as Method)(...given);
      if (weather.meets('ecs.slow'))
        await pause(clock, weather.draw.between(0, 20_000), signalIn(given));
      return answer;
    },
  ]);
  return Object.fromEntries(methods) as AgentPorts['ecs'];
}

/** The Engine, whose calls fail in every way; of its events some are lost, told twice, or late. */
function dockerUnder(weather: Weather, engine: SimEngine, ports: AgentPorts): EnginePort {
  const { names, ...methods } = ports.docker;
  const calls = Object.entries(methods).map(([name, method]) => {
    const call = { name: name as CallName, method: method as Method };
    return [name, (...given: unknown[]) => callUnder(weather, { engine, ports, ...call }, given)];
  });
  const under = { ...Object.fromEntries(calls), names } as EnginePort;
  return {
    ...under,
    watch: (on, signal) =>
      under.watch({ ...on, event: eventsUnder(weather, ports.clock, { on, signal }) }, signal),
  };
}

interface Call {
  engine: SimEngine;
  ports: AgentPorts;
  name: CallName;
  method: Method;
}

async function callUnder(
  weather: Weather,
  { engine, ports, name, method }: Call,
  given: unknown[],
): Promise<unknown> {
  if (name === 'stop') weather.fate.stops(given[0] as ContainerRef);
  const linger = weather.meets('docker.slow')
    ? () => pause(ports.clock, weather.draw.between(0, 4_000), signalIn(given))
    : () => Promise.resolve();
  await linger();
  strike(weather, engine, name, given[0]);
  const answer = await method(...given);
  if (changing.has(name) && weather.meets('agent.killed in a call'))
    weather.fate.died(weather.draw.between(1, 60_000));
  await linger();
  return answer;
}

/** The calls that change what the Engine has. */
const changing = new Set<CallName>(['create', 'start', 'stop', 'remove', 'pull', 'createVolume']);

type CallName = Exclude<keyof EnginePort, 'names'>;

function strike(weather: Weather, engine: SimEngine, call: CallName, subject: unknown): void {
  const { registry } = engine.core;
  if (call === 'create' || call === 'pull') weather.meets('docker.disk full');
  if (call === 'pull' || call === 'resolveDigest') {
    const image = String(subject);
    if (call === 'pull' && weather.meets('docker.pull stalls', image)) registry.stallNext(image);
    if (weather.meets('registry.fails', image))
      registry.failNext(image, 'received unexpected HTTP status: 503 Service Unavailable');
  }
  if (weather.meets('docker.refuses', call))
    engine.failNext(
      call,
      new DockerError('DOCKER_REFUSED', 'a simulated refusal', { status: 500 }),
    );
  else if (weather.meets('docker.hangs', call)) engine.hangNext(call);
  else if (weather.meets('docker.loses reply', call)) engine.loseReply(call);
}

type Watching = { on: Parameters<DockerPort['watch']>[0]; signal: Signal };

const eventsUnder =
  (weather: Weather, clock: Clock, { on, signal }: Watching): Watching['on']['event'] =>
  (event) => {
    if (weather.meets('events.lost')) return;
    const tell = () => {
      if (!signal.aborted) on.event(event);
    };
    if (weather.meets('events.reordered'))
      clock.at(clock.now() + weather.draw.between(0, 10_000), tell);
    else tell();
    if (weather.meets('events.doubled')) tell();
  };

/** ACS, whose messages and their acknowledgements are lost, told twice, or late. */
const acsUnder = (weather: Weather, clock: Clock, acs: AcsPort): AcsPort => ({
  flushed: () => acs.flushed(),
  connect: (address, listener) => {
    const connection = acs.connect(address, hearingUnder(weather, clock, listener));
    return {
      ...connection,
      send: (acknowledgement) => {
        if (acknowledgement.kind === 'payload')
          weather.fate.acknowledged(acknowledgement.messageId);
        if (!weather.meets('acs.acknowledgement lost')) connection.send(acknowledgement);
      },
    };
  },
});

function hearingUnder(weather: Weather, clock: Clock, listener: AcsListener): AcsListener {
  let isOpen = true;
  return {
    ...listener,
    closed: (end) => {
      isOpen = false;
      listener.closed(end);
    },
    message: (message, roles) => {
      if (weather.meets('acs.message lost')) return;
      const tell = () => {
        if (!isOpen) return;
        if (message.kind === 'payload') weather.fate.heard(message.payload.messageId);
        listener.message(message, roles);
      };
      if (weather.meets('acs.message late'))
        clock.at(clock.now() + weather.draw.between(0, 20_000), tell);
      else tell();
      if (weather.meets('acs.message doubled')) tell();
    },
  };
}
