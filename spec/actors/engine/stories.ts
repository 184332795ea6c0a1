import { World, type WorldSettings } from '../../../bin/world/world.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import { dockerNameOf } from '../../../transport/docker/port.ts';
import { SimRegistry } from '../../../transport/sim/registry.ts';
import { wanted } from '../../support/builders.ts';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;

/** The digest that the registry of these stories has of every image. */
export const digest = `sha256:${'d'.repeat(64)}`;

/** An agent that is connected, and has no tasks. */
export async function started(settings?: WorldSettings): Promise<World> {
  const world = new World(settings);
  await world.start();
  return world;
}

/** The same with the default pull behaviour, an Engine without images and a registry with all. */
export const pulling = (
  pullBehavior: 'default' | 'always' | 'once' | 'prefer-cached' = 'default',
  images: string[] = [],
): Promise<World> =>
  started({
    rules: { pullBehavior },
    engine: { images, registry: new SimRegistry(undefined, { digest }) },
  });

/** The Docker name of a task's container. */
export function nameOf(plan: TaskPlan, name = 'main'): string {
  const container = plan.containers.find((one) => one.name === name);
  if (!container) throw new Error(`the task has no container ${name}`);
  return dockerNameOf({ task: plan, container });
}

/** Has a task brought up, and lets what follows from that happen. */
export async function running(world: World, plan: TaskPlan): Promise<void> {
  world.plane.deliver([wanted(plan)]);
  const told = () => world.plane.statusesOf(plan.arn);
  await world.clock.until(() => told().includes('RUNNING'));
  await world.clock.advance(10);
}

/** A volume of a task's own. */
export const volume = {
  kind: 'docker',
  name: 'data',
  driver: 'local',
  driverOpts: {},
  labels: {},
  scope: 'task',
  autoprovision: false,
} as const;
