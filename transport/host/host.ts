import { statfs } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';
import { lagMeter } from './clock.ts';
import { cloudInitSource, isEc2, linuxIpv6Only, linuxPortRange } from './linux.ts';
import type { HostFacts, HostPort } from './port.ts';
import { type PortRange, portFinder } from './ports.ts';
import { windowsCpus, windowsEdition, windowsPortRange } from './windows.ts';

/** Node's names of processors in the words of ECS; any other keeps Node's name. */
const architectures: Record<string, string> = { x64: 'x86_64', arm64: 'arm64', ia32: 'i386' };

const unitsPerCpu = 1024;
const bytesPerMiB = 1_048_576;

/** What an operator says of the host, in place of what is found; null or nothing to look. */
export interface HostOptions {
  portRange?: PortRange | null;
  ipCompatibility?: 'ipv4' | 'ipv6' | null;
}

/**
 * The machine this process runs on. Once a process: the search for ports is shared by all. Ports are
 * of `portRange`, or of the system's own range where that is null.
 */
export function realHost({ portRange = null, ipCompatibility = null }: HostOptions = {}): HostPort {
  const isWindows = platform() === 'win32';
  const processors = isWindows ? windowsCpus(cpus().length) : cpus().length;
  const facts: HostFacts = {
    platform: isWindows ? 'windows' : 'linux',
    cpuArchitecture: architectures[arch()] ?? arch(),
    cpuUnits: processors * unitsPerCpu,
    memoryMiB: Math.floor(totalmem() / bytesPerMiB),
    windows: isWindows ? windowsEdition() : null,
    // Windows containers are not offered IPv6.
    ipv6Only: !isWindows && (ipCompatibility ? ipCompatibility === 'ipv6' : linuxIpv6Only()),
  };
  const usual = () => (facts.platform === 'windows' ? windowsPortRange : linuxPortRange());
  return {
    facts: () => facts,
    freePorts: portFinder(portRange ?? usual()),
    disk,
    cloudInit: () => (facts.platform === 'linux' ? cloudInitSource() : Promise.resolve(null)),
    eventLoopLagMs: lagMeter(),
  };
}

/** Whether this machine may be an EC2 instance: on Windows that cannot be told from afar. */
export const mayBeEc2 = (): boolean => platform() === 'win32' || isEc2();

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
