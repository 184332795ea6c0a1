import type { ContainerPlan } from '../machines/container/model.ts';
import { plainContainer, plainTask } from '../machines/names/plain.ts';
import type { TaskPlan } from '../machines/task/model.ts';
import type { ListedContainer } from '../transport/docker/port.ts';
import type { Random } from '../transport/host/port.ts';
import type { Journal } from './journal.ts';
import { type Plans, planKey } from './plans.ts';
import type { Log } from './recorder.ts';

interface AdoptionPorts {
  plans: Plans;
  journal: Journal;
  random: Random;
  log: Log;
}

/**
 * Plans for running containers that this container instance has made and that no record knows, by
 * what their labels say: a store that was lost does not make them nobody's. Each becomes a part of a
 * task of its own, which ECS is told of and may then stop. Containers of other agents are left alone.
 */
export function adoptionsOf(
  running: ListedContainer[],
  ports: AdoptionPorts,
  mine: string | null,
): TaskPlan[] {
  const known = new Set([...ports.plans.all()].map(({ arn }) => arn));
  const found = new Map<string, TaskPlan>();
  for (const listed of running) {
    const { taskArn, containerInstanceArn, name, family, version } = listed;
    const isMine = mine !== null && containerInstanceArn === mine;
    if (!isMine || taskArn === '' || known.has(taskArn)) continue;
    const task = found.get(taskArn) ?? plainTask({ arn: taskArn, family, version });
    task.containers.push(containerOf(listed, ports.random));
    found.set(taskArn, task);
    ports.log.warn('A container runs that no record knows: it is adopted', { taskArn, name });
  }
  for (const task of found.values()) {
    ports.plans.add(task);
    ports.journal.put(planKey(task.arn), task);
  }
  return [...found.values()];
}

const containerOf = ({ name, image }: ListedContainer, random: Random): ContainerPlan => ({
  ...plainContainer({ name, image, metadataId: random.uuid() }),
  essential: true,
});
