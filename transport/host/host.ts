import { arch, cpus, platform, totalmem } from 'node:os';
import { linuxPortRange } from './linux.ts';
import type { HostFacts, HostPort } from './port.ts';
import { portFinder } from './ports.ts';
import { windowsPortRange } from './windows.ts';

/** Node's names of processors in the words of ECS; any other keeps Node's name. */
const architectures: Record<string, string> = { x64: 'x86_64', arm64: 'arm64', ia32: 'i386' };

const unitsPerCpu = 1024;
const bytesPerMiB = 1_048_576;

/** The machine this process runs on. Once a process: the search for ports is shared by all. */
export function realHost(): HostPort {
  const facts: HostFacts = {
    platform: platform() === 'win32' ? 'windows' : 'linux',
    cpuArchitecture: architectures[arch()] ?? arch(),
    cpuUnits: cpus().length * unitsPerCpu,
    memoryMiB: Math.floor(totalmem() / bytesPerMiB),
  };
  const range = facts.platform === 'windows' ? windowsPortRange : linuxPortRange();
  return { facts: () => facts, freePorts: portFinder(range) };
}
