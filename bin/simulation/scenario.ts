import { dockerNameOf } from '../../transport/docker/port.ts';
import { durationOf } from '../scenario/file/record.ts';
import { yamlOf } from '../scenario/file/write.ts';
import type { Scenario, Step } from '../scenario/model.ts';
import { type Plan, planOf } from './plan/plan.ts';
import type { Outcome, Strike } from './run.ts';
import { endsOf, type Moment, momentsOf } from './told/faults.ts';
import { imageOf, sketchOf } from './told/tasks.ts';

const second = 1_000;
const minute = 60 * second;

/** What was simulated, and what came of it. */
export interface Simulated {
  plan: Plan;
  strikes: Strike[];
  violation: Outcome['violation'];
}

/** The scenario in YAML, headed by what it is made of, and by what of that no step can say. */
export async function scenarioText(simulated: Simulated): Promise<string> {
  const { plan, violation } = simulated;
  const { scenario, unsaid } = scenarioOf(simulated);
  const broken = violation && `It broke a rule, "${violation.rule}": ${violation.what}`;
  const head = [
    `Made of what is left of seed ${plan.seed} of a simulation when it is shrunk.`,
    ...(broken ? broken.split('\n') : []),
    ...unsaid.map((what) => `not said here: ${what}`),
  ];
  return `${head.map((line) => `# ${line}\n`).join('')}${await yamlOf(scenario)}`;
}

/**
 * Tells a plan as a scenario: what ECS says, and the faults, each at its time. In the end ECS wants
 * nothing any more, and of each task nothing may remain; every promise that keeps it from that fails
 * the scenario. What no step can say is told in words.
 */
export function scenarioOf({ plan, strikes }: Simulated): { scenario: Scenario; unsaid: string[] } {
  const { moments, unsaid } = faultsOf(plan, strikes);
  const wishes = wishesOf(plan);
  const all = [...moments, ...wishes, ...saidAgain(wishes, awayOf(moments))];
  const images = [...new Set(plan.tasks.flatMap(({ containers }) => containers.map(imageOf)))];
  const tasks = plan.tasks.map((task) => [task.id, sketchOf(task)] as const);
  if (plan.polls) unsaid.push('the statistics of containers are taken');
  const scenario: Scenario = {
    scenario: `The agent keeps its promises in what is left of seed ${plan.seed}.`,
    seed: plan.seed,
    agent: {
      ECS_IMAGE_PULL_BEHAVIOR: plan.pullBehavior,
      ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: durationOf(plan.cleanupWaitMs),
    },
    ...(tasks.length > 0 && {
      images: { registry: images.filter((image) => !image.startsWith('sim/missing')) },
      tasks: Object.fromEntries(tasks),
    }),
    steps: [...inTime(all, plan.minutes * minute), ...endOf(plan)],
  };
  return { scenario, unsaid };
}

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
  const moments = endsOf(strikes);
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

const nonsense = '{"type":"Nonsense","message":{"messageId":"n"}}';

/** What ECS says: of a task, what it wants by then. */
function wishesOf({ steps }: Plan): Moment[] {
  const wanted = new Map<string, 'run' | 'stop'>();
  const tasksThat = (wish: string) => [...wanted].filter(([, is]) => is === wish).map(([id]) => id);
  const manifest = (at: number): Moment[] => {
    const verified = tasksThat('stop');
    const listed = { at, step: { acs: { manifest: tasksThat('run') } } };
    return verified.length > 0
      ? [listed, { at: at + second, step: { acs: { verified } } }]
      : [listed];
  };
  return steps.flatMap((step): Moment[] => {
    const { at } = step;
    if (!('task' in step))
      return step.does === 'manifest' ? manifest(at) : [{ at, step: { acs: { frame: nonsense } } }];
    if (step.does !== 'again') wanted.set(step.task, step.does);
    const wish = wanted.get(step.task);
    if (!wish) return [];
    const acs = wish === 'run' ? { run: [step.task] } : { stop: [step.task] };
    return [{ at, step: { acs } }];
  });
}

interface Away {
  from: number;
  until: number;
}

/** How long it takes the agent to be connected again after its session has ended so. */
const awayMs: Record<string, number> = {
  closes: 10 * second,
  breaks: 10 * second,
  'half-open': 5 * minute,
  accepted: 2 * minute,
};

/** From when until when what ECS says may not be heard, or not be kept. */
function awayOf(moments: Moment[]): Away[] {
  const starts = moments.filter(({ step }) => 'start' in step);
  const refusals = moments.filter(({ step }) => 'session' in step && step.session === 'refused');
  return moments.flatMap(({ at, step }): Away[] => {
    if ('crash' in step || 'stop' in step) {
      const start = starts.find((one) => one.at > at);
      return start ? [{ from: at - second, until: start.at + second }] : [];
    }
    const forMs = 'session' in step ? awayMs[step.session] : undefined;
    if (forMs === undefined || !('session' in step)) return [];
    const from = step.session === 'accepted' ? refusals.findLast((one) => one.at <= at)?.at : at;
    return [{ from: from ?? at, until: at + forMs }];
  });
}

/** ECS says again what was not acknowledged, as soon as there is somebody to say it to. */
const saidAgain = (wishes: Moment[], away: Away[]): Moment[] =>
  away.flatMap(({ from, until }) =>
    wishes
      .filter(({ at, step }) => isOfTasks(step) && at >= from && at < until)
      .map(({ step }) => ({ at: until, step })),
  );

const isOfTasks = (step: Step): boolean =>
  'acs' in step && ('run' in step.acs || 'stop' in step.acs);

/** Steps one after the other, with the waits between them and up to `end`. */
function inTime(moments: Moment[], end: number): Step[] {
  let now = 0;
  const waited = (at: number): Step[] => {
    const forMs = at - now;
    now = Math.max(now, at);
    return forMs > 0 ? [{ wait: durationOf(forMs) }] : [];
  };
  const sorted = moments.toSorted((one, other) => one.at - other.at);
  return [...sorted.flatMap(({ at, step }) => [...waited(at), step]), ...waited(end)];
}

/** ECS wants nothing any more: it is told of all that has stopped, and nothing remains. */
function endOf({ tasks, steps }: Plan): Step[] {
  const placed = tasks.filter(({ id }) =>
    steps.some((step) => (step.does === 'run' || step.does === 'stop') && step.task === id),
  );
  const only = placed.length === 1 ? placed[0] : undefined;
  if (placed.length === 0) return [{ see: { states: { agent: '…' } } }];
  return [
    { acs: { stop: placed.map(({ id }) => id) } },
    {
      see: {
        states: Object.fromEntries(placed.map(({ id }) => [`task/${id}`, 'none'])),
        containers: Object.fromEntries(
          placed.flatMap(({ id, containers }) =>
            containers.map(({ name }) => [`${id}/${name}`, 'gone']),
          ),
        ),
        within: '3h',
      },
    },
    { see: { submitted: ['…', ...(only ? [`${only.id} STOPPED…`] : [])] } },
  ];
}
