import { statfs } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';
import { lagMeter } from './clock.ts';
import { linuxPortRange } from './linux.ts';
import type { HostFacts, HostPort } from './port.ts';
import { type PortRange, portFinder } from './ports.ts';
import { windowsPortRange } from './windows.ts';

/** Node's names of processors in the words of ECS; any other keeps Node's name. */
const architectures: Record<string, string> = { x64: 'x86_64', arm64: 'arm64', ia32: 'i386' };

const unitsPerCpu = 1024;
const bytesPerMiB = 1_048_576;

/**
 * The machine this process runs on. Once a process: the search for ports is shared by all. Ports are
 * of `portRange`, or of the system's own range where that is null.
 */
export function realHost({ portRange = null }: { portRange?: PortRange | null } = {}): HostPort {
  const facts: HostFacts = {
    platform: platform() === 'win32' ? 'windows' : 'linux',
    cpuArchitecture: architectures[arch()] ?? arch(),
    cpuUnits: cpus().length * unitsPerCpu,
    memoryMiB: Math.floor(totalmem() / bytesPerMiB),
  };
  const usual = () => (facts.platform === 'windows' ? windowsPortRange : linuxPortRange());
  return {
    facts: () => facts,
    freePorts: portFinder(portRange ?? usual()),
    disk,
    eventLoopLagMs: lagMeter(),
  };
}

/**
 * Blocks that only root may use are counted neither as free nor as there, as `df` does: the share in
 * use is then the one that an operator sees.
 */
async function disk(path: string): Promise<{ totalBytes: number; freeBytes: number } | null> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    const totalBytes = (blocks - bfree + bavail) * bsize;
    return totalBytes > 0 ? { totalBytes, freeBytes: bavail * bsize } : null;
  } catch {
    return null;
  }
}
