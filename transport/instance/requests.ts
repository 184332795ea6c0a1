import type { Dispatcher } from 'undici';
import { abortSignalOf, type Signal } from '../../machines/names/ending.ts';
import type { Clock } from '../host/port.ts';
import { within } from '../wire/within.ts';
import { MetadataError } from './port.ts';

/** Where the service listens, e.g. `http://169.254.169.254`. */
export interface ServiceAddress {
  endpoint: string;
  clock: Clock;
}

/** What the service answered: a status of HTTP and a text. */
interface Answer {
  status: number;
  text: string;
}

const tokenHeader = 'x-aws-ec2-metadata-token';
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';

/** How long a session token is asked for, and how long before its end it is renewed. */
const tokenTtlS = 21_600;
const renewBeforeMs = 300_000;

/** Off EC2 nobody answers: until the service has told something once, no call waits longer. */
const firstContactMs = 1_000;
const answerMs = 5_000;

/** No answer is nearly as long: user data has at most 16 KiB. */
const longestAnswer = 1_048_576;

/**
 * Requests to the instance metadata service with a session token (version 2). Where the service has
 * no tokens, or is told to give none, it is asked without (version 1).
 */
export class Requests {
  readonly #address: ServiceAddress;
  /** Of the service itself, never of a proxy: it answers for the host that asks. */
  #dispatcher: Dispatcher | undefined;
  /** What the latest token is and until when it is used; null where the service gives none. */
  #token: { value: string | null; until: number } | undefined;
  #tokenAsked: Promise<string | null> | undefined;
  /** Whether the service has ever told anything. */
  hasAnswered = false;

  constructor(address: ServiceAddress) {
    this.#address = address;
  }

  /** What is at a path below `latest/`; null where nothing is. Rejects with {@link MetadataError}. */
  async get(path: string, signal?: Signal): Promise<string | null> {
    return await this.#bounded(path, signal, async (ending) => {
      const { status, text } = await this.#ask(path, ending);
      if (status !== 200 && status !== 404) throw refusal(path, status);
      this.hasAnswered = true;
      return status === 200 ? text : null;
    });
  }

  /** A token may be dropped before its time, e.g. while the instance is stopped: one more is got. */
  async #ask(path: string, ending: AbortSignal): Promise<Answer> {
    const answer = await this.#withToken(path, await this.#currentToken(ending), ending);
    if (answer.status !== 401) return answer;
    this.#token = undefined;
    return await this.#withToken(path, await this.#currentToken(ending), ending);
  }

  #withToken(path: string, token: string | null, ending: AbortSignal): Promise<Answer> {
    const headers = token === null ? {} : { [tokenHeader]: token };
    return this.#send(path, { method: 'GET', headers }, ending);
  }

  /** All who ask at the same time share one request. */
  async #currentToken(ending: AbortSignal): Promise<string | null> {
    if (this.#token && this.#address.clock.now() < this.#token.until) return this.#token.value;
    this.#tokenAsked ??= this.#newToken(ending).finally(() => {
      this.#tokenAsked = undefined;
    });
    return await this.#tokenAsked;
  }

  async #newToken(ending: AbortSignal): Promise<string | null> {
    const path = 'api/token';
    const headers = { [ttlHeader]: String(tokenTtlS) };
    const { status, text } = await this.#send(path, { method: 'PUT', headers }, ending);
    const until = this.#address.clock.now() + tokenTtlS * 1_000 - renewBeforeMs;
    if (status === 200) this.#token = { value: text, until };
    else if ([403, 404, 405].includes(status)) this.#token = { value: null, until };
    else throw refusal(path, status);
    return this.#token.value;
  }

  async #send(
    path: string,
    options: { method: 'GET' | 'PUT'; headers: Record<string, string> },
    signal: AbortSignal,
  ): Promise<Answer> {
    const { Agent, request } = await import('undici');
    this.#dispatcher ??= new Agent({ maxResponseSize: longestAnswer });
    const url = `${this.#address.endpoint}/latest/${path}`;
    const sent = { ...options, signal, dispatcher: this.#dispatcher };
    const { statusCode: status, body } = await request(url, sent);
    return { status, text: await body.text() };
  }

  /** Runs one read, which ends when its time is up or the caller's signal aborts. */
  async #bounded<T>(
    path: string,
    signal: Signal | undefined,
    read: (ending: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, endpoint } = this.#address;
    const ms = this.hasAnswered ? answerMs : firstContactMs;
    const late = () =>
      unreachable(
        `${endpoint} did not answer within ${ms / 1_000} s; for an agent in a container of ` +
          'its own network, the hop limit of the instance’s metadata must be 2',
      );
    const givenUp = () => unreachable('the call was given up');
    try {
      return await within({ clock, ms, late, signal, givenUp }, (ending) =>
        read(abortSignalOf(ending)),
      );
    } catch (error) {
      if (error instanceof MetadataError) throw error;
      const { code, message } = error as Error & { code?: string };
      throw unreachable(`${endpoint} (${path}): ${code ?? message}`, error);
    }
  }
}

const unreachable = (because: string, cause?: unknown): MetadataError =>
  new MetadataError(
    'METADATA_UNREACHABLE',
    `The EC2 instance metadata service cannot be reached: ${because}`,
    cause === undefined ? {} : { cause },
  );

function refusal(path: string, status: number): MetadataError {
  const passing = status === 429 || status >= 500;
  return new MetadataError(
    passing ? 'METADATA_UNAVAILABLE' : 'METADATA_REFUSED',
    `The EC2 instance metadata service answered ${status} to ${path}`,
  );
}
