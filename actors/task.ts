import type { Signal } from '../machines/names/ending.ts';
import { removalTries } from '../machines/resource/decide.ts';
import type { TaskKey } from '../machines/task/events.ts';
import { taskMachine } from '../machines/task/machine.ts';
import { DockerError, type EnginePort } from '../transport/docker/port.ts';
import type { MetadataFilePort } from '../transport/metadata/port.ts';
import type { bindContainer } from './container.ts';
import { effect, type Pulse, timer } from './effect.ts';
import type { ImageLedger } from './images.ts';
import type { Plans } from './plans.ts';
import type { Log } from './recorder.ts';
import type { bindResource } from './resource.ts';

/** What a task's effects need. */
export interface TaskPorts extends Pulse {
  docker: EnginePort;
  plans: Plans;
  metadataFiles: MetadataFilePort;
  ledger: ImageLedger;
  log: Log;
}

/** The task machine with its children and its effects bound. Bind it once a process. */
export const bindTask = (
  ports: TaskPorts,
  container: ReturnType<typeof bindContainer>,
  resource: ReturnType<typeof bindResource>,
) => {
  const refusals: Refusals = new Map();
  return taskMachine.provide({
    actors: {
      container,
      resource,
      removeContainers: effect(ports, async ({ taskArn }: TaskKey, { signal }) => {
        const task = ports.plans.task(taskArn);
        for (const container of task.containers) {
          await remove({ ...ports, refusals }, { task, container }, signal);
          ports.ledger.released(container.image);
        }
        await ports.metadataFiles.remove(taskArn);
        refusals.delete(taskArn);
        return {};
      }),
      timer: timer(ports),
    },
  });
};

/** How often the Engine has refused to remove a container of a task, by the task's ARN. */
type Refusals = Map<string, number>;

/**
 * An Engine that cannot be asked is asked for ever; what it refuses to remove, as it may while
 * something of the container is in use, stays after many tries.
 */
async function remove(
  { docker, log, refusals }: TaskPorts & { refusals: Refusals },
  ref: Parameters<EnginePort['start']>[0],
  signal: Signal,
): Promise<void> {
  try {
    await docker.remove(docker.names.ofContainer(ref), signal);
  } catch (error) {
    if (!(error instanceof DockerError) || error.retry || signal.aborted) throw error;
    const tries = (refusals.get(ref.task.arn) ?? 0) + 1;
    refusals.set(ref.task.arn, tries);
    if (tries < removalTries) throw error;
    log.warn(`Container ${ref.container.name} of ${ref.task.arn} was left: ${error.message}`);
  }
}
