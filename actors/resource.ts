import { taskIdOf } from '../machines/names/arn.ts';
import type { Signal } from '../machines/names/ending.ts';
import { AgentError } from '../machines/names/errors.ts';
import { resourceMachine } from '../machines/resource/machine.ts';
import type { ResourceKey } from '../machines/resource/model.ts';
import type { TaskPlan, VolumePlan } from '../machines/task/model.ts';
import type { CgroupPort } from '../transport/cgroup/port.ts';
import type { EngineNames, VolumeFacts, VolumePort } from '../transport/docker/port.ts';
import { effect, type Pulse, timer } from './effect.ts';
import type { Journal } from './journal.ts';
import type { Plans } from './plans.ts';

/** What a resource's effects need. */
export interface ResourcePorts extends Pulse {
  volumes: VolumePort & { names: EngineNames };
  cgroups: CgroupPort;
  plans: Plans;
  journal: Journal;
  settings: {
    /** Most processes and threads of a task; null for no limit. */
    taskPids: number | null;
    /** Whether a shared volume must have the labels and options that the task names. */
    matchSharedVolumes: boolean;
  };
}

/** The resource machine with its effects bound. Bind it once a process. */
export function bindResource(ports: ResourcePorts) {
  const { plans, cgroups, settings } = ports;
  return resourceMachine.provide({
    actors: {
      createResource: effect(ports, async (key: ResourceKey, { signal }) => {
        const task = plans.task(key.taskArn);
        // Of a task that is not on disk nobody would know what to remove after a crash.
        await ports.journal.commit();
        signal.throwIfAborted();
        if (key.kind === 'cgroup')
          await cgroups.create(taskIdOf(task.arn), limitsOf(task, settings.taskPids), signal);
        else await provide(task, volumeOf(task, key.name), ports, signal);
        return {};
      }),
      removeResource: effect(ports, async (key: ResourceKey, { signal }) => {
        const task = plans.task(key.taskArn);
        if (key.kind === 'cgroup') {
          await cgroups.remove(taskIdOf(task.arn), signal);
          return {};
        }
        const volume = volumeOf(task, key.name);
        if (volume.scope === 'task')
          await ports.volumes.removeVolume(ports.volumes.names.ofVolume(task, volume), signal);
        return {};
      }),
      timer: timer(ports),
    },
  });
}

/** Without a limit of its own a task weighs as much as its containers together. */
const limitsOf = ({ cpu, memoryMiB, containers }: TaskPlan, pids: number | null) => ({
  cpu: cpu || null,
  cpuShares: Math.min(
    containers.reduce((sum, container) => sum + Math.max(2, container.cpu), 0),
    262_144,
  ),
  memoryMiB: memoryMiB || null,
  pids,
});

type DockerVolume = Extract<VolumePlan, { kind: 'docker' }>;

function volumeOf(task: TaskPlan, name: string): DockerVolume {
  const volume = task.volumes.find((candidate) => candidate.name === name);
  if (volume?.kind === 'docker') return volume;
  throw new AgentError('PLAN_MISSING', `There is no plan for volume ${name} of ${task.arn}`);
}

/** Makes a volume, or takes the shared one that is there. */
async function provide(
  task: TaskPlan,
  volume: DockerVolume,
  { volumes, settings }: ResourcePorts,
  signal: Signal,
): Promise<void> {
  const name = volumes.names.ofVolume(task, volume);
  const { driver, driverOpts, labels } = volume;
  if (volume.scope === 'shared') {
    const found = await volumes.inspectVolume(name, signal);
    if (!found && !volume.autoprovision)
      throw refusal(
        task,
        `initialize volume: volume detection failed, volume '${name}' does not exist ` +
          'and autoprovision is set to false',
      );
    if (found && settings.matchSharedVolumes) requireMatch(task, volume, found);
    if (found) return;
  }
  await volumes.createVolume({ name, driver, driverOpts, labels }, signal);
}

const refusal = ({ arn }: TaskPlan, why: string): AgentError =>
  new AgentError('VOLUME_UNFIT', `resource cannot be initialized for task ${arn}: ${why}`);

/** The texts are those of ECS, its spelling included. */
function requireMatch(task: TaskPlan, volume: DockerVolume, found: VolumeFacts): void {
  const differ = (existing: Record<string, string>, expected: Record<string, string>) =>
    shown(existing) === shown(expected)
      ? null
      : `existing: ${shown(existing)}, expected: ${shown(expected)}`;
  const which = 'non-autoprovisioned volume does not match existing volume';
  const labels = differ(found.labels, volume.labels);
  if (labels) throw refusal(task, `intialize volume: ${which} labels: ${labels}`);
  const options = differ(found.options, volume.driverOpts);
  if (options) throw refusal(task, `initialize volume: ${which} options: ${options}`);
}

const shown = (map: Record<string, string>): string =>
  `map[${Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`)
    .join(' ')}]`;
