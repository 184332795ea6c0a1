import type { Count, NetworkCounts, UsageSample } from './model.ts';

/** The machine that a sample was taken on. */
export interface SampledHost {
  platform: 'linux' | 'windows';
  /** Logical CPUs: all of them in use is 100 percent. */
  cpus: number;
  cgroupVersion: 1 | 2;
}

type JsonObject = Record<string, unknown>;

const isObject = (found: unknown): found is JsonObject =>
  typeof found === 'object' && found !== null && !Array.isArray(found);

/** Docker counts CPU time on Windows in units of 100 ns. */
const windowsTickNs = 100;

type Sample = Omit<UsageSample, 'restarts'>;

/**
 * Reads a sample of the Engine's. Null where it says nothing: of a container that does not run, or
 * that no CPU is told of.
 */
export function sampleOf(text: string, host: SampledHost): Sample | null {
  const sample = sampleIn(parsed(text), host);
  // Hardly any counter is that large: texts are not searched for one, as there are so many of them.
  return sample && !isExact(sample) ? sampleIn(parsed(text.replace(long, '$1"$2"')), host) : sample;
}

function sampleIn(stats: JsonObject, host: SampledHost): Sample | null {
  const at = momentOf(stats.read);
  const cpu = objectIn(objectIn(stats, 'cpu_stats'), 'cpu_usage');
  const total = countIn(cpu, 'total_usage');
  const isBare = host.platform === 'linux' && host.cgroupVersion === 1;
  if (at === null || host.cpus === 0) return null;
  if (isBare && !(Array.isArray(cpu.percpu_usage) && cpu.percpu_usage.length > 0)) return null;
  const scale = host.platform === 'windows' ? windowsTickNs : 1;
  return {
    at,
    cpuNs: Math.floor((Number(total) * scale) / host.cpus),
    memoryBytes: memoryOf(objectIn(stats, 'memory_stats'), host),
    storage: storageOf(stats, host),
    network: networkOf(stats.networks),
  };
}

/** Numbers that a number of JavaScript cannot hold are read as texts. */
const long = /([:[,]\s*)(\d{16,20})(?=\s*[,\]}])/g;

/** Whether its counters have all their digits; of CPU time no more is told than a number holds. */
const isExact = ({ storage, network }: Sample): boolean =>
  hasAllDigits(storage.readBytes) &&
  hasAllDigits(storage.writtenBytes) &&
  (network === null || members.every(([name]) => hasAllDigits(network[name])));

const hasAllDigits = (count: Count): boolean =>
  typeof count === 'bigint' || count <= Number.MAX_SAFE_INTEGER;

function parsed(text: string): JsonObject {
  try {
    const found: unknown = JSON.parse(text);
    return isObject(found) ? found : {};
  } catch {
    return {};
  }
}

const objectIn = (object: JsonObject, name: string): JsonObject => {
  const found = object[name];
  return isObject(found) ? found : {};
};

function countIn(object: JsonObject, name: string): Count {
  const found = object[name];
  if (typeof found === 'number') return found;
  return typeof found === 'string' && /^\d+$/.test(found) ? exact(BigInt(found)) : 0;
}

const exact = (value: bigint): Count =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

/** Docker writes the year 1 for a container that does not run. */
function momentOf(read: unknown): UsageSample['at'] | null {
  if (typeof read !== 'string') return null;
  const ms = Date.parse(read);
  if (!(ms > 0)) return null;
  const [, fraction = ''] = /\.(\d{1,9})/.exec(read) ?? [];
  return { s: Math.floor(ms / 1_000), ns: Number(fraction.padEnd(9, '0')) };
}

/** Without what the kernel could take back at once, as `docker stats` shows it. */
function memoryOf(memory: JsonObject, { platform, cgroupVersion }: SampledHost): number {
  if (platform === 'windows') return Number(countIn(memory, 'privateworkingset'));
  const usage = Number(countIn(memory, 'usage'));
  const stats = objectIn(memory, 'stats');
  const names = cgroupVersion === 2 ? ['inactive_file', 'cache'] : ['cache'];
  for (const name of names) {
    const cached = name in stats ? Number(countIn(stats, name)) : usage;
    if (cached < usage) return usage - cached;
  }
  return usage;
}

function storageOf(stats: JsonObject, { platform }: SampledHost): UsageSample['storage'] {
  if (platform === 'windows') {
    const storage = objectIn(stats, 'storage_stats');
    const [readBytes, writtenBytes] = ['read_size_bytes', 'write_size_bytes'].map((name) =>
      countIn(storage, name),
    ) as [Count, Count];
    return { readBytes, writtenBytes };
  }
  const found = objectIn(stats, 'blkio_stats').io_service_bytes_recursive;
  const entries = Array.isArray(found) ? found.filter(isObject) : [];
  return { readBytes: sumOf(entries, 'read'), writtenBytes: sumOf(entries, 'write') };
}

function sumOf(entries: JsonObject[], operation: string): Count {
  let sum: Count = 0;
  for (const entry of entries)
    if (typeof entry.op === 'string' && entry.op.toLowerCase() === operation)
      sum = plus(sum, countIn(entry, 'value'));
  return sum;
}

function plus(one: Count, other: Count): Count {
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  return exact(BigInt(one) + BigInt(other));
}

const members: [keyof NetworkCounts, string][] = [
  ['rxBytes', 'rx_bytes'],
  ['rxPackets', 'rx_packets'],
  ['rxErrors', 'rx_errors'],
  ['rxDropped', 'rx_dropped'],
  ['txBytes', 'tx_bytes'],
  ['txPackets', 'tx_packets'],
  ['txErrors', 'tx_errors'],
  ['txDropped', 'tx_dropped'],
];

function networkOf(networks: unknown): NetworkCounts | null {
  if (!isObject(networks)) return null;
  const sums: NetworkCounts = {
    ...{ rxBytes: 0, rxPackets: 0, rxErrors: 0, rxDropped: 0 },
    ...{ txBytes: 0, txPackets: 0, txErrors: 0, txDropped: 0 },
  };
  for (const device of Object.values(networks))
    if (isObject(device))
      for (const [name, member] of members) sums[name] = plus(sums[name], countIn(device, member));
  return sums;
}
