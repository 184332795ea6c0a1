import { AgentError } from '../../machines/names/errors.ts';
import { beside, type Pair } from './compare.ts';
import { msOf } from './file/shapes.ts';
import { Gaze } from './gaze.ts';
import type { Look, Place, ReadScenario, Step } from './model.ts';
import type { Stage } from './stage/stage.ts';

/** What a look did not find, line by line. */
export interface Failure {
  place: Place;
  /** Which member of the look: `submitted`, `states`, … */
  what: string;
  says: string;
  pairs: (Pair & { line: number | null })[];
}

/** How a scenario went; `playedMs` is in the time of its stage. */
export interface Outcome {
  failure: Failure | null;
  playedMs: number;
}

/** Plays a scenario on a stage, and closes it. */
export async function play(read: ReadScenario, stage: Stage): Promise<Outcome> {
  const from = stage.now();
  const gaze = new Gaze(read, stage);
  try {
    const failure = await played(read, { stage, gaze });
    return { failure, playedMs: stage.now() - from };
  } finally {
    await stage.close();
  }
}

interface Playing {
  stage: Stage;
  gaze: Gaze;
}

async function played(read: ReadScenario, playing: Playing): Promise<Failure | null> {
  const { steps } = read.scenario;
  const { stage, gaze } = playing;
  if (!startsItself(steps)) await stage.begin();
  for (const [index, step] of steps.entries()) {
    const failure = await taken(step, index, { ...playing, read });
    if (failure) return failure;
  }
  await stage.until(() => false, 10);
  const left = gaze.left();
  if (left.length === 0) return null;
  return {
    place: read.placeOf(['steps', steps.length - 1]),
    what: 'submitted',
    says: 'more was submitted than the scenario says',
    pairs: beside([], left).map((pair) => ({ ...pair, line: null })),
  };
}

/** Whether the first step about the agent's process starts it. */
function startsItself(steps: Step[]): boolean {
  const first = steps.find((step) => 'start' in step || 'crash' in step || 'stop' in step);
  return first !== undefined && 'start' in first;
}

async function taken(
  step: Step,
  index: number,
  { stage, gaze, read }: Playing & { read: ReadScenario },
): Promise<Failure | null> {
  if ('see' in step) return look(step.see, index, { stage, gaze });
  if ('wait' in step) {
    await stage.advance(msOf(step.wait));
    return null;
  }
  try {
    await stage.act(step);
    return null;
  } catch (error) {
    const { file, line, column } = read.placeOf(['steps', index]);
    const code = error instanceof AgentError ? error.code : 'SCENARIO_STEP';
    const message = `${file}:${line}:${column}: ${(error as Error).message}`;
    throw new AgentError(code, message, { cause: error });
  }
}

async function look(see: Look, index: number, { stage, gaze }: Playing): Promise<Failure | null> {
  const from = stage.now();
  for (const what of ['nothing submitted', 'nothing asked', 'nothing logged'] as const) {
    const span = see[what];
    if (span === undefined) continue;
    const logged = stage.seen.logged.length;
    await stage.advance(msOf(span));
    const more =
      what === 'nothing logged'
        ? stage.seen.logged.slice(logged)
        : gaze.newly(what === 'nothing asked' ? 'asked' : 'submitted');
    if (more.length > 0) return gaze.surplus(index, what, more);
  }
  const withinMs =
    see.within === undefined
      ? stage.patience.usualMs
      : Math.max(msOf(see.within) - (stage.now() - from), stage.patience.leastMs);
  gaze.begin();
  await stage.until(() => gaze.isDecided(see), withinMs);
  const failure = gaze.failureOf(see, index);
  if (failure) return failure;
  const least = see['not before'];
  if (least === undefined || stage.now() - from >= msOf(least)) return null;
  return gaze.tooEarly(index, least, stage.now() - from);
}
