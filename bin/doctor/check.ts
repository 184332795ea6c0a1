import type { Log } from '../../actors/recorder.ts';
import type { Clock } from '../../transport/host/port.ts';
import type { NetworkPort } from '../../transport/network/port.ts';
import type { connectEngine } from '../commands/assemble.ts';
import type { Config } from '../config/config.ts';
import type { Environment, Platform } from '../variables/variables.ts';

/** What looking at something told. */
export type Verdict =
  | { state: 'ok'; says: string }
  | { state: 'warning' | 'failed'; says: string; remedy: string };

/** What is looked at, and with what. */
export interface Bench {
  config: Config;
  environment: Environment;
  platform: Platform;
  clock: Clock;
  log: Log;
  network: NetworkPort;
  engine: ReturnType<typeof connectEngine>;
}

/** One thing on this host that the agent depends on. */
export interface Check {
  name: string;
  look(bench: Bench, signal: AbortSignal): Promise<Verdict>;
}

/** A verdict, and what it is about. */
export type Finding = Verdict & { name: string };

/** How long one check may take. */
const patienceMs = 15_000;

/** Makes all checks at the same time, and answers in their order. */
export const examine = (checks: Check[], bench: Bench): Promise<Finding[]> =>
  Promise.all(checks.map((check) => made(check, bench)));

async function made({ name, look }: Check, bench: Bench): Promise<Finding> {
  const { clock } = bench;
  const ending = new AbortController();
  let cancel = () => {};
  const tooLate = new Promise<Verdict>((resolve) => {
    cancel = clock.at(clock.now() + patienceMs, () => {
      ending.abort();
      const says = `It was not known within ${patienceMs / 1_000} s`;
      resolve({ state: 'failed', says, remedy: 'See why this host is so slow, and try again' });
    });
  });
  try {
    return { name, ...(await Promise.race([look(bench, ending.signal), tooLate])) };
  } catch (error) {
    const says = (error as Error).message;
    return { name, state: 'failed', says, remedy: 'See to what the message names' };
  } finally {
    cancel();
  }
}

/** All is as it must be. */
export const ok = (says: string): Verdict => ({ state: 'ok', says });
/** The agent runs, but not as well as it could. */
export const warning = (says: string, remedy: string): Verdict => ({
  ...{ state: 'warning', says, remedy },
});
/** The agent cannot run so, or its tasks cannot. */
export const failed = (says: string, remedy: string): Verdict => ({
  ...{ state: 'failed', says, remedy },
});
