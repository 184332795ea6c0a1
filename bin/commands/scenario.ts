import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AgentError } from '../../machines/names/errors.ts';
import { realClock } from '../../transport/host/clock.ts';
import type { Clock } from '../../transport/host/port.ts';
import { readScenario } from '../scenario/file/read.ts';
import type { Scenario } from '../scenario/model.ts';
import { type Outcome, play } from '../scenario/play.ts';
import type { Stage } from '../scenario/stage/stage.ts';
import type { Environment } from '../variables/variables.ts';
import { failureLines, type Page } from './scenario-lines.ts';

/** What the words of `scenario run` ask for. */
interface RunOptions {
  files: string[];
  engine: 'simulated' | 'docker';
  /** The image that stands for all others on a real Engine. */
  image: string;
  watch: boolean;
}

/** Where the command writes, and by which clock it measures. */
export interface ScenarioOutput extends Page {
  clock: Clock;
  write: (text: string) => void;
}

/** `ecs-agent scenario run FILE...` and `record [FILE]`: 0 when all went as the files say. */
export function scenarioCommand(words: string[], environment: Environment): Promise<number> {
  return scenario(words, environment, {
    clock: realClock(),
    write: (text) => process.stdout.write(text),
    columns: process.stdout.columns ?? 120,
    colours: process.stdout.isTTY === true && process.stdout.hasColors(),
  });
}

/** The same with another clock and output. */
export async function scenario(
  words: string[],
  environment: Environment,
  output: ScenarioOutput,
): Promise<number> {
  const [verb, ...rest] = words;
  if (verb === 'record') return record(rest, output);
  if (verb !== 'run')
    throw usage(`scenario must be followed by run or record, not ${verb ?? 'nothing'}`);
  const options = optionsOf(rest);
  const code = await runAll(options, environment, output);
  if (!options.watch) return code;
  const { watchFiles } = await import('./scenario-watch.ts');
  watchFiles(options.files, () => runAll(options, environment, output));
  return new Promise(() => {});
}

/** Writes a scenario of what `ecs-agent flight --json` has printed into a file, or prints to this. */
async function record(files: string[], { write }: ScenarioOutput): Promise<number> {
  const [file = '/dev/stdin', ...more] = files;
  if (more.length > 0) throw usage('scenario record takes one file');
  const { scenarioOf } = await import('../scenario/file/record.ts');
  const { yamlOf } = await import('../scenario/file/write.ts');
  const scenario = scenarioOf(textOf(file).split('\n'));
  if (scenario.steps.length === 0)
    throw new AgentError(
      'SCENARIO_EMPTY',
      `${file} has nothing of a flight record: give it what ecs-agent flight --json prints`,
    );
  write(await yamlOf(scenario));
  return 0;
}

const usage = (message: string): AgentError =>
  new AgentError('USAGE', `${message} (see ecs-agent --help)`);

function optionsOf(args: string[]): RunOptions {
  try {
    const { values, positionals: files } = parseArgs({
      args,
      options: {
        engine: { type: 'string', default: 'simulated' },
        image: { type: 'string', default: 'busybox:local' },
        watch: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const { engine, image, watch } = values;
    if (engine !== 'simulated' && engine !== 'docker')
      throw new Error(`--engine must be simulated or docker, not ${engine}`);
    if (files.length === 0) throw new Error('scenario run needs at least one file');
    return { files, engine, image, watch };
  } catch (error) {
    throw usage((error as Error).message);
  }
}

/** Runs each file, tells how it went, and at the end how long all took. */
async function runAll(
  options: RunOptions,
  environment: Environment,
  output: ScenarioOutput,
): Promise<number> {
  const { clock, write } = output;
  const from = clock.now();
  let failed = 0;
  for (const file of options.files) {
    const began = clock.now();
    const lines: string[] = [];
    try {
      const { name, outcome } = await runFile(file, options, environment);
      const took = `${clock.now() - began} ms for ${played(outcome.playedMs)}`;
      lines.push(`${outcome.failure ? '✗' : '✓'} ${name} (${took})`);
      if (outcome.failure) lines.push(...failureLines(outcome.failure, output));
    } catch (error) {
      lines.push(`✗ ${(error as Error).message}`);
    }
    if (lines.some((line) => line.startsWith('✗'))) failed += 1;
    write(`${lines.join('\n')}\n`);
  }
  const passed = options.files.length - failed;
  write(`${passed} passed, ${failed} failed in ${clock.now() - from} ms\n`);
  return failed === 0 ? 0 : 1;
}

async function runFile(
  file: string,
  { engine, image }: RunOptions,
  environment: Environment,
): Promise<{ name: string; outcome: Outcome }> {
  const read = await readScenario(file, textOf(file));
  const stage = await stageOf(read.scenario, { engine, image, environment });
  return { name: read.scenario.scenario, outcome: await play(read, stage) };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AgentError('SCENARIO_UNREADABLE', `${file}: ${(error as Error).message}`);
  }
}

async function stageOf(
  scenario: Scenario,
  {
    engine,
    image,
    environment,
  }: Pick<RunOptions, 'engine' | 'image'> & { environment: Environment },
): Promise<Stage> {
  if (engine === 'docker') {
    const { openDockerStage } = await import('../scenario/stage/docker.ts');
    return openDockerStage(scenario, { image, environment });
  }
  const { VirtualStage } = await import('../scenario/stage/virtual.ts');
  return new VirtualStage(scenario);
}

const units = [
  { name: 'days', ms: 86_400_000 },
  { name: 'hours', ms: 3_600_000 },
  { name: 'minutes', ms: 60_000 },
  { name: 's', ms: 1_000 },
];

/** A time that was played, in the largest unit of which there are two. */
function played(ms: number): string {
  const unit = units.find((one) => ms >= 2 * one.ms) ?? { name: 'ms', ms: 1 };
  return `${Math.round(ms / unit.ms)} ${unit.name}`;
}
