import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { abortSignalOf, type Signal } from '../../machines/names/ending.ts';
import type { NetworkPort, Ran } from './port.ts';
import { linksOf } from './routes.ts';

/** The network of this host, or of the namespace that the process is in. */
export const hostNetwork = (proc = '/proc'): NetworkPort => ({
  run,
  links: async () => {
    const read = (name: string) => readFile(`${proc}/net/${name}`, 'utf8').catch(() => '');
    const [ipv4, ipv6] = await Promise.all([read('route'), read('ipv6_route')]);
    return linksOf({ ipv4, ipv6 });
  },
});

function run([tool = '', ...words]: readonly string[], signal: Signal): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { signal: abortSignalOf(signal), killSignal: 'SIGKILL' } as const;
    execFile(tool, words, options, (error, output, errors) => {
      if (signal.aborted) reject(signal.reason);
      else if (!error) resolve({ code: 0, output, said: errors.trim() });
      else {
        const { code } = error as { code?: unknown };
        const said = errors.trim() || error.message;
        resolve({ code: typeof code === 'number' ? code : null, output, said });
      }
    });
  });
}
