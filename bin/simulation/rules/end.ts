import { outboxActorId, taskActorId } from '../../../machines/names/arn.ts';
import type { PlacedTask } from '../../../machines/plane/model.ts';
import type { ContainerReport, OutboxContext } from '../../../machines/report/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import { dockerNameOf } from '../../../transport/docker/port.ts';
import type { World } from '../../world/world.ts';
import type { SimEcs } from '../world/ecs.ts';

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
    const found = containerIn(world, dockerNameOf({ task: plan, container }));
    const because = untoldOf(found, placed.containers[container.name]);
    if (because) return `${container.name} of ${arn} ${because}`;
  }
  return null;
}

type Found = ReturnType<typeof containerIn>;

function untoldOf(found: Found, told: ContainerReport | undefined): string | null {
  const isRunning = found?.Running ?? false;
  if (isRunning !== (told?.status === 'RUNNING'))
    return `is told as ${told?.status}, but ${isRunning ? 'runs' : 'does not run'}`;
  const hasEnded = found?.Status === 'exited' && told?.status === 'STOPPED';
  if (!hasEnded || told.exitCode === found.ExitCode) return null;
  return `ended with ${found.ExitCode}, told is ${told.exitCode}`;
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
