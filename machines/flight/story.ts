// Tells entries of the flight record in sentences, as `explain` does of the present.

import type { FlightEntry } from './model.ts';
import { enteredStates, sentenceOfState } from './states.ts';
import { taskIdIn } from './told.ts';
import { wordsOf } from './words.ts';

/** One thing that happened, in words. */
export interface StoryLine {
  at: number;
  /** E.g. `task 0123…`, `container web`, `the agent`. */
  subject: string;
  sentence: string;
}

const singles: Record<string, string> = {
  'agent.process': 'the agent’s process',
  agent: 'the agent',
  session: 'the session with ACS',
  watch: 'the Docker Engine',
  images: 'the cleaner of images',
  spot: 'the Spot Instance',
  update: 'the update of the agent',
  admission: 'the admission of tasks',
};

/** What an actor is called; a part of a task with its task, unless the story is that task's alone. */
export function subjectOf(actor: string, whole: 'all' | 'one task'): string {
  const [kind = '', taskId = '', ...name] = actor.split('/');
  const own: Record<string, string> = {
    task: `task ${taskId}`,
    container: `container ${name.join('/')}`,
    resource: `${name[0]} ${name.slice(1).join('/')}`,
    outbox: 'its reports to ECS',
  };
  if (taskIdIn(actor) === '' || own[kind] === undefined) return singles[actor] ?? actor;
  if (kind === 'outbox' && whole === 'all') return `reports of task ${taskId}`;
  return own[kind] + (kind === 'task' || whole === 'one task' ? '' : ` of task ${taskId}`);
}

/** What one event led to: the steps that an actor took by itself afterwards are part of it. */
interface Scene {
  first: FlightEntry;
  steps: FlightEntry[];
}

/**
 * The story of these entries, in their order. What only moved inside the agent, and what its cleaner
 * looks at in vain, is left out.
 */
export function storyOf(entries: FlightEntry[], whole: 'all' | 'one task'): StoryLine[] {
  let before = '';
  return scenesOf(entries).flatMap(({ first, steps }) => {
    const sentence = sentenceOf(first, steps);
    if (sentence === '') return [];
    const crashed = first.event === 'process.begun' && before === 'process.begun';
    if (first.actor === 'agent.process') before = first.event;
    return [
      {
        at: first.at,
        subject: subjectOf(first.actor, whole),
        sentence: crashed
          ? `${sentence}; the one before it had no time to say that it ended`
          : sentence,
      },
    ];
  });
}

function scenesOf(entries: FlightEntry[]): Scene[] {
  const scenes: Scene[] = [];
  const last = new Map<string, Scene>();
  for (const entry of entries) {
    const scene = last.get(entry.actor);
    if (entry.event === '' && scene) scene.steps.push(entry);
    else {
      const begun = { first: entry, steps: [] };
      scenes.push(begun);
      last.set(entry.actor, begun);
    }
  }
  return scenes;
}

function sentenceOf(first: FlightEntry, steps: FlightEntry[]): string {
  const kind = first.actor.split('/')[0] ?? '';
  const words = [first, ...steps].flatMap((entry) => wordsOf(entry));
  const isIdle = kind === 'images' || (kind === 'outbox' && first.event === 'begun');
  if (words.length === 0 && isIdle) return '';
  const states = enteredStates(first.from, steps.at(-1)?.to ?? first.to)
    .map((state) => sentenceOfState(first.actor, state))
    .filter((sentence) => sentence !== '');
  // Where several parts of the agent begin at once, the last is its way to ECS.
  return [...words, ...states.slice(-1)].join('; ');
}
