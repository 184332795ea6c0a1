import { type Backoff, delayOf } from '../../machines/names/backoff.ts';
import type { RegistryLogin } from '../docker/port.ts';
import type { Clock, Random } from '../host/port.ts';
import { EcrFailure, type EcrToken } from './ecr.ts';

/** Asks for a new token. */
type Fetch = () => Promise<EcrToken>;

const capacity = 100;
/** A token is given up this long before it expires, and up to twice as long, by chance. */
const marginMs = 30 * 60_000;
const tries = 3;
const pause: Backoff = { firstMs: 500, maxMs: 5_000, factor: 2, jitter: 1 };

/**
 * Remembers the tokens of ECR, in memory only: 100 of them, and of more those that were used last.
 * However many ask for one at the same time, it is fetched once. Failures are not remembered.
 */
export class TokenCache {
  readonly #clock: Clock;
  readonly #random: Random;
  /** In the order of their last use. */
  readonly #tokens = new Map<string, { login: RegistryLogin; expiresAt: number }>();
  readonly #pending = new Map<string, Promise<RegistryLogin>>();

  constructor({ clock, random }: { clock: Clock; random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  get(key: string, fetch: Fetch): Promise<RegistryLogin> {
    const known = this.#tokens.get(key);
    // Drawn anew each time, so that not all instances ask ECR in the same minute.
    const until = (known?.expiresAt ?? 0) - marginMs * (1 + this.#random.roll());
    if (known && this.#clock.now() < until) {
      this.#remember(key, known);
      return Promise.resolve(known.login);
    }
    const asked = this.#pending.get(key);
    if (asked) return asked;
    const pending = this.#fetch(key, fetch).finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  async #fetch(key: string, fetch: Fetch): Promise<RegistryLogin> {
    const { login, expiresAt } = await this.#tried(fetch);
    if (expiresAt !== null) this.#remember(key, { login, expiresAt });
    return login;
  }

  /** The one who pulls does not repeat a failure of ECR's, so that a passing one is repeated here. */
  async #tried(fetch: Fetch): Promise<EcrToken> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await fetch();
      } catch (error) {
        if (attempt === tries || !(error instanceof EcrFailure && error.passing)) throw error;
        await this.#pass(delayOf(pause, attempt, this.#random.roll()));
      }
    }
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.at(this.#clock.now() + ms, resolve);
    });
  }

  #remember(key: string, token: { login: RegistryLogin; expiresAt: number }): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > capacity && oldest !== undefined) this.#tokens.delete(oldest);
  }
}
