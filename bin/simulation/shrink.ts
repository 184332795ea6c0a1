import type { Plan, SimContainer, SimTask } from './plan/plan.ts';

/** Most runs that a plan is shrunk with. */
const mostTries = 400;

/** What of a container can be left out without another container missing it. */
const luxuries = [
  'dependsOn',
  'portMappings',
  'mountPoints',
  'restartPolicy',
  'healthChecked',
  'dockerConfig',
  'stopTimeoutS',
  'startTimeoutS',
  'cpu',
  'memoryMiB',
  'image',
] as const satisfies (keyof SimContainer)[];

/**
 * Makes a plan that fails as short as it gets: without the tasks, faults and steps that it fails
 * without, and its tasks without what they need not have.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let tries = 0;
  let best = plan;
  /** Takes the first of these that still fails. */
  const takeFirst = async (candidates: Plan[]): Promise<boolean> => {
    for (const candidate of candidates) {
      if (tries >= mostTries) return false;
      tries += 1;
      if (!(await fails(candidate))) continue;
      best = candidate;
      return true;
    }
    return false;
  };
  for (const without of [withoutTasks, withoutFaults, withoutSteps])
    for (let part = 2; part <= 64; part *= 2) while (await takeFirst(without(best, part)));
  while (await takeFirst([...withoutContainers(best), ...withoutLuxuries(best)]));
  while (await takeFirst([...withoutFaults(best, 64), ...withoutSteps(best, 64)]));
  return best;
}

/** The list without each `part`th of it in turn, the whole of it first. */
function withoutPart<One>(list: One[], part: number): One[][] {
  if (list.length === 0) return [];
  const size = Math.max(1, Math.ceil(list.length / part));
  const starts = Array.from({ length: Math.ceil(list.length / size) }, (_, at) => at * size);
  return starts.map((start) => [...list.slice(0, start), ...list.slice(start + size)]);
}

const withoutTasks = (plan: Plan, part: number): Plan[] =>
  withoutPart(plan.tasks, part).map((tasks) => {
    const ids = new Set(tasks.map(({ id }) => id));
    const steps = plan.steps.filter((step) => !('task' in step) || ids.has(step.task));
    return { ...plan, tasks, steps };
  });

const withoutFaults = (plan: Plan, part: number): Plan[] =>
  withoutPart(plan.faults, part).map((faults) => ({ ...plan, faults }));

const withoutSteps = (plan: Plan, part: number): Plan[] =>
  withoutPart(plan.steps, part).map((steps) => ({ ...plan, steps }));

/** Each with one task in another form. */
const withTask = (plan: Plan, formsOf: (task: SimTask) => SimTask[]): Plan[] =>
  plan.tasks.flatMap((task, at) =>
    formsOf(task).map((form) => ({ ...plan, tasks: plan.tasks.with(at, form) })),
  );

const withoutContainers = (plan: Plan): Plan[] =>
  withTask(plan, (task) =>
    task.containers.slice(1).map(({ name }) => ({
      ...task,
      containers: task.containers
        .filter((other) => other.name !== name)
        .map((other) => ({
          ...other,
          dependsOn: (other.dependsOn ?? []).filter(({ container }) => container !== name),
        })),
    })),
  );

const withoutLuxuries = (plan: Plan): Plan[] =>
  withTask(plan, (task) =>
    task.containers.flatMap((container, at) =>
      luxuries
        .filter((name) => container[name] !== undefined)
        .map((name) => {
          const { [name]: _, ...plain } = container;
          return { ...task, containers: task.containers.with(at, plain as SimContainer) };
        }),
    ),
  );
