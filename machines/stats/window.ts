import type { Count, UsageSample, Window, WindowEntry } from './model.ts';

/** Most samples that wait to be published; the oldest go first. */
export const windowLength = 80;

export const newWindow = (): Window => ({ before: null, entries: [] });

const bytesPerMiB = 1_048_576;

/** Of a first sample. */
const nothingSince = { cpuPercent: null, rxRate: null, txRate: null };

/**
 * Takes in a sample. Percent and rates are worked out in single precision, step by step, as the
 * Amazon ECS agent does: ECS compares what different agents tell.
 */
export function withSample(window: Window, sample: UsageSample, length = windowLength): Window {
  const previous = window.entries.at(-1) ?? window.before;
  const { at, cpuNs, memoryBytes, storage, network, restarts } = sample;
  const { cpuPercent, rxRate, txRate } = previous ? since(previous, sample) : nothingSince;
  // One member after the other: there are a thousand samples a second.
  const memoryMiB = Math.floor(memoryBytes / bytesPerMiB);
  const entry = { at, cpuNs, memoryMiB, storage, network, restarts, cpuPercent, rxRate, txRate };
  const entries = [...window.entries, entry];
  if (entries.length <= length) return { before: window.before, entries };
  return { before: entries[0] ?? null, entries: entries.slice(1) };
}

/** What is published goes; the last of it stays, as the next difference begins there. */
export const published = ({ before, entries }: Window): Window => ({
  before: entries.at(-1) ?? before,
  entries: [],
});

function since(
  previous: WindowEntry,
  { at, cpuNs, network }: UsageSample,
): Pick<WindowEntry, 'cpuPercent' | 'rxRate' | 'txRate'> {
  const passedNs = (at.s - previous.at.s) * 1e9 + (at.ns - previous.at.ns);
  const { cpuPercent, rxRate, txRate } = previous;
  // The Engine told the same moment twice: nothing new is known.
  if (passedNs <= 0) return { cpuPercent, rxRate, txRate };
  const used = Math.fround(cpuNs - previous.cpuNs);
  const rate = (name: 'rxBytes' | 'txBytes') =>
    network && previous.network
      ? rateOf(Number(network[name]) - Number(previous.network[name]), passedNs)
      : null;
  return {
    cpuPercent: Math.fround(Math.fround(100 * used) / Math.fround(passedNs)),
    rxRate: rate('rxBytes'),
    txRate: rate('txBytes'),
  };
}

const rateOf = (bytes: number, passedNs: number): number =>
  Math.fround(1e9 * Math.fround(Math.fround(bytes) / Math.fround(passedNs)));

/** The sum of two counters, without losing a digit. */
export function plus(one: Count, other: Count): Count {
  if (
    typeof one === 'number' &&
    typeof other === 'number' &&
    one + other <= Number.MAX_SAFE_INTEGER
  )
    return one + other;
  return countOf(BigInt(one) + BigInt(other));
}

/** A number where that loses no digit. */
export const countOf = (value: bigint): Count =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
