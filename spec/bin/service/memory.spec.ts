import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { heapJudge, heapLimitOf, lowerOomScore, wantsRoom } from '../../../bin/service/memory.ts';

describe('the out-of-memory score', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-oom-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const scores: [string, string, string][] = [
    ['is lowered', '0\n', '-500'],
    ['is lowered from what a container has', '300\n', '-500'],
    ['stays where it is lower already', '-999\n', '-999\n'],
  ];
  for (const [what, before, after] of scores)
    it(what, () => {
      const path = join(folder, 'score');
      writeFileSync(path, before);
      expect(lowerOomScore(path)).to.equal(null);
      expect(readFileSync(path, 'utf8')).to.equal(after);
    });

  it('may be out of reach', () => {
    expect(lowerOomScore(join(folder, 'none'))).to.match(/ENOENT/);
  });
});

describe('the heap', () => {
  const limit = 4_096 * 1_048_576;
  const judged = (...shares: number[]): boolean[] => {
    const isExhausted = heapJudge();
    const usable = heapLimitOf({ used_heap_size: 0, heap_size_limit: limit });
    return shares.map((share) =>
      isExhausted({ used_heap_size: share * usable, heap_size_limit: limit }),
    );
  };

  it('is full after a collection that leaves less than a twentieth, or two in a row a tenth', () => {
    expect(judged(0.96)).to.deep.equal([true]);
    expect(judged(0.94, 0.91)).to.deep.equal([false, true]);
    expect(judged(0.94, 0.9, 0.94)).to.deep.equal([false, false, false]);
    expect(judged(0.89, 0.89, 0.89)).to.deep.equal([false, false, false]);
  });

  it('has at least a third of the room that V8 tells of', () => {
    const usable = heapLimitOf({ used_heap_size: 0, heap_size_limit: 90 });
    expect(usable).to.equal(30);
  });

  const MiB = 1_048_576;
  const rooms: [string, number, number, boolean][] = [
    ['has little room for what has just been made', 16, 1, false],
    ['has no more of it with a few tasks', 31, 1, false],
    ['has twice as much with some hundred', 32, 1, true],
    ['has no more at first', 47, 2, false],
    ['has four times as much with some thousand', 48, 2, true],
    ['never has more than that', 4_000, 4, false],
  ];
  for (const [what, used, room, more] of rooms)
    it(what, () => {
      expect(wantsRoom({ used: used * MiB, room: room * MiB })).to.equal(more);
    });
});

describe('the memory of a process that has started', () => {
  const script = `
    import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
    import { clearStart } from './bin/service/memory.ts';
    import { realClock } from './transport/host/clock.ts';
    setFlagsFromString('--semi-space-growth-factor=1');
    const room = () =>
      getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
    const used = () => getHeapStatistics().used_heap_size;
    let started = () => {};
    const start = new Promise((resolve) => (started = resolve));
    let garbage = Array.from({ length: 400_000 }, () => ({}));
    const cleared = clearStart(start, realClock());
    const before = { used: used(), room: room() };
    garbage = [];
    started();
    await cleared;
    console.log(JSON.stringify({ roomTimes: room() / before.room, freed: before.used - used() }));`;

  it('is cleared of what only that needed, and has twice the room for what is new', () => {
    const options = ['--import=tsx', '--input-type=module', '--eval', script];
    const told = JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' }));
    expect(told.roomTimes).to.equal(2);
    expect(told.freed).to.be.above(4_000_000);
  });
});
