import { ownCredentials } from '../commands/calls.ts';
import { wiresOf } from '../commands/wires.ts';
import { ask } from './ask.ts';
import { type Bench, type Check, failed, ok, type Verdict, warning } from './check.ts';

/** Whether there are keys to sign with; never which. */
export const credentialsCheck: Check = {
  name: 'AWS credentials',
  look: async (bench) => {
    try {
      const { verified } = wiresOf(bench);
      const { sessionToken } = await ownCredentials(bench, { ...bench, verified })();
      return ok(sessionToken ? 'Temporary keys were found' : 'Keys were found');
    } catch (error) {
      return failed(
        (error as Error).message,
        'On EC2 give the instance a role, elsewhere set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      );
    }
  },
};

/** AWS refuses what was signed longer ago, or later, than this; half of it is time to act. */
const refusedSkewMs = 300_000;
const doubtfulSkewMs = 30_000;

/** Signatures hold for minutes only. */
export const clockCheck: Check = {
  name: 'Clock',
  look: async (bench, signal) => {
    const { clock } = bench;
    const endpoint = endpointOf(bench);
    if (endpoint === null)
      return warning(
        'The AWS region is not known, so nobody was asked for the time',
        'Set AWS_DEFAULT_REGION',
      );
    const told = await ask(endpoint, signal);
    if (told === null)
      return warning(
        `${endpoint} does not answer, so this host’s clock was compared with nothing`,
        'See to DNS, routes and security groups; behind a proxy this cannot be told',
      );
    if (told.at === null)
      return warning(`${endpoint} does not tell the time`, 'See whether it is an AWS endpoint');
    return skewVerdict(clock.now() - told.at);
  },
};

/** What a clock's distance from AWS’s own means. */
export function skewVerdict(skewMs: number): Verdict {
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  const says = `This host’s clock is ${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} that of AWS`;
  const remedy = 'Set it by NTP, e.g. with chrony and 169.254.169.123';
  if (Math.abs(skewMs) >= refusedSkewMs)
    return failed(`${says}, which refuses signatures of another time`, remedy);
  return Math.abs(skewMs) >= doubtfulSkewMs ? warning(says, remedy) : ok(says);
}

function endpointOf({ config: { backendHost, region } }: Bench): string | null {
  if (backendHost) return backendHost;
  if (region === '') return null;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://ecs.${region}.${domain}/`;
}

/** What must never go through a proxy: the instance's own services, and the agent for its tasks. */
const neverProxied = ['169.254.169.254', '169.254.170.2'];

/** What must not be asked through a proxy. */
export const proxyCheck: Check = {
  name: 'Proxies',
  look: ({ environment }) => {
    const of = (name: string) =>
      environment[name]?.trim() || environment[name.toLowerCase()]?.trim() || '';
    const given = ['HTTPS_PROXY', 'HTTP_PROXY'].filter((name) => of(name) !== '');
    if (given.length === 0) return Promise.resolve(ok('None is set'));
    const wrong = given.find((name) => !/^https?:/.test(of(name)) || !URL.canParse(of(name)));
    if (wrong)
      return Promise.resolve(
        failed(`${wrong} is no address of a proxy`, 'Set it to http://HOST:PORT'),
      );
    // A proxy's address may have a password in it: its host says enough.
    const hosts = given.map((name) => `${name} is ${new URL(of(name)).host}`).join(', ');
    const direct = of('NO_PROXY').split(/[\s,]+/);
    const missing = neverProxied.filter((address) => !direct.includes(address));
    if (missing.length === 0 || direct.includes('*')) return Promise.resolve(ok(hosts));
    return Promise.resolve(
      warning(
        `${hosts}; NO_PROXY lacks ${missing.join(' and ')}`,
        `Set NO_PROXY=${[...direct, ...missing].filter((one) => one !== '').join(',')}`,
      ),
    );
  },
};
