import type { HostFacts, HostPort } from '../host/port.ts';

/** How full a disk is. */
export interface DiskFacts {
  totalBytes: number;
  freeBytes: number;
}

/** A simulated machine, and what stories can do to it. */
export interface SimHost extends HostPort {
  /** From now on its one disk is so full, asked for each time; null where that cannot be told. */
  setDisk(read: () => DiskFacts | null): void;
}

const gibibyte = 1_073_741_824;

/**
 * A machine with two processors, 4 GiB and a disk that is half full, whose free ports are counted
 * up, round and round.
 */
export function simHost(more: Partial<HostFacts> = {}): SimHost {
  const facts: HostFacts = {
    platform: 'linux',
    cpuArchitecture: 'x86_64',
    cpuUnits: 2048,
    memoryMiB: 4096,
    ...more,
  };
  const first = 32_768;
  let next = first;
  let disk = (): DiskFacts | null => ({ totalBytes: 40 * gibibyte, freeBytes: 20 * gibibyte });
  return {
    facts: () => facts,
    freePorts: ({ count }) => {
      if (next + count > 65_536) next = first;
      next += count;
      return Promise.resolve(next - count);
    },
    disk: () => Promise.resolve(disk()),
    eventLoopLagMs: () => 0,
    setDisk: (read) => {
      disk = read;
    },
  };
}
