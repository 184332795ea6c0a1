import type { ContainerKey, PullKey } from '../machines/container/events.ts';
import { containerMachine } from '../machines/container/machine.ts';
import type { ContainerPlan } from '../machines/container/model.ts';
import type { Signal } from '../machines/names/ending.ts';
import type { TaskPlan } from '../machines/task/model.ts';
import type { DockerPort } from '../transport/docker/port.ts';
import type { MetadataFilePort } from '../transport/metadata/port.ts';
import type { LoginRequest } from '../transport/registry/port.ts';
import { effect, identityOf, type Pulse, timer } from './effect.ts';
import type { Journal } from './journal.ts';
import type { Plans } from './plans.ts';
import type { Pulls } from './pulls.ts';
import type { Seen } from './seen.ts';
import type { Vault } from './vault.ts';

/** What a container's effects need. */
export interface ContainerPorts extends Pulse {
  docker: DockerPort;
  plans: Plans;
  pulls: Pulls;
  vault: Vault;
  seen: Seen;
  journal: Journal;
  metadataFiles: MetadataFilePort;
  settings: { stopTimeoutMs: number };
}

/** The container machine with its effects bound to the Engine. Bind it once a process. */
export const bindContainer = (ports: ContainerPorts) =>
  containerMachine.provide({
    actors: { ...imageEffects(ports), ...lifeEffects(ports), timer: timer(ports) },
  });

/** What happens before there is a container. */
const imageEffects = (ports: ContainerPorts) => ({
  credentialsArrive: effect(ports, async (key: ContainerKey, { signal }) => {
    const { executionCredentialsId: id } = ports.plans.of(key).task;
    // A task that names no role is told so by the registry's part.
    if (id !== null) await ports.vault.arrival(id, signal);
    return {};
  }),
  resolveImage: effect(ports, async (key: ContainerKey, { signal }) =>
    ports.pulls.resolve(await loginRequest(ports, key, signal), signal),
  ),
  pullImage: effect(ports, async (key: PullKey, { signal }) => {
    await ports.pulls.pull(await loginRequest(ports, key, signal), key.digest, signal);
    return {};
  }),
});

const lifeEffects = (ports: ContainerPorts) => {
  const { docker, plans, settings, metadataFiles } = ports;
  return {
    createContainer: effect(ports, async (key: ContainerKey, { signal, system }) => {
      const containerInstanceArn = identityOf(system).containerInstanceArn ?? '';
      const ref = plans.of(key);
      const extra = await metadataFiles.prepare(ref, containerInstanceArn);
      return { runtimeId: await docker.create({ ...ref, containerInstanceArn, ...extra }, signal) };
    }),
    startContainer: effect(ports, async (key: ContainerKey, { signal }) => {
      if (!(await hasRun(ports, key, signal))) await start(ports, key, signal);
      return {};
    }),
    restartContainer: effect(ports, async (key: ContainerKey, { signal }) => {
      await start(ports, key, signal);
      return {};
    }),
    inspectContainer: effect(ports, async (key: ContainerKey, { signal, system }) => {
      const ref = plans.of(key);
      const facts = await docker.inspect(ref, signal);
      ports.seen.keep(ref, facts, ports.clock.now());
      if (facts.state === 'running')
        void metadataFiles.complete(ref, facts, identityOf(system).containerInstanceArn ?? '');
      return { facts };
    }),
    stopContainer: effect(ports, async (key: ContainerKey, { signal }) => {
      const plan = plans.of(key);
      const { stopTimeoutS } = plan.container;
      await docker.stop(plan, stopTimeoutS ?? settings.stopTimeoutMs / 1_000, signal);
      return {};
    }),
    pingEngine: effect(ports, async (_: ContainerKey, { signal }) => {
      await docker.ping(signal);
      return {};
    }),
  };
};

/** A start is on disk before it is made: after a crash it is looked for, and not made twice. */
async function start(
  { journal, docker, plans }: ContainerPorts,
  key: ContainerKey,
  signal: Signal,
): Promise<void> {
  await journal.commit();
  signal.throwIfAborted();
  await docker.start(plans.of(key), signal);
}

/** The agent that made a container may have started it, and died before it could say so. */
async function hasRun(
  { docker, plans }: ContainerPorts,
  key: ContainerKey,
  signal: Signal,
): Promise<boolean> {
  const ref = plans.of(key);
  if (ref.container.dockerName === undefined) return false;
  return (await docker.inspect(ref, signal)).startedAt !== null;
}

/** Who pulls a container's image, and in which role; waits for the keys of that role. */
async function loginRequest(
  { plans, vault }: ContainerPorts,
  key: ContainerKey,
  signal: Signal,
): Promise<LoginRequest> {
  const { task, container } = plans.of(key);
  const id = roleOf(task, container);
  const executionRole = id === null ? null : await vault.arrival(id, signal);
  return { image: container.image, ecr: container.ecr, executionRole };
}

const roleOf = (task: TaskPlan, { ecr }: ContainerPlan): string | null =>
  ecr?.useExecutionRole ? task.executionCredentialsId : null;
