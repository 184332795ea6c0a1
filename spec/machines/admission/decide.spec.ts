import { expect } from 'chai';
import * as decide from '../../../machines/admission/decide.ts';
import type {
  AdmissionContext,
  Holder,
  Needs,
  Shortage,
  Waiting,
} from '../../../machines/admission/model.ts';

const minute = 60_000;
const now = 10 * minute;

const needs = (more: Partial<Needs>): Needs => ({
  cpuUnits: 0,
  memoryMiB: 0,
  tcpPorts: [],
  udpPorts: [],
  ...more,
});
const holds = (taskArn: string, more: Partial<Needs>): Holder => ({ taskArn, needs: needs(more) });
const waits = (
  taskArn: string,
  more: Partial<Needs>,
  overtakenSince: number | null = null,
): Waiting => ({ ...holds(taskArn, more), since: minute, overtakenSince });

/** A host of 1024 CPU units and 1024 MiB, with TCP port 22 and UDP port 53 reserved. */
const host = (holders: Holder[], waiting: Waiting[]): AdmissionContext => ({
  capacity: { cpuUnits: 1_024, memoryMiB: 1_024 },
  reserved: { tcpPorts: [22], udpPorts: [53] },
  holders,
  waiting,
  at: now,
});

const half = { cpuUnits: 512 };
const most = { cpuUnits: 768 };
const web = { tcpPorts: [80] };

describe('the admission of tasks to their host', () => {
  const longAgo = now - 2 * minute;
  /** Who holds, who waits, who is let in, and since when those who wait have been passed. */
  const tables: [string, Holder[], Waiting[], string[], Record<string, number | null>][] = [
    ['lets in all that fit', [], [waits('a', half), waits('b', half)], ['a', 'b'], {}],
    [
      'lets in no more than fit, in the order in which they came',
      [],
      [waits('a', most), waits('b', most), waits('c', { memoryMiB: 1_025 })],
      ['a'],
      { b: null, c: null },
    ],
    [
      'lets a task that fits past one that does not',
      [holds('h', most)],
      [waits('a', half), waits('b', { cpuUnits: 256 })],
      ['b'],
      { a: now },
    ],
    [
      'keeps in mind since when a task has been passed',
      [holds('h', most)],
      [waits('a', half, now - minute), waits('b', { cpuUnits: 256 })],
      ['b'],
      { a: now - minute },
    ],
    [
      'lets nothing past a task that has been passed for two minutes',
      [holds('h', most)],
      [waits('a', half, longAgo), waits('b', { cpuUnits: 256 })],
      [],
      { a: longAgo, b: null },
    ],
    [
      'lets a task past it still that takes nothing of what it needs',
      [holds('h', most)],
      [waits('a', half, longAgo), waits('b', { memoryMiB: 1_024 })],
      ['b'],
      { a: longAgo },
    ],
    [
      'keeps what a passed task needs free, also of what there is enough of',
      [holds('h', web)],
      [waits('a', { ...web, ...half }, longAgo), waits('b', most), waits('c', half)],
      ['c'],
      { a: longAgo, b: now },
    ],
    [
      'keeps free the ports of a passed task',
      [holds('h', most)],
      [waits('a', { ...half, ...web }, longAgo), waits('b', web)],
      [],
      { a: longAgo, b: null },
    ],
    [
      'lets in the passed task before all others once it fits',
      [],
      [waits('a', most, longAgo), waits('b', half)],
      ['a'],
      { b: null },
    ],
    [
      'does not let a task in ahead of an earlier one that was passed for as long',
      [holds('h', { cpuUnits: 512 })],
      [waits('a', most, longAgo), waits('b', half, longAgo)],
      [],
      { a: longAgo, b: longAgo },
    ],
    [
      'keeps nothing free for a task that is larger than the host',
      [],
      [waits('a', { cpuUnits: 1_025 }, longAgo), waits('b', { cpuUnits: 1_024 })],
      ['b'],
      { a: longAgo },
    ],
    [
      'does not count a task as passed that can never be let in',
      [],
      [
        waits('cpu', { cpuUnits: 1_025 }),
        waits('memory', { memoryMiB: 1_025 }),
        waits('tcp', { tcpPorts: [22] }),
        waits('udp', { udpPorts: [53] }),
        waits('b', half),
      ],
      ['b'],
      { cpu: null, memory: null, tcp: null, udp: null },
    ],
    [
      'lets one task have a port',
      [holds('h', web)],
      [waits('a', web), waits('b', { tcpPorts: [81] }), waits('c', { tcpPorts: [81] })],
      ['b'],
      { a: now, c: null },
    ],
    [
      'tells the ports of TCP from those of UDP',
      [holds('h', web)],
      [
        waits('a', { udpPorts: [80] }),
        waits('b', { udpPorts: [22] }),
        waits('c', { tcpPorts: [53] }),
      ],
      ['a', 'b', 'c'],
      {},
    ],
    [
      'lets in a task that needs nothing although more is held than there is',
      [holds('h', { cpuUnits: 2_048, memoryMiB: 2_048 })],
      [waits('a', {}), waits('b', { cpuUnits: 1 })],
      ['a'],
      { b: null },
    ],
  ];
  for (const [what, holders, waiting, admitted, still] of tables)
    it(what, () => {
      const before = host(holders, waiting);
      const after = decide.admit(before, now);
      expect(after.admitted).to.deep.equal(admitted);
      const find = (arn: string) => waiting.filter(({ taskArn }) => taskArn === arn);
      expect(after.context).to.deep.equal({
        ...before,
        holders: [
          ...holders,
          ...admitted.flatMap(find).map(({ taskArn, needs }) => ({ taskArn, needs })),
        ],
        waiting: Object.entries(still).flatMap(([arn, overtakenSince]) =>
          find(arn).map((task) => ({ ...task, overtakenSince })),
        ),
      });
    });

  it('keeps nothing free before two minutes are over, and does from then on', () => {
    const context = host([holds('h', most)], [waits('a', half, 0), waits('b', { cpuUnits: 1 })]);
    expect(decide.admit(context, 2 * minute - 1).admitted).to.deep.equal(['b']);
    expect(decide.admit(context, 2 * minute).admitted).to.deep.equal([]);
  });

  it('begins with a host that no task has come to', () => {
    const { capacity, reserved } = host([], []);
    expect(decide.newAdmission({ capacity, reserved }, now)).to.deep.equal(host([], []));
  });

  it('gives a task that asks a place behind the others, and only one', () => {
    const context = host([], [waits('a', half)]);
    const later = now + 1;
    const once = decide.withRequest(context, { ...holds('b', web), at: later });
    const b = { ...waits('b', web), since: later };
    expect(once).to.deep.equal({ ...context, waiting: [waits('a', half), b], at: later });
    const again = decide.withRequest(once, { ...holds('b', web), at: later + 1 });
    expect(again).to.deep.equal({ ...once, at: later + 1 });
  });

  it('forgets a task that has ended, whether it was let in or waited', () => {
    const context = host([holds('a', half), holds('h', web)], [waits('b', most), waits('c', web)]);
    const without = (taskArn: string) => decide.withRelease(context, { taskArn, at: now });
    expect(without('a')).to.deep.equal({ ...context, holders: [holds('h', web)] });
    expect(without('b')).to.deep.equal({ ...context, waiting: [waits('c', web)] });
    expect(without('nobody')).to.deep.equal(context);
  });

  it('never takes its time back', () => {
    const context = host([], []);
    expect(decide.withRequest(context, { ...holds('a', web), at: 1 })).to.deep.equal({
      ...context,
      waiting: [{ ...waits('a', web), since: now }],
    });
    expect(decide.withRelease(context, { taskArn: 'a', at: 1 }).at).to.equal(now);
  });
});

