import type { Step } from '../../scenario/model.ts';
import type { Plan } from '../plan/plan.ts';
import type { Moment } from './faults.ts';

const second = 1_000;
const minute = 60 * second;

const nonsense = '{"type":"Nonsense","message":{"messageId":"n"}}';

/** What ECS says; a manifest lists what it wants by then. */
export function wishesOf({ steps }: Plan): Moment[] {
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

/** Whether it says what is wanted of tasks. */
export const isOfTasks = ({ step }: Moment): boolean =>
  'acs' in step && ('run' in step.acs || 'stop' in step.acs);

/** There is somebody to speak to: a connection over which nothing is said is renewed now and then. */
export const connected: Step = { see: { states: { session: 'online.serving…' } } };

/**
 * All that ECS says, where so much goes wrong: what it says of tasks while nobody hears or keeps it, it
 * says again as soon as somebody may; and it waits with that for a connection where there must be one.
 */
export function heardOf(wishes: Moment[], moments: Moment[]): Moment[] {
  const absences = absencesIn(moments);
  const isHeard = ({ at }: Moment) =>
    absences.every(({ from, until }) => at < from || at > until + minute);
  const all = [...wishes, ...saidAgain(wishes, absences)];
  return all.flatMap((wish) =>
    isOfTasks(wish) && isHeard(wish) ? [{ at: wish.at, step: connected }, wish] : [wish],
  );
}

/** What was not acknowledged, as soon as there is somebody to say it to. */
const saidAgain = (wishes: Moment[], absences: Absence[]): Moment[] =>
  absences.flatMap(({ from, until }) =>
    wishes
      .filter((wish) => isOfTasks(wish) && wish.at >= from && wish.at < until)
      .map(({ step }) => ({ at: until, step })),
  );

interface Absence {
  from: number;
  until: number;
}

const soonMs = 10 * second;

/** How long it takes the agent to be connected again after its session has ended so. */
const absentMs: Record<string, number> = {
  closes: soonMs,
  breaks: soonMs,
  'half-open': 5 * minute,
  accepted: 2 * minute,
};

/** From when until when what ECS says may not be heard, or not be kept. */
function absencesIn(moments: Moment[]): Absence[] {
  const starts = moments.filter(({ step }) => 'start' in step);
  const refusals = moments.filter(({ step }) => isSession(step, 'refused'));
  return moments.flatMap(({ at, step }): Absence[] => {
    if (isEnd(step)) {
      const start = starts.find((one) => one.at > at);
      return start ? [{ from: at - second, until: start.at + second }] : [];
    }
    const forMs = 'session' in step ? absentMs[step.session] : undefined;
    if (forMs === undefined) return [];
    const refused = refusals.findLast((one) => one.at <= at)?.at ?? at;
    return [{ from: isSession(step, 'accepted') ? refused : at, until: at + forMs }];
  });
}

const isSession = (step: Step, what: string): boolean => 'session' in step && step.session === what;

/** Whether the agent's process ends with it. */
export const isEnd = (step: Step): boolean => 'crash' in step || 'stop' in step;
