import { dockerNameOf } from '../../transport/docker/port.ts';
import { durationOf } from '../scenario/file/record.ts';
import { yamlOf } from '../scenario/file/write.ts';
import type { Scenario, Step } from '../scenario/model.ts';
import { type Plan, planOf } from './plan/plan.ts';
import { images } from './plan/workload.ts';
import { cleanupJitterMs, latencyMs, type Outcome, type Strike } from './run.ts';
import { type Moment, momentsOf } from './told/faults.ts';
import { livesOf } from './told/lives.ts';
import { endOf, unstored } from './told/looks.ts';
import { imageOf, sketchOf } from './told/tasks.ts';
import { heardOf, wishesOf } from './told/wishes.ts';

const minute = 60_000;

/** What was simulated, and what came of it. */
export interface Simulated {
  plan: Plan;
  strikes: Strike[];
  violation: Outcome['violation'];
}

/** The scenario in YAML, headed by what it is made of, and by what of that no step can say. */
export async function scenarioText(simulated: Simulated, more: string[] = []): Promise<string> {
  const { plan, violation } = simulated;
  const { scenario, unsaid } = scenarioOf(simulated);
  const broken = violation ? `It broke a rule, "${violation.rule}": ${violation.what}` : '';
  const head = [
    `Made of what is left of seed ${plan.seed} of a simulation when it is shrunk.`,
    ...broken.split('\n').filter((line) => line !== ''),
    ...[...unsaid, ...more].map((what) => `not said here: ${what}`),
  ];
  return `${head.map((line) => `# ${line}\n`).join('')}${await yamlOf(scenario)}`;
}

/**
 * Tells a plan as a scenario: what ECS says, and the faults, each at its time, and then what must be
 * seen in the end. What no step can say is told in words.
 */
export function scenarioOf(simulated: Simulated): { scenario: Scenario; unsaid: string[] } {
  const { plan, violation } = simulated;
  const end = plan.minutes * minute;
  const { moments, unsaid } = faultsOf(
    plan,
    simulated.strikes.filter(({ at }) => at < end),
  );
  const wishes = wishesOf(plan);
  const all = [...moments, ...unstored(wishes, violation), ...heardOf(wishes, moments)];
  const needed = new Set(plan.tasks.flatMap(({ containers }) => containers.map(imageOf)));
  const pulled = Object.entries(images).filter(([image]) => needed.has(image));
  const tasks = plan.tasks.map((task) => [task.id, sketchOf(task)] as const);
  if (plan.polls) unsaid.push('the statistics of containers are taken');
  const scenario: Scenario = {
    scenario: `The agent keeps its promises in what is left of seed ${plan.seed}.`,
    seed: plan.seed,
    latency: { ecs: durationOf(latencyMs.ecs), engine: durationOf(latencyMs.engine) },
    agent: {
      ECS_IMAGE_PULL_BEHAVIOR: plan.pullBehavior,
      ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: durationOf(plan.cleanupWaitMs),
      ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER: durationOf(cleanupJitterMs),
    },
    ...(tasks.length > 0 && {
      images: { registry: pulled.map(([image]) => image) },
      tasks: Object.fromEntries(tasks),
    }),
    steps: [...pulled.map(pushed), ...inTime(all, end), ...endOf(plan, moments)],
  };
  return { scenario, unsaid };
}

/** The registry has an image as it is in the simulation. */
const pushed = ([push, { pullMs, layers }]: [
  string,
  { pullMs: number; layers: number },
]): Step => ({
  registry: { push, takes: durationOf(pullMs), layers },
});

function faultsOf(plan: Plan, strikes: Strike[]): { moments: Moment[]; unsaid: string[] } {
  const names = new Map(
    plan.tasks
      .map(planOf)
      .flatMap((task, at) =>
        task.containers.map((container) => [
          dockerNameOf({ task, container }),
          `${plan.tasks[at]?.id}/${container.name}`,
        ]),
      ),
  );
  const moments = livesOf(strikes);
  const unsaid: string[] = [];
  const left = new Set(strikes);
  for (const fault of plan.faults) {
    const ofIt = [...left].filter(({ kind, at }) => kind === fault.kind && at >= fault.at);
    const others = plan.faults.filter(({ kind, at }) => kind === fault.kind && at > fault.at);
    const next = others[0]?.at ?? Number.POSITIVE_INFINITY;
    const mine = ofIt.filter(({ at }) => at < next);
    for (const strike of mine) left.delete(strike);
    const told = momentsOf(
      fault,
      mine.map((strike) => ({ ...strike, on: names.get(strike.on) ?? strike.on })),
    );
    if (told) moments.push(...told);
    else unsaid.push(`${fault.kind} after ${fault.at} ms, for ${fault.forMs} ms`);
  }
  return { moments, unsaid };
}

/** After the faults, by which an agent that was refused has connected again. */
const calmMs = 5 * minute;

/** Steps one after the other, with the waits between them, up to `end` and what is calm after it. */
function inTime(moments: Moment[], end: number): Step[] {
  let now = 0;
  const waited = (at: number): Step[] => {
    const forMs = at - now;
    now = Math.max(now, at);
    return forMs > 0 ? [{ wait: durationOf(forMs) }] : [];
  };
  const sorted = moments.toSorted((one, other) => one.at - other.at);
  const steps = sorted.flatMap(({ at, step }) => [...waited(Math.min(at, end)), step]);
  return [...steps, ...waited(end + calmMs)];
}
