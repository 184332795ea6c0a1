import { readFileSync, writeFileSync } from 'node:fs';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { leisure } from '../../transport/host/clock.ts';
import type { Clock } from '../../transport/host/port.ts';

/** As the Docker Engine's own unit has it: tasks are to be ended before what runs them. */
const wantedScore = -500;

/**
 * Asks Linux to end other processes first when memory runs out. A score that is lower already stays.
 * Answers why it could not be, or null.
 */
export function lowerOomScore(path = '/proc/self/oom_score_adj'): string | null {
  try {
    if (Number(readFileSync(path, 'utf8')) > wantedScore) writeFileSync(path, String(wantedScore));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What V8 says of its heap, in bytes. */
export interface HeapStatistics {
  used_heap_size: number;
  heap_size_limit: number;
}

/**
 * V8 counts as its limit room for young objects too, which old ones cannot use: 48 MiB in Node.js 20,
 * 192 MiB in Node.js 24, by measurement.
 */
const youngBytes = (Number.parseInt(process.versions.node, 10) < 24 ? 48 : 192) * 1_048_576;
/** How full the heap may be after one major collection, and after each of two in a row. */
const mostShare = { once: 0.95, twice: 0.9 };

/** How much memory objects may take: where V8 finds no more, it ends the process without a word. */
export const heapLimitOf = ({ heap_size_limit: limit }: HeapStatistics): number =>
  Math.max(limit - youngBytes, limit / 3);

/**
 * Judges the heap after each major collection. One may have come just before a large object was let
 * go; but where hardly any room is left, there may be no other before the end.
 */
export function heapJudge(): (heap: HeapStatistics) => boolean {
  let full = 0;
  return (heap) => {
    const share = heap.used_heap_size / heapLimitOf(heap);
    full = share > mostShare.twice ? full + 1 : 0;
    return full >= 2 || share > mostShare.once;
  };
}

/** The memory of this process, in MiB. */
export function memoryNow(): Record<string, number> {
  const { rss, heapUsed, external } = process.memoryUsage();
  const limit = heapLimitOf(getHeapStatistics());
  const parts = { rss, heapUsed, heapLimit: limit, external };
  return Object.fromEntries(
    Object.entries(parts).map(([name, bytes]) => [`${name}MiB`, mibOf(bytes)]),
  );
}

/** Bytes in whole MiB. */
export const mibOf = (bytes: number): number => Math.round(bytes / 1_048_576);

/** How long an agent that is busy from the first is left to itself. */
const leisureWithinMs = 5_000;

/** How much an agent without tasks has in its heap, by measurement. */
const bareBytes = 16 * 1_048_576;

/**
 * Whether objects that have just been made are to have twice as much room, up to an eighth of what
 * tasks take and 4 MiB: they are looked through less often then.
 */
export const wantsRoom = (heap: { used: number; room: number }): boolean =>
  heap.room < 4 * 1_048_576 && 2 * heap.room <= (heap.used - bareBytes) / 8;

/**
 * Doubles the room of objects that have just been made: V8 does so only while it looks through it, and
 * if more than the room holds has outlived such looks since the last time. So a bit more is made that
 * does, of 8 KiB each. Answers how much that was.
 */
function makeRoom(): number {
  setFlagsFromString('--semi-space-growth-factor=2');
  const outliving = Array.from({ length: roomNow() / 8_192 + 1 }, () => new Array(1_024).fill(0));
  collect({ type: 'minor' });
  setFlagsFromString('--semi-space-growth-factor=1');
  return outliving.length;
}

/** Has V8 look for garbage now: among all objects, or among those that have just been made. */
function collect(...how: { type: 'minor' }[]): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as (...how: { type: 'minor' }[]) => void)(...how);
  setFlagsFromString('--no-expose-gc');
}

/**
 * Clears away what only the start of the process needed, once it is over and nothing else is to be
 * done: V8 would look for it while the first tasks are started. Those are given twice the room for new
 * objects, which is less than what was cleared away.
 */
export async function clearStart(over: Promise<unknown>, clock: Clock): Promise<void> {
  await over;
  await leisure(clock, clock.now() + leisureWithinMs);
  collect();
  makeRoom();
}

/** Objects that have just been made are kept in one half of their space, the other is for copies. */
function roomNow(): number {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return (young?.space_size ?? Number.POSITIVE_INFINITY) / 2;
}

/** As V8 tells it of a collection that went through the whole heap. */
const majorCollection = 4;

/**
 * Looks at the heap after each collection that went through it, nothing is polled: calls `exhausted`
 * once, soon before it reaches its limit, and makes room in it for an agent of many tasks.
 */
export function watchHeap(exhausted: (heap: HeapStatistics) => void): void {
  const isExhausted = heapJudge();
  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as { detail?: { kind?: number } }[];
    if (!entries.some(({ detail }) => detail?.kind === majorCollection)) return;
    const heap = getHeapStatistics();
    const used = heap.used_heap_size;
    // A large heap grows by less, from now on, before it is looked through.
    if (used > 2 * bareBytes) setFlagsFromString('--heap-growing-percent=50');
    if (wantsRoom({ used, room: roomNow() })) makeRoom();
    if (!isExhausted(heap)) return;
    observer.disconnect();
    exhausted(heap);
  });
  observer.observe({ entryTypes: ['gc'] });
}

/**
 * From now on code that is run often is optimized as soon as Node.js does by itself: what that takes in
 * memory is well spent where an agent is asked a lot. Later releases are left as they are at the start.
 */
export function optimizeSooner(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=135168');
}
