import { execFileSync } from 'node:child_process';
import { release } from 'node:os';
import type { WindowsEdition } from '../../machines/agent/model.ts';
import type { PortRange } from './ports.ts';

/** The dynamic range of Windows since Windows Vista and Server 2008. */
export const windowsPortRange: PortRange = { first: 49_152, last: 65_535 };

/** Answers what `reg query` prints of a key, or of one value of it. Throws where it has none. */
export type Registry = (key: string, value?: string) => string;

/** Asked a few times, when the process begins. */
const askMs = 10_000;

const reg: Registry = (key, value) =>
  execFileSync('reg', ['query', key, ...(value === undefined ? [] : ['/v', value])], {
    encoding: 'utf8',
    timeout: askMs,
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** Which Windows this is, by its version such as `10.0.20348` and its registry. */
export function windowsEdition(version = release(), registry = reg): WindowsEdition | null {
  const build = Number(version.split('.')[2]);
  const key = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
  const printed = tried(() => registry(key, 'InstallationType'));
  const [, installation] = /^\s*InstallationType\s+REG_SZ\s+(.+?)\s*$/m.exec(printed) ?? [];
  return Number.isInteger(build) && installation !== undefined ? { build, installation } : null;
}

/**
 * How many logical processors there are. Node counts those of its own processor group only, so at
 * most 64; the registry has a key for each.
 */
export function windowsCpus(counted: number, registry = reg): number {
  const key = 'HKLM\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor';
  const keys = tried(() => registry(key)).matchAll(/\\CentralProcessor\\\d+\s*$/gm);
  return Math.max(counted, [...keys].length);
}

function tried(ask: () => string): string {
  try {
    return ask();
  } catch {
    return '';
  }
}
