import type {
  ContainerSets,
  Count,
  LongStatsSet,
  NetworkCounts,
  NetworkSets,
  StatsSet,
  Window,
  WindowEntry,
} from './model.ts';
import { countOf, plus } from './window.ts';

/** Fewer samples than this say nothing: a difference needs two. */
const fewest = 2;

/**
 * What a window has to publish; null where it has no new sample, or only its first. Storage and
 * network sets are over counters that grow, not over what was added to them.
 */
export function setsOf({ before, entries }: Window): ContainerSets {
  const enough = entries.length > 0 && entries.length + (before ? 1 : 0) >= fewest;
  if (!enough) return { cpu: null, memory: null, storage: null, network: null, restarts: null };
  return {
    cpu: setOf(entries.map(({ cpuPercent }) => cpuPercent)),
    memory: setOf(entries.map(({ memoryMiB }) => memoryMiB)),
    storage: {
      read: longSetOf(entries.map(({ storage }) => storage.readBytes)),
      written: longSetOf(entries.map(({ storage }) => storage.writtenBytes)),
    },
    network: networkSets(entries),
    restarts: restartsIn(before, entries),
  };
}

/** Over the values that there are; null where there are none. */
function setOf(values: (number | null)[]): StatsSet | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return {
    min: Math.min(...known),
    max: Math.max(...known),
    sum: known.reduce((sum, value) => sum + value, 0),
    sampleCount: known.length,
  };
}

function longSetOf(values: Count[]): LongStatsSet {
  let [min = 0, max = 0, sum = 0] = [values[0], values[0], values[0]];
  for (const value of values.slice(1)) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum = plus(sum, value);
  }
  const [low, high, total] = [min, max, sum].map(told) as [Told, Told, Told];
  return {
    ...{ min: low.value, max: high.value, sum: total.value, sampleCount: values.length },
    ...{ overflowMin: low.overflow, overflowMax: high.overflow, overflowSum: total.overflow },
  };
}

interface Told {
  value: Count;
  overflow: Count;
}

const most = 2n ** 63n - 1n;

/** What 63 bits can hold is told as it is, more as the most with what is left. */
function told(value: Count): Told {
  if (value <= most) return { value, overflow: 0 };
  return { value: most, overflow: countOf(BigInt.asUintN(64, BigInt(value)) % most) };
}

/** Null where the container has no network at all; a sample without counts as zeros. */
function networkSets(entries: WindowEntry[]): NetworkSets | null {
  if (entries.every(({ network }) => network === null)) return null;
  const set = (name: keyof NetworkCounts) =>
    longSetOf(entries.map(({ network }) => network?.[name] ?? 0));
  return {
    counters: {
      rxBytes: set('rxBytes'),
      rxPackets: set('rxPackets'),
      rxErrors: set('rxErrors'),
      rxDropped: set('rxDropped'),
      txBytes: set('txBytes'),
      txPackets: set('txPackets'),
      txErrors: set('txErrors'),
      txDropped: set('txDropped'),
    },
    rxRate: setOf(entries.map(({ rxRate }) => rxRate)),
    txRate: setOf(entries.map(({ txRate }) => txRate)),
  };
}

/** Those since the last publishing, or since the first sample. */
function restartsIn(before: WindowEntry | null, entries: WindowEntry[]): number | null {
  const from = (before ?? entries[0])?.restarts ?? null;
  const to = entries.at(-1)?.restarts ?? null;
  return from === null || to === null || to < from ? null : to - from;
}
