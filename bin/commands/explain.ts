import { parseArgs, styleText } from 'node:util';
import { AgentError } from '../../machines/names/errors.ts';
import { realClock } from '../../transport/host/clock.ts';
import type { Clock } from '../../transport/host/port.ts';
import { askExplanations, encodeExplanations } from '../../transport/http/explanations.ts';
import type { Explanation } from '../../transport/http/port.ts';
import { readLocalConfig } from '../config/load.ts';
import type { Environment } from '../variables/variables.ts';
import { agentAddress } from './agent-address.ts';

/** Where the command writes, and how. */
export interface ExplainOutput {
  clock: Clock;
  write: (text: string) => void;
  colours: boolean;
}

/**
 * `ecs-agent explain [--json] [TASK]`: asks the agent of this host what it and its tasks, or one task,
 * wait for. Answers 0 when it was told.
 */
export function explainCommand(words: string[], environment: Environment): Promise<number> {
  return explain(words, environment, {
    clock: realClock(),
    write: (text) => process.stdout.write(text),
    colours: process.stdout.isTTY === true && process.stdout.hasColors(),
  });
}

/** The same with another clock and output. Rejects with one line that names the remedy. */
export async function explain(
  words: string[],
  environment: Environment,
  { clock, write, colours }: ExplainOutput,
): Promise<number> {
  const { json, task } = optionsOf(words);
  const { config } = readLocalConfig(
    environment,
    process.platform === 'win32' ? 'windows' : 'linux',
  );
  const explanations = await askExplanations({ url: agentAddress(config), task, clock });
  if (explanations === null)
    throw new AgentError('TASK_UNKNOWN', `The agent has no task ${task}: it may be gone by now`);
  if (json) write(`${JSON.stringify(encodeExplanations(explanations), null, 2)}\n`);
  else {
    const shown = task === null ? explanations.filter(isUnsteady) : explanations;
    const now = clock.now();
    const lines = shown.flatMap((one) => explanationLines(one, { now, colours }));
    write(`${(lines.length > 0 ? lines : ['All tasks are steady.']).join('\n')}\n`);
  }
  return 0;
}

function optionsOf(words: string[]): { json: boolean; task: string | null } {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [task = null, ...more] = positionals;
    if (more.length > 0) throw new Error('Only one task can be asked for');
    return { json: values.json, task };
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent --help)`);
  }
}

/** Whether it, or a part of it, waits for something. */
const isUnsteady = ({ steady, parts }: Explanation): boolean => !steady || parts.some(isUnsteady);

/** An explanation as lines: a sentence, and below it those of its parts, as a tree. */
export function explanationLines(
  explanation: Explanation,
  { now, colours }: { now: number; colours: boolean },
): string[] {
  const parts = explanation.parts.flatMap((part, at, { length }) => {
    const isLast = at === length - 1;
    const [first = '', ...rest] = explanationLines(part, { now, colours });
    return [
      `${isLast ? '└─' : '├─'} ${first}`,
      ...rest.map((line) => `${isLast ? '  ' : '│ '} ${line}`),
    ];
  });
  return [sentenceOf(explanation, { now, colours }), ...parts];
}

function sentenceOf(
  { subject, sentence, steady, since, until, next }: Explanation,
  { now, colours }: { now: number; colours: boolean },
): string {
  const paint = (style: 'bold' | 'red' | 'dim', text: string) =>
    colours && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  const isOverdue = until !== null && until < now;
  const times = [
    since === null ? '' : `for ${durationWords(now - since)} now`,
    until === null ? '' : dueWords(until, now),
    next === '' || steady ? '' : `then ${oneLine(next)}`,
  ].filter((words) => words !== '');
  const said = oneLine(sentence).replace(/\.$/, '');
  const aside = times.length === 0 ? '' : ` (${times.join('; ')})`;
  return `${paint('bold', oneLine(subject))}: ${said}${paint(isOverdue ? 'red' : 'dim', aside)}`;
}

/** What others have written must not steer the terminal. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, ' ').trim();

function dueWords(until: number, now: number): string {
  const time = timeWords(until, now);
  return until < now
    ? `until ${time} at most, which was ${durationWords(now - until)} ago`
    : `until ${time} at most, in ${durationWords(until - now)}`;
}

/** The time of day, and the day where it is not today. */
function timeWords(at: number, now: number): string {
  const [day, time = ''] = new Date(at).toISOString().split('T');
  const [today] = new Date(now).toISOString().split('T');
  return `${day === today ? '' : `${day} `}${time.slice(0, 8)} UTC`;
}

const units = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'second', ms: 1_000 },
];

/** A duration in words, in the largest unit that there are two of: `119 seconds`, `2 minutes`. */
export function durationWords(ms: number): string {
  if (ms < 1_000) return 'less than a second';
  const unit = units.find((one) => ms >= 2 * one.ms) ?? { name: 'second', ms: 1_000 };
  const count = Math.floor(ms / unit.ms);
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`;
}
