import type { Dispatcher } from 'undici';
import { type Backoff, delayOf } from '../../machines/names/backoff.ts';
import { abortSignalOf, type Signal } from '../../machines/names/ending.ts';
import type { Clock, Random } from '../host/port.ts';
import { signedHeaders } from '../signing/sigv4.ts';
import type { Credentials } from '../wire/credentials.ts';
import { within } from '../wire/within.ts';
import { Ec2Error, type Ec2Port } from './port.ts';
import { elementsIn, textIn } from './xml.ts';

/** How the agent reaches the EC2 API. */
export interface Ec2Options {
  /** See {@link ec2Endpoint}. */
  endpoint: string;
  region: string;
  credentials: Credentials;
  userAgent: string;
  clock: Clock;
  random: Random;
  /** Answers what makes the connections, where it is not the usual. */
  dispatcherFor?: (url: URL) => Promise<Dispatcher>;
}

/** An answer of the API. */
interface Answer {
  status: number;
  text: string;
}

/** How long EC2 may take for one answer, and how often it is asked before that is given up. */
const roundTripMs = 42_000;
const tries = 5;
const pause: Backoff = { firstMs: 500, maxMs: 20_000, factor: 2, jitter: 1 };

/** The partitions of AWS by how the names of their regions begin; any other is the common one. */
const partitions: [regions: RegExp, domain: string, dualStackDomain: string][] = [
  [/^cn-/, 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  [/^us-iso-/, 'c2s.ic.gov', 'api.aws.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov', 'api.aws.scloud'],
  [/^eu-isoe-/, 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  [/^us-isof-/, 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  [/^eusc-/, 'amazonaws.eu', 'api.amazonwebservices.eu'],
  [/^/, 'amazonaws.com', 'api.aws'],
];

/** The endpoint of EC2 in a region; the one that has IPv6 too for an instance without IPv4. */
export function ec2Endpoint(region: string, { ipv6Only }: { ipv6Only: boolean }): string {
  const [, domain, dualStackDomain] = partitions.find(([regions]) => regions.test(region)) ?? [];
  return `https://ec2.${region}.${ipv6Only ? dualStackDomain : domain}`;
}

/**
 * The EC2 API by its Query protocol: the AWS SDK's client for it is as large as all else of this agent.
 * A call that may succeed later is made again here, as whoever registers does not repeat it.
 */
export const ec2Client = (options: Ec2Options): Ec2Port => ({
  instanceTags: async (instanceId, signal) => {
    const found = await tried(options, signal, {
      Action: 'DescribeTags',
      'Filter.1.Name': 'resource-id',
      'Filter.1.Value.1': instanceId,
      'Filter.2.Name': 'resource-type',
      'Filter.2.Value.1': 'instance',
      // More tags than an instance can have.
      MaxResults: '50',
    });
    const tags = elementsIn(found, 'item');
    return Object.fromEntries(tags.map((tag) => [textIn(tag, 'key'), textIn(tag, 'value')]));
  },
});

async function tried(
  options: Ec2Options,
  signal: Signal | undefined,
  query: Record<string, string>,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await asked(options, signal, query);
    } catch (error) {
      const failure = failureOf(error, options.endpoint);
      if (attempt === tries || !failure.passing || signal?.aborted) throw failure;
      await passed(options.clock, delayOf(pause, attempt, options.random.roll()), signal);
    }
  }
}

async function asked(
  options: Ec2Options,
  signal: Signal | undefined,
  query: Record<string, string>,
): Promise<string> {
  const { clock, endpoint } = options;
  const late = () => tooLate(endpoint);
  const givenUp = () => new Ec2Error('The call to Amazon EC2 was given up', { passing: false });
  const bounds = { clock, ms: roundTripMs, late, signal, givenUp };
  const { status, text } = await within(bounds, (ending) =>
    sent(options, query, abortSignalOf(ending)),
  );
  if (status !== 200) throw refusalOf({ status, text }, endpoint);
  return text;
}

async function sent(
  { endpoint, region, credentials, userAgent, clock, dispatcherFor }: Ec2Options,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  const url = new URL(endpoint);
  url.search = new URLSearchParams({ ...query, Version: '2016-11-15' }).toString();
  const signer = { credentials, region, service: 'ec2' };
  const headers = await signedHeaders(url, signer, clock.now());
  const { request } = await import('undici');
  const { statusCode, body } = await request(url, {
    headers: { ...headers, 'user-agent': userAgent },
    signal,
    ...(dispatcherFor && { dispatcher: await dispatcherFor(url) }),
  });
  return { status: statusCode, text: await body.text() };
}

/** Ends early when nobody waits any more. */
const passed = (clock: Clock, ms: number, signal: Signal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      cancel();
      resolve();
    };
    const cancel = clock.at(clock.now() + ms, () => {
      signal?.removeEventListener('abort', end);
      resolve();
    });
    signal?.addEventListener('abort', end, { once: true });
  });

const tooLate = (endpoint: string): Ec2Error =>
  new Ec2Error(`Amazon EC2 (${endpoint}) did not answer within ${roundTripMs / 1_000} s`, {
    passing: true,
  });

function refusalOf({ status, text }: Answer, endpoint: string): Ec2Error {
  const code = textIn(text, 'Code');
  if (code === '' && status < 500)
    return new Ec2Error(`What answers at ${endpoint} is not Amazon EC2`, { passing: false });
  const passing = status >= 500 || /Throttl|RequestLimitExceeded|Unavailable/.test(code);
  const remedy =
    code === 'UnauthorizedOperation' ? ' (the instance’s role must allow ec2:DescribeTags)' : '';
  const said = `Amazon EC2: ${code || status}: ${textIn(text, 'Message')}${remedy}`;
  return new Ec2Error(said, { passing });
}

/** Classifies what is not said by EC2: the search for keys, or the way to it. */
function failureOf(error: unknown, endpoint: string): Ec2Error {
  if (error instanceof Ec2Error) return error;
  const { message, code } = error as Error & { code?: string };
  if (code === 'ECS_DENIED') return new Ec2Error(message, { passing: false, cause: error });
  const text = `Amazon EC2 (${endpoint}) cannot be reached: ${code ?? message}`;
  return new Ec2Error(text, { passing: true, cause: error });
}
