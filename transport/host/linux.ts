import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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

/** The kernel's tables of routes, a route a line. */
const routeFiles = { ipv4: '/proc/net/route', ipv6: '/proc/net/ipv6_route' };

/** Flags of a route (`RTF_UP`, `RTF_REJECT` of linux/route.h). */
const isUp = 0x1;
const rejects = 0x200;

/** Whether there is a default route for IPv6 and none for IPv4; not where that cannot be told. */
export function linuxIpv6Only(files = routeFiles): boolean {
  try {
    const rowsOf = (path: string) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/));
    return rowsOf(files.ipv6).some(isDefaultIpv6) && !rowsOf(files.ipv4).some(isDefaultIpv4);
  } catch {
    return false;
  }
}

/** Interface, destination, gateway, flags, three counters, mask, ... */
const isDefaultIpv4 = ([, destination = '', , flags = '', , , , mask = '']: string[]): boolean =>
  isZero(destination) && isZero(mask) && isUsed(flags);

/** Destination, its prefix length, source, its prefix length, gateway, three counters, flags, interface. */
const isDefaultIpv6 = ([
  destination = '',
  length = '',
  ,
  ,
  ,
  ,
  ,
  ,
  flags = '',
]: string[]): boolean => isZero(destination) && isZero(length) && isUsed(flags);

const isZero = (hex: string): boolean => /^0+$/.test(hex);

function isUsed(hex: string): boolean {
  const flags = Number.parseInt(hex, 16);
  return (flags & isUp) !== 0 && (flags & rejects) === 0;
}

/** The data source that cloud-init names in its result file; null where there is no such file. */
export async function cloudInitSource(
  path = '/var/lib/cloud/data/result.json',
): Promise<string | null> {
  try {
    const result: { v1?: { datasource?: unknown } } = JSON.parse(await readFile(path, 'utf8'));
    const source = result.v1?.datasource;
    return typeof source === 'string' ? source : null;
  } catch {
    return null;
  }
}

/**
 * Whether the machine's firmware or hypervisor says that it is an EC2 instance (Amazon EC2 User
 * Guide, "Detect whether a host is an EC2 instance"). `folder` is where the kernel shows them.
 */
export function isEc2(folder = '/sys'): boolean {
  const says = (path: string): string => {
    try {
      return readFileSync(`${folder}/${path}`, 'utf8').trim().toLowerCase();
    } catch {
      return '';
    }
  };
  return (
    says('class/dmi/id/sys_vendor') === 'amazon ec2' || says('hypervisor/uuid').startsWith('ec2')
  );
}
