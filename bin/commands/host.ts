import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Argv } from '../../machines/fault/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { realClock } from '../../transport/host/clock.ts';
import { hostNetwork } from '../../transport/network/network.ts';
import type { Config } from '../config/config.ts';
import { readLocalConfig } from '../config/load.ts';
import { type Hand, linuxDown, linuxUp, runSteps } from '../network/apply.ts';
import type { LinuxSetup } from '../network/linux.ts';
import { windowsDown, windowsUp } from '../network/windows.ts';
import type { Environment } from '../variables/variables.ts';

/** How long all of it may take: others may hold the firewall's lock for a while. */
const patienceMs = 60_000;

/**
 * `ecs-agent host up|down`: makes 169.254.170.2 reach the agent from this host's containers, or takes
 * that away; to be run as root before the agent starts, and after it has ended. Prints each command
 * that changes something. Answers 0 when it is so.
 */
export async function hostCommand(words: string[], environment: Environment): Promise<number> {
  const { direction, bridge } = optionsOf(words);
  const platform = process.platform === 'win32' ? 'windows' : 'linux';
  const { config } = readLocalConfig(environment, platform);
  const clock = realClock();
  const ending = new AbortController();
  const cancel = clock.at(clock.now() + patienceMs, () => ending.abort());
  const hand = { network: hostNetwork(), signal: ending.signal, tell };
  try {
    if (platform === 'windows') await onWindows(direction, config, hand);
    else await onLinux(direction, await linuxSetup(config, hand, bridge), hand);
    return 0;
  } finally {
    cancel();
  }
}

function onWindows(direction: 'up' | 'down', { taskServer }: Config, hand: Hand): Promise<void> {
  const isUp = direction === 'up' && taskServer.port !== 0;
  return runSteps(isUp ? windowsUp({ taskPort: taskServer.port }) : windowsDown(), hand);
}

async function onLinux(direction: 'up' | 'down', setup: LinuxSetup, hand: Hand): Promise<void> {
  if (direction === 'up') return linuxUp(setup, hand);
  const read = (path: string) => readFileSync(`/proc/sys/net/${path}`, 'utf8').trim();
  await linuxDown(setup, hand, {
    routeLocalnet: read('ipv4/conf/default/route_localnet'),
    acceptRa: setup.ipv6 ? read('ipv6/conf/default/accept_ra') : '1',
  });
}

/** What this host's configuration wants of its network. */
export async function linuxSetup(
  config: Config,
  { network, signal }: Pick<Hand, 'network' | 'signal'>,
  bridge = 'docker0',
): Promise<LinuxSetup> {
  const ip6tables = await network.run(['ip6tables', '--version'], signal);
  return {
    taskPort: config.taskServer.port,
    introspectionPort: config.introspection.port,
    ...config.hostNetwork,
    bridge,
    ipv6: existsSync('/proc/sys/net/ipv6') && ip6tables.code === 0,
  };
}

function optionsOf(words: string[]): { direction: 'up' | 'down'; bridge: string } {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options: { bridge: { type: 'string', default: 'docker0' } },
      allowPositionals: true,
    });
    const [direction, ...more] = positionals;
    if ((direction !== 'up' && direction !== 'down') || more.length > 0)
      throw new Error('host needs one word, up or down');
    return { direction, bridge: values.bridge };
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent --help)`);
  }
}

const tell = (argv: Argv): void => {
  process.stdout.write(
    `${argv.map((word) => (/[\s!]/.test(word) ? `'${word}'` : word)).join(' ')}\n`,
  );
};
