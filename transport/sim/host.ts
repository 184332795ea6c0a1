import type { HostFacts, HostPort } from '../host/port.ts';

/** A machine with two processors and 4 GiB, whose free ports are counted up, round and round. */
export function simHost(more: Partial<HostFacts> = {}): HostPort {
  const facts: HostFacts = {
    platform: 'linux',
    cpuArchitecture: 'x86_64',
    cpuUnits: 2048,
    memoryMiB: 4096,
    ...more,
  };
  const first = 32_768;
  let next = first;
  return {
    facts: () => facts,
    freePorts: ({ count }) => {
      if (next + count > 65_536) next = first;
      next += count;
      return Promise.resolve(next - count);
    },
  };
}
