import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pulse } from '../../actors/effect.ts';
import { takeOver } from '../../actors/takeover.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { readBolt } from '../../persistence/bolt.ts';
import { hasDatabase, LevelStore, setAside } from '../../persistence/level.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realRandom } from '../../transport/host/random.ts';
import { isLocked } from '../../transport/takeover/lock.ts';
import type { FoundState } from '../../transport/takeover/port.ts';
import { readBuckets, readFile as readStateFile } from '../../transport/takeover/state.ts';
import type { Config } from '../config/config.ts';
import { readLocalConfig } from '../config/load.ts';
import type { Environment } from '../variables/variable.ts';
import { rulesOf } from './assemble.ts';
import { takeoverJson, takeoverLines } from './takeover-lines.ts';

const help = `Usage: ecs-agent migrate [--from PATH] [--dry-run] [--json] [--force]

Takes over what Amazon's agent has saved: its container instance and its tasks, which go on running.
Stop that agent first, and see to it that it is not started again; its containers must stay. Then run
this with the environment that this agent is to have (ECS_CLUSTER as it was, ECS_DATADIR), and start
this agent. What Amazon's agent has saved is read and never changed.

  --from PATH   its agent.db, its older ecs_agent_data.json, or the folder of either; the data
                directory where it is left out
  --dry-run     tell what would be done, and write nothing
  --json        tell it as JSON
  --force       even where this agent has state of its own in the data directory, which is then set
                aside under another name, and even where a part of the state cannot be understood

Whether Amazon's agent still runs is told by its lock on agent.db; a lock cannot be seen on every file
system, so make sure of it.
`;

/** What the words of the command ask for. */
interface Options {
  from: string | null;
  dryRun: boolean;
  json: boolean;
  force: boolean;
}

/** `ecs-agent migrate`: answers 0 when the state was taken over, or would be. */
export function migrateCommand(words: string[], environment: Environment): Promise<number> {
  const pulse = { clock: realClock(), random: realRandom };
  return migrate(words, environment, { ...pulse, write: (text) => process.stdout.write(text) });
}

/** The same with another clock and output. Rejects with one line that names the remedy. */
export async function migrate(
  words: string[],
  environment: Environment,
  { write, ...pulse }: Pulse & { write: (text: string) => void },
): Promise<number> {
  if (words.includes('--help') || words.includes('-h')) {
    write(help);
    return 0;
  }
  const options = optionsOf(words);
  const { config } = readLocalConfig(
    environment,
    process.platform === 'win32' ? 'windows' : 'linux',
  );
  const { state, path } = await stateAt(options.from ?? config.dataDirectory, pulse);
  requireFit(state, path, config);
  const { tasks, records } = takeOver(state, { ...pulse, rules: rulesOf(config) });
  const notes = options.dryRun
    ? refusals(state, config, options).map(({ message }) => `It would be refused: ${message}`)
    : await store(records, { state, config, options, pulse });
  const told = { state, path, tasks, written: !options.dryRun, notes };
  if (options.json) write(`${JSON.stringify(takeoverJson(told), null, 2)}\n`);
  else write(`${takeoverLines(told).join('\n')}\n`);
  return 0;
}

function optionsOf(words: string[]): Options {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({
      args: words,
      options: { from: { type: 'string' }, 'dry-run': flag, json: flag, force: flag },
    });
    const { from = null, json, force } = values;
    return { from, dryRun: values['dry-run'], json, force };
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent migrate --help)`);
  }
}

const database = 'agent.db';
const oldFile = 'ecs_agent_data.json';

/** A database counts before the old file, unless nothing was ever saved in it. */
async function stateAt(
  place: string,
  { random }: Pulse,
): Promise<{ state: FoundState; path: string }> {
  if (!existsSync(place)) throw nothing(`there is no ${place}`);
  const paths = (await stat(place)).isDirectory()
    ? [database, oldFile].map((name) => join(place, name)).filter((path) => existsSync(path))
    : [place];
  for (const path of paths) {
    if (await isLocked(path))
      throw new AgentError(
        'MIGRATE_IN_USE',
        `Another process has ${path} open: stop Amazon's agent first`,
      );
    const bytes = await readFile(path);
    // A database begins with the number of its first page, which is 0.
    const state =
      bytes[0] === 0x7b
        ? readStateFile(bytes.toString('utf8'), random)
        : readBuckets(readBolt(bytes).buckets, random);
    if (state) return { state, path };
  }
  throw nothing(`${place} holds no state of Amazon's agent (${database} or ${oldFile})`);
}

const nothing = (why: string): AgentError =>
  new AgentError('MIGRATE_NOTHING', `There is nothing to take over: ${why}. Name it with --from`);

/** What no option helps against. */
function requireFit({ cluster, containerInstanceArn }: FoundState, path: string, config: Config) {
  if (containerInstanceArn === '')
    throw new AgentError(
      'MIGRATE_NOTHING',
      `There is nothing to take over: the agent that wrote ${path} never registered with ECS`,
    );
  if (cluster !== config.cluster)
    throw new AgentError(
      'MIGRATE_CLUSTER',
      `The state in ${path} belongs to cluster "${cluster}", but ECS_CLUSTER is ` +
        `"${config.cluster}": set it to the former, as it is written there`,
    );
}

/** Why the take-over is refused without `--force`, or at all. */
function refusals(state: FoundState, config: Config, { force }: Options): AgentError[] {
  const found: AgentError[] = [];
  if (!config.checkpoint)
    found.push(
      new AgentError(
        'MIGRATE_NOT_KEPT',
        'The agent would not read what is written: set ECS_DATADIR in its environment',
      ),
    );
  if (hasDatabase(config.dataDirectory) && !force)
    found.push(
      new AgentError(
        'MIGRATE_STORE_IN_USE',
        `This agent has state of its own in ${config.dataDirectory}: remove it, or have it set ` +
          'aside with --force',
      ),
    );
  if (state.unread.length > 0 && !force)
    found.push(
      new AgentError(
        'MIGRATE_INCOMPLETE',
        `${state.unread.length} of what was saved cannot be understood (--dry-run tells which): ` +
          'leave it behind with --force',
      ),
    );
  return found;
}

/** Writes all in one synced batch. Answers what else was done. */
async function store(
  records: Parameters<LevelStore['write']>[0],
  by: { state: FoundState; config: Config; options: Options; pulse: Pulse },
): Promise<string[]> {
  const { config, pulse } = by;
  const [refusal] = refusals(by.state, config, by.options);
  if (refusal) throw refusal;
  const notes: string[] = [];
  if (hasDatabase(config.dataDirectory)) {
    await requireUnused(config.dataDirectory);
    const suffix = `before-${pulse.clock.now()}`;
    await setAside(config.dataDirectory, suffix);
    notes.push(`What this agent had saved before was set aside as agent.level.${suffix}`);
  }
  const level = new LevelStore(config.dataDirectory);
  await level.open();
  try {
    await level.write(records);
  } finally {
    await level.close();
  }
  return notes;
}

/** Rejects while an agent has the store open. */
async function requireUnused(directory: string): Promise<void> {
  const level = new LevelStore(directory);
  await level.open();
  await level.close();
}
