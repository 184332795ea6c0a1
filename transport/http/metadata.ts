import type { Clock } from '../host/port.ts';

/** What an EC2 instance can tell of itself. */
export interface InstanceMetadata {
  region: string;
  identity: { document: string; signature: string };
}

/** Where every EC2 instance finds its metadata service. */
const endpoint = 'http://169.254.169.254';
/** Off EC2 nobody answers there: do not wait long. */
const patienceMs = 1_000;

/**
 * Asks the EC2 instance metadata service (version 2, with a session token) for the region and the
 * signed identity document. Answers null where there is no such service.
 */
export async function instanceMetadata(
  clock: Clock,
  base = endpoint,
): Promise<InstanceMetadata | null> {
  const { request } = await import('undici');
  const ending = new AbortController();
  const cancel = clock.at(clock.now() + patienceMs, () => ending.abort());
  const ask = async (
    path: string,
    options: { method: 'GET' | 'PUT'; headers: Record<string, string> },
  ) => {
    const { signal } = ending;
    const { statusCode, body } = await request(`${base}/latest/${path}`, { ...options, signal });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
    return text;
  };
  try {
    const token = await ask('api/token', {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
    });
    const get = (path: string) =>
      ask(path, { method: 'GET', headers: { 'x-aws-ec2-metadata-token': token } });
    const [region, document, signature] = await Promise.all([
      get('meta-data/placement/region'),
      get('dynamic/instance-identity/document'),
      get('dynamic/instance-identity/signature'),
    ]);
    return { region, identity: { document, signature } };
  } catch {
    return null;
  } finally {
    cancel();
  }
}
