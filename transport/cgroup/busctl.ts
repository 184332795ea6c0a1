import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { abortSignalOf, type Signal } from '../../machines/names/ending.ts';
import { wordsOf } from './files.ts';

/** The manager object of systemd, see org.freedesktop.systemd1(5). */
export interface Systemd {
  /**
   * Calls a method. The arguments are those of busctl(1): the signature in D-Bus's letters, then the
   * values; an array is its length and then its items, a variant its signature and then its value.
   */
  call(method: string, args: string[], signal?: Signal): Promise<void>;
}

const manager = [
  'org.freedesktop.systemd1',
  '/org/freedesktop/systemd1',
  'org.freedesktop.systemd1.Manager',
];

/** The first limit is for systemd to answer; the second for the bus, which may not even be there. */
const answerWithin = '--timeout=10';
const endWithin = { timeout: 20_000, killSignal: 'SIGKILL' } as const;

/** The systemd of this machine, by its own command: it speaks D-Bus, so the agent need not. */
export const busctl: Systemd = {
  call: async (method, args, signal) => {
    const options = ['--system', '--quiet', answerWithin];
    const command = [...options, 'call', ...manager, method, ...args];
    try {
      await promisify(execFile)('busctl', command, {
        ...endWithin,
        ...(signal && { signal: abortSignalOf(signal) }),
      });
    } catch (error) {
      throw new Error(`${method}: ${saidBy(error) || wordsOf(error)}`, { cause: error });
    }
  },
};

/** What a command that failed has said; '' if it could not be run, or said nothing. */
const saidBy = (error: unknown): string =>
  error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
