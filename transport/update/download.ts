import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import type { Clock, Random } from '../host/port.ts';
import type { Wire } from '../wire/http.ts';
import { UpdateError, type UpdatePort } from './port.ts';

/** Where new versions are put, and how they are fetched. */
export interface UpdateOptions {
  directory: string;
  /** Whether this host has IPv6 only, on which Amazon S3 answers under another name. */
  ipv6Only: boolean;
  userAgent: string;
  /** One that verifies whoever answers: what is fetched is run. */
  wire: Wire;
  clock: Clock;
  random: Random;
}

/** How long a download may take in all. */
export const downloadMs = 15 * 60_000;
/** As many redirects as are followed. */
const maxRedirects = 10;
/** The file that names the version to be started next, for the supervisor of the Amazon ECS agent. */
const desiredImage = 'desired-image';

/**
 * Puts a version into `<20 hex digits>.ecs-update.tar` of the folder, and its name with a newline into
 * `desired-image`. The digest of what came decides, whatever the server said with it.
 */
export const updateFiles = (options: UpdateOptions): UpdatePort => ({
  download: async ({ location, signature }, signal) => {
    const { clock, directory, random } = options;
    const name = `${random.uuid().replaceAll('-', '').slice(0, 20)}.ecs-update.tar`;
    const path = join(directory, name);
    const ending = new AbortController();
    const cancel = clock.at(clock.now() + downloadMs, () => ending.abort(tooLate()));
    const giveUp = () => ending.abort(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      if (signal.aborted) giveUp();
      const { digest, status } = await fetchTo(path, location, {
        ...options,
        signal: ending.signal,
      });
      if (digest !== signature.trim()) throw wrongDigest(status);
      await nameAsDesired(directory, name, random);
      return { path };
    } catch (error) {
      await rm(path, { force: true });
      throw failureOf(ending.signal.aborted ? ending.signal.reason : error);
    } finally {
      cancel();
      signal.removeEventListener('abort', giveUp);
    }
  },
});

type Fetching = UpdateOptions & { signal: AbortSignal };

/** Streams what is at the location into a file; answers its SHA-256, and the status it came with. */
async function fetchTo(
  path: string,
  location: string,
  fetching: Fetching,
): Promise<{ digest: string; status: number }> {
  const { body, statusCode: status } = await found(location, fetching);
  const hash = createHash('sha256');
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'wx' }),
    { signal: fetching.signal },
  );
  return { digest: hash.digest('hex'), status };
}

/** The answer of whoever has it: each may send the agent on to another. */
async function found(
  location: string,
  { ipv6Only, userAgent, wire, signal }: Fetching,
): Promise<Dispatcher.ResponseData> {
  const { request } = await import('undici');
  let url = new URL(ipv6Only ? dualStack(location) : location);
  for (let redirects = 0; ; redirects++) {
    const dispatcher = await wire.dispatcherFor(url);
    const headers = { 'user-agent': userAgent };
    const answer = await request(url, { dispatcher, headers, signal });
    const next = answer.headers.location;
    if (![301, 302, 303, 307, 308].includes(answer.statusCode) || typeof next !== 'string')
      return answer;
    if (redirects === maxRedirects)
      throw new UpdateError('UPDATE_DOWNLOAD', `it was sent on more than ${maxRedirects} times`);
    await answer.body.dump();
    url = new URL(next, url);
  }
}

const dualStack = (location: string): string =>
  location.includes('s3.dualstack.') ? location : location.replace('s3.', 's3.dualstack.');

/** All at once, so that whoever reads it never reads half a name. */
async function nameAsDesired(directory: string, name: string, random: Random): Promise<void> {
  const draft = join(directory, `${desiredImage}.${random.uuid()}`);
  try {
    await writeFile(draft, `${name}\n`, { flag: 'wx' });
    await chmod(draft, 0o644);
    await rename(draft, join(directory, desiredImage));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

const wrongDigest = (status: number): UpdateError =>
  new UpdateError(
    'UPDATE_HASH',
    status === 200
      ? 'Hashsum validation failed'
      : `Hashsum validation failed (it came with status ${status})`,
  );

const tooLate = (): UpdateError =>
  new UpdateError('UPDATE_DOWNLOAD', `it took longer than ${downloadMs / 60_000} minutes`);

function failureOf(error: unknown): UpdateError {
  if (error instanceof UpdateError) return error;
  const { code, message = String(error) } = error as { code?: string; message?: string };
  // The message of an address that is none is the address.
  const because =
    code === 'ERR_INVALID_URL' ? 'its location is no address' : message || String(code);
  return new UpdateError('UPDATE_DOWNLOAD', because, error);
}
