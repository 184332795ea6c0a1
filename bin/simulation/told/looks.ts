import type { Step } from '../../scenario/model.ts';
import type { Fault, Plan, SimContainer, SimTask } from '../plan/plan.ts';
import { images } from '../plan/workload.ts';
import type { Violation } from '../rules/invariants.ts';
import type { Moment } from './faults.ts';
import { imageOf } from './tasks.ts';
import { connected, isEnd, isOfTasks } from './wishes.ts';

const second = 1_000;
const minute = 60 * second;

/** In words of its log: what is not its fault it says otherwise. */
const failures = ['error Actor', 'warn Record … was lost'];

/**
 * What is acknowledged is stored: while nothing can be, nothing is acknowledged. That is looked at
 * where it is the rule that was broken, for what ECS said last by then.
 */
export function unstored(wishes: Moment[], violation: Violation | null): Moment[] {
  if (violation?.rule !== 'acknowledged is stored') return [];
  const said = wishes.findLast((wish) => isOfTasks(wish) && wish.at <= violation.at);
  if (!said) return [];
  const [from, until] = [said.at - 1, said.at + second];
  return [
    { at: from, step: { see: { acknowledged: ['…'] } } },
    { at: from, step: { store: 'waits' } },
    { at: until, step: { see: { acknowledged: [] } } },
    { at: until, step: { store: 'goes on' } },
  ];
}

/**
 * The end: ECS wants nothing any more, is told that all has stopped, by when nothing of it runs, and
 * in the end nothing of it remains. Before that, what nothing has happened to must be as it is wanted.
 */
export function endOf(plan: Plan, moments: Moment[]): Step[] {
  const placed = plan.tasks.filter(({ id }) => wishOf(plan, id) !== undefined);
  const wanted = placed.filter(({ id }) => wishOf(plan, id) === 'run');
  const mayEnd = moments.some(({ step }) => isEnd(step));
  const mayMiss = mayEnd || moments.some(({ step }) => 'session' in step);
  return [
    // As a service manager does where the agent could not begin and has ended.
    ...(mayEnd ? [{ stop: 'agent' as const }, { start: 'agent' as const }] : []),
    connected,
    ...undisturbed(plan, wanted),
    ...(mayMiss ? stopped(placed) : unwanted(wanted.filter(mustBeStopped))),
    ...(placed.length > 0 ? stoppedAndGone(placed) : []),
    { see: { submitted: ['…'], 'not logged': failures } },
  ];
}

const stopped = (tasks: SimTask[]): Step[] => [{ acs: { stop: tasks.map(({ id }) => id) } }];

/** ECS does not want these any more, and of those that have stopped it is not told a second time. */
const unwanted = (tasks: SimTask[]): Step[] =>
  tasks.length === 0
    ? []
    : [{ acs: { manifest: [] } }, { wait: '1s' }, { acs: { verified: tasks.map(({ id }) => id) } }];

function stoppedAndGone(placed: SimTask[]): Step[] {
  const ofTasks = (is: string, kind = '') =>
    Object.fromEntries(placed.map(({ id }) => [`${kind}${id}`, is]));
  const ofContainers = (is: string) => containersOf(placed, is);
  return [
    { see: { told: ofTasks('STOPPED…'), within: '3h' } },
    { see: { containers: ofContainers('not running'), within: '1s' } },
    {
      see: { states: ofTasks('none', 'task/'), containers: ofContainers('gone'), within: '3h' },
    },
  ];
}

/** What ECS says last of a task: that it is to run, or to stop. */
const wishOf = ({ steps }: Plan, id: string): 'run' | 'stop' | undefined =>
  steps
    .flatMap((step) =>
      'task' in step && step.task === id && step.does !== 'again' ? [step.does] : [],
    )
    .at(-1);

/** A task alone that nothing has happened to runs as it is wanted, if it does not end by itself. */
function undisturbed({ tasks, steps, faults }: Plan, wanted: SimTask[]): Step[] {
  const [only] = wanted;
  const [said, ...later] = steps.filter((step) => 'task' in step);
  if (!only || !said || tasks.length > 1 || !isLasting(only)) return [];
  if (said.does !== 'run' || later.some(({ does }) => does === 'stop')) return [];
  if (!faults.every((fault) => isHarmless(fault, said.at))) return [];
  const told = { [only.id]: 'RUNNING…' };
  return [{ see: { told, containers: containersOf([only], 'running') } }];
}

/** Whether it is long over when a task is run, or is only about the process of the agent. */
const isHarmless = ({ kind, at, forMs }: Fault, runAt: number): boolean =>
  kind.startsWith('agent.') || at + forMs + 2 * minute < runAt;

/** Whether a process goes on until it is stopped. */
const isEndless = ({ command }: SimContainer): boolean =>
  /^(trap|while) /.test(command?.at(-1) ?? '');

/** Whether a task does not end by itself, which an hour is enough for. */
const mustBeStopped = ({ containers }: SimTask): boolean =>
  containers.some((one) => isEndless(one) || one.restartPolicy !== undefined);

/** Whether a task needs nothing that it may not get, and goes on until it is stopped. */
const isLasting = ({ containers, more }: SimTask): boolean =>
  (more?.volumes ?? []).every((one) => one.kind === 'docker' && one.scope === 'task') &&
  containers.every(
    (one) =>
      isEndless(one) &&
      imageOf(one) in images &&
      (one.dependsOn ?? []).length === 0 &&
      one.portMappings === undefined,
  );

const containersOf = (tasks: SimTask[], is: string): Record<string, string> =>
  Object.fromEntries(
    tasks.flatMap(({ id, containers }) => containers.map(({ name }) => [`${id}/${name}`, is])),
  );
