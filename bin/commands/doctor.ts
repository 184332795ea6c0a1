import { parseArgs, styleText } from 'node:util';
import { AgentError } from '../../machines/names/errors.ts';
import { realClock } from '../../transport/host/clock.ts';
import { hostNetwork } from '../../transport/network/network.ts';
import { ConfigError, readConfig } from '../config/config.ts';
import { gatherSources } from '../config/load.ts';
import { clockCheck, credentialsCheck, proxyCheck } from '../doctor/aws.ts';
import { type Check, examine, type Finding, failed, ok, warning } from '../doctor/check.ts';
import { cgroupCheck, dataCheck, diskCheck, engineCheck } from '../doctor/host.ts';
import { portCheck, taskAddressCheck } from '../doctor/network.ts';
import { openLog, plainLog } from '../service/log.ts';
import type { Environment } from '../variables/variables.ts';
import { connectEngine } from './assemble.ts';
import { instanceAnswers } from './config.ts';

/** In the order in which an agent comes to need what they look at. */
const checks: Check[] = [
  engineCheck,
  cgroupCheck,
  dataCheck,
  diskCheck,
  portCheck,
  taskAddressCheck,
  clockCheck,
  credentialsCheck,
  proxyCheck,
];

/**
 * `ecs-agent doctor [--json]`: looks at what on this host the agent depends on, and tells what is not
 * as it must be, and what to do. Changes nothing. Answers 1 if any check failed, else 0.
 */
export async function doctorCommand(words: string[], environment: Environment): Promise<number> {
  const { json } = optionsOf(words);
  const findings = await findingsOf(environment);
  const colours = process.stdout.isTTY === true && process.stdout.hasColors();
  process.stdout.write(
    json ? `${JSON.stringify(findings, null, 2)}\n` : findingLines(findings, colours),
  );
  return findings.some(({ state }) => state === 'failed') ? 1 : 0;
}

/** Where the configuration cannot be read, it is not known what else to look at. */
async function findingsOf(environment: Environment): Promise<Finding[]> {
  const platform = process.platform === 'win32' ? 'windows' : 'linux';
  const clock = realClock();
  const name = 'Configuration';
  try {
    const metadata = instanceAnswers(environment, platform);
    const gathered = await gatherSources(environment, platform, { metadata });
    // Much can be looked at while the region is not known.
    const sources = { ...gathered.sources, region: gathered.sources.region ?? undefined };
    const read = readConfig(environment, platform, sources);
    const warnings = [...gathered.warnings, ...read.warnings];
    const { config } = read;
    const log = openLog({ ...plainLog, level: 'none' }, clock);
    const engine = connectEngine({ config, clock, log });
    const own = { config, environment, clock, log };
    const bench = { ...own, platform, engine, network: hostNetwork() } as const;
    const verdict =
      warnings.length === 0
        ? ok('It can be read')
        : warning(warnings.join('; '), 'Correct these variables, or unset them');
    return [{ name, ...verdict }, ...(await examine(checks, bench))];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ name, ...failed(error.message, 'Correct this variable, or unset it') }];
  }
}

const colourOf = { ok: 'green', warning: 'yellow', failed: 'red' } as const;

/** A line for each finding, and one below for what to do. */
export function findingLines(findings: Finding[], colours: boolean): string {
  const paint = (state: Finding['state']) => {
    const word = state.padEnd(8);
    return colours ? styleText(colourOf[state], word, { validateStream: false }) : word;
  };
  const lines = findings.flatMap((finding) => {
    const line = `${paint(finding.state)}${finding.name}: ${finding.says}`;
    return finding.state === 'ok' ? [line] : [line, `${' '.repeat(8)}→ ${finding.remedy}`];
  });
  return `${lines.join('\n')}\n`;
}

function optionsOf(words: string[]): { json: boolean } {
  try {
    const { values } = parseArgs({
      args: words,
      options: { json: { type: 'boolean', default: false } },
    });
    return { json: values.json };
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent --help)`);
  }
}
