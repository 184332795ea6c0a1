import { readConfig } from '../../config/config.ts';
import { known } from '../../config/sources.ts';
import { type Behaviour, behaviours } from '../behaviour.ts';
import type { ContainerSketch, Place, ReadScenario, Scenario, TaskSketch } from '../model.ts';
import { environmentOf } from '../settings.ts';
import { wireOf } from '../sketch.ts';
import {
  anything,
  count,
  duration,
  list,
  map,
  openRecord,
  optional,
  record,
  type Shape,
  some,
  text,
  textOf,
  truth,
  word,
} from './shapes.ts';
import { stepShape } from './steps.ts';
import { type Branch, complain, ScenarioError, treeOf } from './tree.ts';

/**
 * Reads a scenario. Throws `ScenarioError` with file, line and column for the first thing that cannot
 * be understood, and what is wanted there.
 */
export async function readScenario(file: string, text: string): Promise<ReadScenario> {
  const tree = await treeOf(file, text);
  const tasks = tree.value instanceof Map ? tree.value.get('tasks') : undefined;
  const scenario: Scenario = scenarioShape(tasks ? tasksShape(tasks) : {})(tree);
  return { scenario, placeOf: (path) => placeIn(tree, path) };
}

const names = (at: Branch): string[] => some(text)(at);

const behaviour: Shape<string> = textOf(
  `something that a container can do (${behaviours.map(({ words }: Behaviour) => words).join('; ')})`,
  (given) => behaviours.some(({ pattern }) => pattern.test(given)),
);

const containerShape: Shape<ContainerSketch> = openRecord({
  does: optional(behaviour),
  dependsOn: optional((at: Branch) =>
    Array.isArray(at.value)
      ? at.value.map((one) => map(anything)(one))
      : map(word('START', 'COMPLETE', 'SUCCESS', 'HEALTHY'))(at),
  ),
  payload: optional(map(anything)),
});

/** A container may be nothing but what it does. */
const container: Shape<ContainerSketch> = (at) => {
  if (typeof at.value === 'string') return { does: behaviour(at) };
  return at.value === null ? {} : containerShape(at);
};

const sketchShape: Shape<TaskSketch> = openRecord({
  containers: map(container),
  roles: optional(some(word('task', 'execution'))),
  tags: optional(map(text)),
  payload: optional(map(anything)),
});

/** What is no task definition is no task. */
const taskShape: Shape<TaskSketch> = (at) => {
  const sketch = sketchShape(at);
  try {
    wireOf(at.name, sketch, { arn: 'arn', image: null });
  } catch (error) {
    complain(at, (error as Error).message);
  }
  return sketch;
};

const tasksShape: Shape<Record<string, TaskSketch>> = (at) => {
  if (at.value instanceof Map)
    for (const [name, task] of at.value)
      if (!/^[a-z][a-z0-9-]*$/.test(name))
        complain(task, `the name of a task must be small letters, digits and -, not "${name}"`);
  return map(taskShape)(at);
};

/** Settings by the names of their environment variables, as the agent itself would read them. */
const settings: Shape<Record<string, string>> = (at) => {
  if (at.value instanceof Map)
    for (const [name, member] of at.value)
      if (!Object.hasOwn(known, name)) complain(member, `the agent has no setting ${name}`);
  const agent = map(text)(at);
  try {
    const [warning] = readConfig(environmentOf({ agent }), 'linux').warnings;
    if (warning !== undefined) complain(at, warning);
  } catch (error) {
    if (error instanceof ScenarioError) throw error;
    complain(at, (error as Error).message);
  }
  return agent;
};

const scenarioShape = (tasks: Record<string, TaskSketch>): Shape<Scenario> =>
  record({
    scenario: text,
    real: optional(truth),
    seed: optional(count()),
    latency: optional(record({ ecs: optional(duration), engine: optional(duration) })),
    agent: optional(settings),
    images: optional(record({ engine: optional(names), registry: optional(names) })),
    tasks: optional(tasksShape),
    steps: list(stepShape(tasks)),
  });

/** The place of a part, or of the nearest part around it that has one. */
function placeIn(tree: Branch, path: (string | number)[]): Place {
  let at = tree;
  for (const step of path) {
    const { value, lines } = at;
    const line = typeof step === 'number' ? lines[step] : undefined;
    if (line) return { file: at.file, ...line };
    const next =
      value instanceof Map
        ? value.get(String(step))
        : Array.isArray(value) && typeof step === 'number'
          ? value[step]
          : undefined;
    if (!next) break;
    at = next;
  }
  return { file: at.file, line: at.line, column: at.column };
}
