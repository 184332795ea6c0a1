import type { HostFacts, HostPort } from '../host/port.ts';

/** A machine with two processors and 4 GiB, whose free ports are counted up. */
export function simHost(more: Partial<HostFacts> = {}): HostPort {
  const facts: HostFacts = {
    platform: 'linux',
    cpuArchitecture: 'x86_64',
    cpuUnits: 2048,
    memoryMiB: 4096,
    ...more,
  };
  let next = 32_768;
  return {
    facts: () => facts,
    freePorts: ({ count }) => {
      next += count;
      return Promise.resolve(next - count);
    },
  };
}