describe('what a waiting task is short of', () => {
  const longAgo = now - 2 * minute;
  const short = (resource: Shortage['resource'], more: Partial<Shortage>): Shortage => ({
    resource,
    needs: [],
    free: null,
    heldBy: [],
    never: false,
    ...more,
  });
  const tables: [string, Holder[], Waiting[], Shortage[]][] = [
    ['nothing where it does not wait', [holds('a', most)], [], []],
    [
      'CPU, which all that have some hold',
      [holds('h', half), holds('i', { memoryMiB: 1 }), holds('j', { cpuUnits: 12 })],
      [waits('a', most)],
      [short('CPU', { needs: [768], free: 500, heldBy: ['h', 'j'] })],
    ],
    [
      'memory, of which no less than nothing is free',
      [holds('h', { memoryMiB: 2_048 })],
      [waits('a', { cpuUnits: 1, memoryMiB: 5 })],
      [short('MEMORY', { needs: [5], free: 0, heldBy: ['h'] })],
    ],
    [
      'the ports that others have',
      [holds('h', web), holds('i', { udpPorts: [9] }), holds('j', half)],
      [waits('a', { tcpPorts: [79, 80], udpPorts: [9] })],
      [
        short('PORTS_TCP', { needs: [80], heldBy: ['h'] }),
        short('PORTS_UDP', { needs: [9], heldBy: ['i'] }),
      ],
    ],
    [
      'what is kept free for an earlier task, besides what is held',
      [holds('h', half)],
      [
        waits('b', { ...most, ...web }, longAgo),
        waits('c', half, null),
        waits('a', { ...half, ...web }),
      ],
      [
        short('CPU', { needs: [512], free: 0, heldBy: ['h', 'b'] }),
        short('PORTS_TCP', { needs: [80], heldBy: ['b'] }),
      ],
    ],
    [
      'nothing that only later tasks or patient ones wait for',
      [holds('h', web)],
      [
        waits('b', { cpuUnits: 1_024 }, now),
        waits('a', { ...half, ...web }),
        waits('c', most, longAgo),
      ],
      [short('PORTS_TCP', { needs: [80], heldBy: ['h'] })],
    ],
    [
      'what its host never has, which nobody holds',
      [holds('h', { ...half, tcpPorts: [80] })],
      [waits('a', { cpuUnits: 1_025, memoryMiB: 1_025, tcpPorts: [22, 80], udpPorts: [53] })],
      [
        short('CPU', { needs: [1_025], free: 512, never: true }),
        short('MEMORY', { needs: [1_025], free: 1_024, never: true }),
        short('PORTS_TCP', { needs: [22], never: true }),
        short('PORTS_UDP', { needs: [53], never: true }),
      ],
    ],
  ];
  for (const [what, holders, waiting, shortages] of tables)
    it(`is ${what}`, () => {
      expect(decide.shortagesOf(host(holders, waiting), 'a')).to.deep.equal(shortages);
    });
});
