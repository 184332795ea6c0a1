import type { PlacedTask } from '../../machines/plane/model.ts';
import { outboxActorId, taskActorId } from '../../machines/names/arn.ts';
import type { OutboxContext } from '../../machines/report/model.ts';
import type { TaskPlan } from '../../machines/task/model.ts';
import { dockerNameOf } from '../../transport/docker/port.ts';
import type { World } from '../world/world.ts';
import type { SimEcs } from './ecs.ts';

type Plans = ReadonlyMap<string, TaskPlan>;

/**
 * What is not settled yet in a world without faults, in words; null where all is: what ECS wants is
 * so, ECS knows all of it, and the agent has nothing left to tell.
 */
export function unsettled(world: World, ecs: SimEcs, plans: Plans): string | null {
  const { unacknowledged, tasks } = ecs.state;
  const [first] = unacknowledged;
  if (!world.agent || world.exit) return 'the agent does not run';
  if (first) return `${first.messageId} is not acknowledged`;
  for (const placed of Object.values(tasks)) {
    const plan = plans.get(placed.arn);
    const because = plan && untrueOf(world, plan, placed);
    if (because) return because;
  }
  return null;
}

function untrueOf(world: World, plan: TaskPlan, placed: PlacedTask): string | null {
  const { arn, desired, status } = placed;
  const state = world.stateOf(taskActorId(arn));
  if (!isToldAll(world, arn)) return `${arn} has something to tell`;
  if (desired === 'STOPPED' && status !== 'STOPPED') return `${arn} is told as ${status}: ${state}`;
  // What it needs is held by others that run.
  const waits = state === 'queued' && status === 'PENDING';
  if (status !== 'RUNNING' && status !== 'STOPPED' && !waits)
    return `${arn} is told as ${status}: ${state}`;
  for (const container of plan.containers) {
    const { name } = container;
    const told = placed.containers[name];
    const found = containerIn(world, dockerNameOf({ task: plan, container }));
    const isRunning = found?.Running ?? false;
    if (isRunning !== (told?.status === 'RUNNING'))
      return `${name} of ${arn} is told as ${told?.status}, but ${isRunning ? 'runs' : 'does not'}`;
    const hasEnded = found?.Status === 'exited' && told?.status === 'STOPPED';
    if (hasEnded && told.exitCode !== found.ExitCode)
      return `${name} of ${arn} ended with ${found.ExitCode}, told is ${told.exitCode}`;
  }
  return null;
}

function containerIn(world: World, dockerName: string) {
  try {
    return world.engine.core.inspect(dockerName).State;
  } catch {
    return null;
  }
}

function isToldAll({ agent }: World, arn: string): boolean {
  const outbox = agent?.system.get(outboxActorId(arn));
  if (!outbox) return true;
  const { queue, collected } = outbox.getSnapshot().context as OutboxContext;
  return queue.length === 0 && collected === null;
}

/** What is left of tasks of which none is wanted, in words; null where nothing is. */
export function remains({ agent, engine, cgroups, store }: World): string | null {
  const tasks = [...(agent?.plans.all() ?? [])];
  if (tasks[0]) return `task ${tasks[0].arn} is not forgotten`;
  const [container] = engine.core.list({});
  if (container) return `container ${container.Names[0]} is ${container.State} and nobody's`;
  const volume = engine.core.volumes.list().find(({ name }) => name.startsWith('ecs-'));
  if (volume) return `volume ${volume.name} is nobody's`;
  const [cgroup] = cgroups.limits.keys();
  if (cgroup) return `cgroup ${cgroup} is nobody's`;
  const record = store.keys().find((key) => !/^(agent$|image\/|store\/)/.test(key));
  return record ? `record ${record} is nobody's` : null;
}
