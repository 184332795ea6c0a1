import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { localUrl } from '../../transport/http/server.ts';
import { linuxSetup } from '../commands/host.ts';
import { missingRules } from '../network/apply.ts';
import { type Rule, taskAddress } from '../network/linux.ts';
import { ask, credentialsPath, introspectionPath, isIntrospection, isTaskServer } from './ask.ts';
import { type Bench, type Check, failed, ok, type Verdict, warning } from './check.ts';

const loopback = '127.0.0.1';

/** Where the agent is asked. */
export const portCheck: Check = {
  name: 'Ports',
  look: async ({ config }, signal) => {
    const { address, port } = config.introspection;
    const introspection = localUrl(address, port) + introspectionPath;
    const tasks = localUrl(loopback, config.taskServer.port) + credentialsPath;
    const wanted = [
      { address, port, isOurs: async () => isIntrospection(await ask(introspection, signal)) },
      {
        address: loopback,
        port: config.taskServer.port,
        isOurs: async () => isTaskServer(await ask(tasks, signal)),
      },
    ].filter((one) => one.port !== 0);
    const told: string[] = [];
    for (const one of wanted) {
      const isFree = await canListen(one);
      if (!isFree && !(await one.isOurs()))
        return failed(
          `Something other than the agent listens on port ${one.port}`,
          'End it, or set ECS_INTROSPECTION_PORT or ECS_TASK_METADATA_PORT to another port',
        );
      told.push(`${one.port} is ${isFree ? 'free' : 'the agent’s'}`);
    }
    return ok(told.join(', ') || 'The agent listens on none');
  },
};

const canListen = ({ address: host, port }: { address: string; port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** Where tasks ask for their credentials and metadata. */
export const taskAddressCheck: Check = {
  name: taskAddress,
  look: async (bench, signal) => {
    const { port } = bench.config.taskServer;
    if (port === 0) return ok('The agent serves no tasks, as ECS_TASK_METADATA_PORT is 0');
    const isRunning = isTaskServer(await ask(localUrl(loopback, port) + credentialsPath, signal));
    const reaches =
      isRunning && isTaskServer(await ask(`http://${taskAddress}${credentialsPath}`, signal));
    if (bench.platform === 'windows') return ofWindows({ isRunning, reaches });
    const lacking = await lackingOf(bench, signal);
    if (lacking !== null) return lacking;
    if (!isRunning) return ok('All is set up to lead it to the agent, which does not run now');
    return reaches
      ? ok('It reaches the agent')
      : failed(
          'All is set up, but a request to it does not reach the agent',
          'Look for other rules of the firewall, and for a proxy or route for that address',
        );
  },
};

const setUp = 'Run as root: ecs-agent host up';

function ofWindows({ isRunning, reaches }: { isRunning: boolean; reaches: boolean }): Verdict {
  if (reaches) return ok('It reaches the agent');
  return isRunning
    ? failed('A request to it does not reach the agent', setUp)
    : warning('Whether it reaches the agent shows only while one runs', 'Start the agent');
}

/** What is not set up of what leads there; null where all is. */
async function lackingOf({ config, network }: Bench, signal: AbortSignal): Promise<Verdict | null> {
  let missing: Rule[];
  try {
    missing = await missingRules(await linuxSetup(config, { network, signal }), {
      network,
      signal,
    });
  } catch (error) {
    return warning(`The firewall cannot be asked: ${(error as Error).message}`, 'Run this as root');
  }
  const [first] = missing;
  if (first) {
    const { tool, table, chain, words } = first;
    return failed(
      `${missing.length} of the firewall’s rules are missing, such as: ${tool} -t ${table} ${chain} ${words.join(' ')}`,
      setUp,
    );
  }
  const isLocal = readFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', 'utf8').trim();
  return isLocal === '1'
    ? null
    : failed('Packets for loopback are not routed (net.ipv4.conf.all.route_localnet is 0)', setUp);
}
