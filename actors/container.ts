import type { AgentIdentity } from '../machines/agent/model.ts';
import { mustPull } from '../machines/container/decide.ts';
import type { ContainerKey } from '../machines/container/events.ts';
import { containerMachine } from '../machines/container/machine.ts';
import type { PullBehavior } from '../machines/container/model.ts';
import type { DockerPort } from '../transport/docker/port.ts';
import { effect, type Pulse, type System, timer } from './effect.ts';
import type { Plans } from './plans.ts';

/** Which images this agent has pulled; kept over restarts for pull behaviour `once`. */
export interface PulledImages {
  has(image: string): boolean;
  add(image: string): void;
}

/** What a container's effects need. */
export interface ContainerPorts extends Pulse {
  docker: DockerPort;
  plans: Plans;
  pulledImages: PulledImages;
  settings: { pullBehavior: PullBehavior; stopTimeoutMs: number };
}

/** The container machine with its effects bound to the Engine. Bind it once a process. */
export function bindContainer(ports: ContainerPorts) {
  const { docker, plans, settings } = ports;
  return containerMachine.provide({
    actors: {
      pullImage: effect(ports, async (key: ContainerKey, { signal }) => {
        const { image } = plans.of(key).container;
        const known = {
          isThere: settings.pullBehavior !== 'always' && (await docker.hasImage(image, signal)),
          pulledBefore: ports.pulledImages.has(image),
        };
        if (!mustPull(settings.pullBehavior, known)) return { startedAt: null };
        const startedAt = ports.clock.now();
        await docker.pull(image, signal);
        ports.pulledImages.add(image);
        return { startedAt };
      }),
      createContainer: effect(ports, async (key: ContainerKey, { signal, system }) => {
        const { containerInstanceArn } = identityOf(system);
        const request = { ...plans.of(key), containerInstanceArn: containerInstanceArn ?? '' };
        return { runtimeId: await docker.create(request, signal) };
      }),
      startContainer: effect(ports, async (key: ContainerKey, { signal }) => {
        await docker.start(plans.of(key), signal);
        return {};
      }),
      inspectContainer: effect(ports, async (key: ContainerKey, { signal }) => ({
        facts: await docker.inspect(plans.of(key), signal),
      })),
      stopContainer: effect(ports, async (key: ContainerKey, { signal }) => {
        const plan = plans.of(key);
        await docker.stop(
          plan,
          plan.container.stopTimeoutS ?? settings.stopTimeoutMs / 1_000,
          signal,
        );
        return {};
      }),
      timer: timer(ports),
    },
  });
}

/** What the root of the system remembers of the agent itself. */
const identityOf = (system: System): AgentIdentity => system.get('agent').getSnapshot().context;
