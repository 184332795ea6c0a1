import { readFileSync } from 'node:fs';
import type { PortRange } from './ports.ts';

/** The range of the ports that Linux gives to those that ask for any. */
export function linuxPortRange(path = '/proc/sys/net/ipv4/ip_local_port_range'): PortRange {
  return readRange(path) ?? { first: 49_153, last: 65_535 };
}

function readRange(path: string): PortRange | null {
  try {
    const [first, last] = readFileSync(path, 'utf8').trim().split(/\s+/).map(Number);
    return first && last && first <= last ? { first, last } : null;
  } catch {
    return null;
  }
}
