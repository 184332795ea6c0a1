import { parseArgs } from 'node:util';
import { exitCodes } from '../../machines/agent/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realHost } from '../../transport/host/host.ts';
import type { Clock } from '../../transport/host/port.ts';
import { askInstance, askTaskCount } from '../../transport/http/questions.ts';
import { readLocalConfig } from '../config/load.ts';
import type { Environment } from '../variables/variables.ts';
import { agentAddress } from './agent-address.ts';
import { callsOf } from './calls.ts';

/** Where the command writes, and its time. */
export interface DrainOutput {
  clock: Clock;
  write: (text: string) => void;
}

const ignore = (): void => {};

/** How often the agent is asked for its tasks while they end. */
const askEveryMs = 2_000;

/**
 * `ecs-agent drain [--undo] [--wait]`: asks ECS to place no more tasks on this container instance and
 * to move those of services away; with `--undo`, to place tasks again. Answers 0 when that is done.
 */
export function drainCommand(words: string[], environment: Environment): Promise<number> {
  return drain(words, environment, {
    clock: realClock(),
    write: (text) => process.stdout.write(text),
  });
}

/** The same with another clock and output. Rejects with one line that names the remedy. */
export async function drain(
  words: string[],
  environment: Environment,
  { clock, write }: DrainOutput,
): Promise<number> {
  const { undo, wait } = optionsOf(words);
  const { config } = readLocalConfig(
    environment,
    process.platform === 'win32' ? 'windows' : 'linux',
  );
  const url = agentAddress(config);
  const { cluster, arn } = await askInstance({ url, clock });
  // arn:aws:ecs:REGION:…
  const region = config.region || (arn.split(':')[3] ?? '');
  const quiet = { debug: ignore, info: ignore, warn: write, error: write };
  const { ecs } = callsOf(
    { config: { ...config, region }, environment, clock, log: quiet },
    realHost(),
  );
  const status = undo ? 'ACTIVE' : 'DRAINING';
  await ecs.updateInstanceState({ arn, cluster, status });
  write(`${arn} is ${status}.\n`);
  if (wait) await untilEmpty({ url, clock }, write);
  return exitCodes.clean;
}

function optionsOf(words: string[]): { undo: boolean; wait: boolean } {
  try {
    const off = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({ args: words, options: { undo: off, wait: off } });
    if (values.undo && values.wait) throw new Error('Either --undo or --wait can be asked for');
    return values;
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent --help)`);
  }
}

/** Tasks that no service runs go on until they end by themselves: their number is told as it falls. */
async function untilEmpty(
  agent: { url: string; clock: Clock },
  write: (text: string) => void,
): Promise<void> {
  let told = -1;
  for (;;) {
    const tasks = await askTaskCount(agent);
    if (tasks === 0) break;
    if (tasks !== told) write(`${tasks} ${tasks === 1 ? 'task is' : 'tasks are'} left.\n`);
    told = tasks;
    const { clock } = agent;
    await new Promise<void>((resolve) => void clock.at(clock.now() + askEveryMs, resolve));
  }
  write('No task is left.\n');
}
