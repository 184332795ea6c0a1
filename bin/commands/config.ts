import { parseArgs } from 'node:util';
import { AgentError } from '../../machines/names/errors.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realRandom } from '../../transport/host/random.ts';
import { metadataService } from '../../transport/instance/service.ts';
import { type ReadConfig, readConfig } from '../config/config.ts';
import { type Doors, gatherSources, type InstanceAnswers } from '../config/load.ts';
import { known, type Sources } from '../config/sources.ts';
import type { Environment, Platform } from '../variables/variables.ts';

/** One setting as it is shown: its value is written as in the environment. */
export interface Shown {
  name: string;
  value: string;
  source: string;
}

/** What the command reads with, and where it writes. */
export interface ConfigDoors extends Doors {
  platform: Platform;
  write: (text: string) => void;
}

/**
 * `ecs-agent config [--json] [--no-metadata]`: shows what each setting is and where that comes from.
 * Needs no region, no Engine and no credentials.
 */
export function configCommand(words: string[], environment: Environment): Promise<number> {
  const platform = process.platform === 'win32' ? 'windows' : 'linux';
  return showConfig(words, environment, {
    platform,
    metadata: instanceAnswers(environment, platform),
    write: (text) => process.stdout.write(text),
  });
}

/** The same with other doors. Rejects with one line that names the remedy. */
export async function showConfig(
  words: string[],
  environment: Environment,
  { platform, write, ...doors }: ConfigDoors,
): Promise<number> {
  const options = optionsOf(words);
  const metadata = options['no-metadata'] ? null : doors.metadata;
  const { sources, warnings } = await gatherSources(environment, platform, { ...doors, metadata });
  // Here nothing depends on a region, so it may be unknown.
  const region = sources.region ?? undefined;
  const read = readConfig(environment, platform, { ...sources, region });
  const settings = shownOf(read, sources);
  const said = [...warnings, ...read.warnings];
  write(
    options.json
      ? `${JSON.stringify({ settings, warnings: said }, null, 2)}\n`
      : linesOf(settings, said),
  );
  return 0;
}

function optionsOf(words: string[]) {
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        json: { type: 'boolean', default: false },
        'no-metadata': { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent --help)`);
  }
}

/** Off EC2 nobody answers, and that is found out but once. */
export function instanceAnswers(environment: Environment, platform: Platform): InstanceAnswers {
  const reach = async () => {
    const { metadataEndpoint: endpoint } = readConfig(environment, platform).config;
    const how = { endpoint, identityDisabled: true, clock: realClock(), random: realRandom };
    const service = metadataService(how);
    return await service.instanceId().then(
      () => service,
      () => null,
    );
  };
  let reached: ReturnType<typeof reach> | undefined;
  const service = () => {
    reached ??= reach();
    return reached;
  };
  return {
    region: async () => (await (await service())?.region()) ?? null,
    userData: async () => (await (await service())?.userData()) ?? null,
  };
}

function shownOf({ settings, origins }: ReadConfig, { file }: Sources): Shown[] {
  const values: Record<string, unknown> = settings;
  return Object.entries(known).map(([name, { kind, secret }]) => {
    const text = kind.show(values[name]);
    const origin = origins[name as keyof typeof origins];
    return {
      name,
      value: secret && text !== '' ? '(secret)' : text,
      source: origin === 'file' ? `file ${file?.path}` : origin,
    };
  });
}

/** A table, and below it what there is to say. */
function linesOf(settings: Shown[], warnings: string[]): string {
  const widthOf = (texts: string[]) => Math.min(44, Math.max(...texts.map(({ length }) => length)));
  const rows = [
    { name: 'NAME', value: 'VALUE', source: 'SOURCE' },
    ...settings.map((one) => ({ ...one, value: oneLine(one.value) || '-' })),
  ];
  const name = widthOf(rows.map((row) => row.name));
  const value = widthOf(rows.map((row) => row.value));
  const lines = rows.map(
    (row) => `${row.name.padEnd(name)}  ${row.value.padEnd(value)}  ${row.source}`,
  );
  const said = warnings.map((warning) => `warning: ${warning}`);
  return `${[...lines, ...(said.length > 0 ? ['', ...said] : [])].join('\n')}\n`;
}

/** What others have written must not steer the terminal. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
