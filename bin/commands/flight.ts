import { parseArgs, styleText } from 'node:util';
import { exitCodes } from '../../machines/agent/model.ts';
import type { FlightEntry } from '../../machines/flight/model.ts';
import { type StoryLine, storyOf } from '../../machines/flight/story.ts';
import { taskIdIn } from '../../machines/flight/told.ts';
import { taskIdOf } from '../../machines/names/arn.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { flightPath } from '../../persistence/flight/file.ts';
import { readLocalConfig } from '../config/load.ts';
import type { Environment } from '../variables/variables.ts';
import { oneLine } from './explain.ts';
import { damageWords, readFlight } from './flight-file.ts';

/** Where the command writes, and how. */
export interface FlightOutput {
  write: (text: string) => void;
  /** For what is no part of the story. */
  warn: (text: string) => void;
  colours: boolean;
}

/**
 * `ecs-agent flight [--task TASK] [--json]`: tells what happened on this host, or to one task, from the
 * record in the data directory, whether the agent runs or not. Answers 0 when it was told.
 */
export async function flightCommand(words: string[], environment: Environment): Promise<number> {
  return flight(words, environment, {
    write: (text) => process.stdout.write(text),
    warn: (text) => process.stderr.write(text),
    colours: process.stdout.isTTY === true && process.stdout.hasColors(),
  });
}

const remedy =
  'the agent keeps one in ECS_DATADIR, where it keeps its state (ECS_CHECKPOINT), and only its user may read it';

/** The same with another output. Throws with one line that names the remedy. */
export function flight(
  words: string[],
  environment: Environment,
  { write, warn, colours }: FlightOutput,
): number {
  const { json, task } = optionsOf(words);
  const platform = process.platform === 'win32' ? 'windows' : 'linux';
  const { config } = readLocalConfig(environment, platform);
  const { entries, damaged } = readFlight(flightPath(config.dataDirectory), remedy);
  warn(damageWords(damaged));
  const shown = task === null ? entries : entries.filter((entry) => isOf(entry, task));
  if (shown.length === 0)
    throw new AgentError(
      'TASK_UNKNOWN',
      `Nothing is recorded of task ${task}: it may be long gone`,
    );
  if (json) for (const entry of shown) write(`${JSON.stringify(entry)}\n`);
  else write(storyText(storyOf(shown, task === null ? 'all' : 'one task'), colours));
  return exitCodes.clean;
}

const isOf = ({ actor }: FlightEntry, task: string): boolean => taskIdIn(actor) === taskIdOf(task);

function optionsOf(words: string[]): { json: boolean; task: string | null } {
  try {
    const { values } = parseArgs({
      args: words,
      options: { json: { type: 'boolean', default: false }, task: { type: 'string' } },
    });
    return { json: values.json, task: values.task ?? null };
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent --help)`);
  }
}

/** A story as text: a heading for each day, and a line with its time for each thing that happened. */
export function storyText(lines: StoryLine[], colours: boolean): string {
  const bold = (text: string) =>
    colours ? styleText('bold', text, { validateStream: false }) : text;
  let text = '';
  let today = '';
  for (const { at, subject, sentence } of lines) {
    const [day = '', time = ''] = new Date(at).toISOString().split('T');
    if (day !== today) text += `${day} (UTC)\n`;
    today = day;
    text += `${time.slice(0, 8)}  ${bold(oneLine(subject))}: ${oneLine(sentence)}\n`;
  }
  return text;
}
