import { parseArgs } from 'node:util';
import { exitCodes } from '../../machines/agent/model.ts';
import type { FlightEntry, FlightFacts } from '../../machines/flight/model.ts';
import { subjectOf } from '../../machines/flight/story.ts';
import { textOf } from '../../machines/flight/words.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { damageWords, readFlight } from './flight-file.ts';

/** Where the command writes, and what steers it. */
export interface ReplayPorts {
  write: (text: string) => void;
  /** The keys that are pressed, one each; null where nobody is there to press any. */
  keys: AsyncIterable<string> | null;
}

/**
 * `ecs-agent replay FILE`: goes through a flight record step by step, by keys on a terminal, else from
 * its beginning to its end. Answers 0 when it is left.
 */
export async function replayCommand(words: string[]): Promise<number> {
  const stdin = process.stdin;
  const isTerminal = stdin.isTTY === true;
  if (isTerminal) stdin.setRawMode(true).setEncoding('utf8');
  try {
    const keys = isTerminal ? (stdin as AsyncIterable<string>) : null;
    return await replay(words, { write: (text) => process.stdout.write(text), keys });
  } finally {
    if (isTerminal) stdin.setRawMode(false);
  }
}

const remedy =
  'name a dump, the file agent.flight of a data directory, or what ecs-agent flight --json printed';

/** The same with other keys and another output. Rejects with one line that names the remedy. */
export async function replay(words: string[], { write, keys }: ReplayPorts): Promise<number> {
  const { entries, damaged } = readFlight(fileIn(words), remedy);
  write(damageWords(damaged));
  const steps = stepsOf(entries);
  if (keys === null) for (const step of steps) write(step);
  else await walk(steps, { write, keys });
  return exitCodes.clean;
}

function fileIn(words: string[]): string {
  try {
    const { positionals } = parseArgs({ args: words, options: {}, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new Error('One file is to be named');
    return file;
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent --help)`);
  }
}

const usage = 'Enter: the next step. b: the one before. q: leave.\n';
const moves: Record<string, number> = { '\r': 1, '\n': 1, ' ': 1, b: -1 };
/** In raw mode Ctrl-C and Ctrl-D are keys like others. */
const leaving = ['q', '\u0003', '\u0004'];

async function walk(
  steps: string[],
  { write, keys }: { write: ReplayPorts['write']; keys: AsyncIterable<string> },
): Promise<void> {
  let at = 0;
  write(`${usage}${steps[at] ?? ''}`);
  for await (const key of keys) {
    if (leaving.includes(key)) return;
    const move = moves[key];
    const step = steps[at + (move ?? 0)];
    if (move === undefined) write(usage);
    else if (step === undefined) write(move < 0 ? 'That was the first.\n' : 'That was the last.\n');
    else {
      at += move;
      write(step);
    }
  }
}

/** Each entry as some lines of text: event, actor, states, and what became of its context. */
export function stepsOf(entries: FlightEntry[]): string[] {
  const facts = new Map<string, FlightFacts>();
  return entries.map((entry, at) => {
    // One that begins anew has nothing of what an earlier one of its name had.
    const before = entry.from === '' ? {} : (facts.get(entry.actor) ?? {});
    facts.set(entry.actor, { ...before, ...entry.became });
    return stepText(entry, before, `${at + 1} of ${entries.length}`);
  });
}

function stepText(entry: FlightEntry, before: FlightFacts, place: string): string {
  const { at, actor, event, from, to, told, became } = entry;
  const time = new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC');
  const said = Object.entries(told).map(([name, value]) => `${name} ${textOf(value)}`);
  const changes = Object.entries(became).map(([name, value]) =>
    name in before
      ? `${name} ${textOf(before[name] ?? null)} → ${textOf(value)}`
      : `${name} ${textOf(value)}`,
  );
  const lines = [
    `${place}  ${time}  ${subjectOf(actor, 'all')}`,
    `  event    ${[event === '' ? '(goes on by itself)' : event, ...said].join(', ')}`,
    `  state    ${from === to ? to : [from, to].filter((state) => state !== '').join(' → ')}`,
    ...(changes.length > 0 ? [`  context  ${changes.join(', ')}`] : []),
  ];
  // What others have written must not steer the terminal.
  return `${lines.map((line) => line.replace(/\p{Cc}/gu, ' ')).join('\n')}\n`;
}
