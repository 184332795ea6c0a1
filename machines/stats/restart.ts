import type { NetworkCounts, UsageSample } from './model.ts';
import { plus } from './window.ts';

/** What a container had used before it was last started again, and the latest sample as it came. */
export interface Carried {
  before: UsageSample | null;
  raw: UsageSample | null;
  /** The latest with what came before. */
  whole: UsageSample | null;
}

export const nothingCarried: Carried = { before: null, raw: null, whole: null };

/**
 * Takes in a sample of a container that may be started again: its counters begin at zero then, and
 * are told as if they had gone on. Memory is what it is.
 */
export function carriedOn(carried: Carried, raw: UsageSample): Carried & { whole: UsageSample } {
  const hasRestarted = carried.raw !== null && raw.cpuNs < carried.raw.cpuNs;
  const before = hasRestarted ? carried.whole : carried.before;
  return { before, raw, whole: before === null ? raw : added(before, raw) };
}

const added = (before: UsageSample, now: UsageSample): UsageSample => ({
  ...now,
  cpuNs: before.cpuNs + now.cpuNs,
  storage: {
    readBytes: plus(before.storage.readBytes, now.storage.readBytes),
    writtenBytes: plus(before.storage.writtenBytes, now.storage.writtenBytes),
  },
  network: before.network && now.network ? addedCounts(before.network, now.network) : now.network,
});

const addedCounts = (before: NetworkCounts, now: NetworkCounts): NetworkCounts => ({
  rxBytes: plus(before.rxBytes, now.rxBytes),
  rxPackets: plus(before.rxPackets, now.rxPackets),
  rxErrors: plus(before.rxErrors, now.rxErrors),
  rxDropped: plus(before.rxDropped, now.rxDropped),
  txBytes: plus(before.txBytes, now.txBytes),
  txPackets: plus(before.txPackets, now.txPackets),
  txErrors: plus(before.txErrors, now.txErrors),
  txDropped: plus(before.txDropped, now.txDropped),
});
