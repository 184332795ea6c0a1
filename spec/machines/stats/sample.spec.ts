import { expect } from 'chai';
import { type SampledHost, sampleOf } from '../../../machines/stats/sample.ts';

const linux: SampledHost = { platform: 'linux', cpus: 4, cgroupVersion: 1 };

/** The sample of the worked example, as the Engine writes it. */
const example = {
  read: '2026-06-01T12:00:00.123456789Z',
  cpu_stats: { cpu_usage: { total_usage: 262_857_821_518, percpu_usage: [1, 2, 3, 4] } },
  memory_stats: { usage: 30, stats: { cache: 20, inactive_file: 5 }, privateworkingset: 10 },
  blkio_stats: {
    io_service_bytes_recursive: ['Read', 'read', 'READ', 'Write', 'Write', 'Write', 'Sync'].map(
      (op) => ({ op, value: op.toLowerCase() === 'read' ? 1 : 5 }),
    ),
  },
  storage_stats: { read_size_bytes: 3, write_size_bytes: 15 },
  networks: {
    eth0: { rx_bytes: 796, rx_packets: 10, rx_dropped: 1, tx_bytes: 8_192, tx_dropped: 10 },
    eth1: { rx_bytes: 300, rx_packets: 4, tx_bytes: 800, tx_packets: 123 },
  },
};
const read = (more: object = {}, host = linux) =>
  sampleOf(JSON.stringify({ ...example, ...more }), host);

describe('a sample of the Engine', () => {
  it('is read as in the worked example', () => {
    expect(read()).to.deep.equal({
      at: { s: Date.UTC(2026, 5, 1, 12) / 1_000, ns: 123_456_789 },
      cpuNs: 65_714_455_379,
      memoryBytes: 10,
      storage: { readBytes: 3, writtenBytes: 15 },
      network: {
        ...{ rxBytes: 1_096, rxPackets: 14, rxErrors: 0, rxDropped: 1 },
        ...{ txBytes: 8_992, txPackets: 123, txErrors: 0, txDropped: 10 },
      },
    });
  });

  it('is read in the units of Windows there', () => {
    const cpu = { cpu_usage: { total_usage: 100 } };
    const host = { ...linux, platform: 'windows' } as const;
    expect(read({ cpu_stats: cpu }, host)).to.deep.include({
      ...{ cpuNs: 2_500, memoryBytes: 10, storage: { readBytes: 3, writtenBytes: 15 } },
    });
  });

  const memories: [what: string, memory: object, version: 1 | 2, bytes: number][] = [
    ['without its cache', { usage: 30, stats: { cache: 20 } }, 1, 10],
    ['whole where the cache is as large', { usage: 30, stats: { cache: 30 } }, 1, 30],
    ['whole where no cache is told of', { usage: 30 }, 1, 30],
    [
      'without its inactive files on cgroup v2',
      { usage: 30, stats: { inactive_file: 5, cache: 20 } },
      2,
      25,
    ],
    [
      'without its cache there, where it tells of no files',
      { usage: 30, stats: { cache: 9 } },
      2,
      21,
    ],
  ];
  for (const [what, memory, cgroupVersion, bytes] of memories)
    it(`counts the memory ${what}`, () => {
      expect(read({ memory_stats: memory }, { ...linux, cgroupVersion })?.memoryBytes).to.equal(
        bytes,
      );
    });

  it('keeps every digit of a large counter', () => {
    const text = JSON.stringify({ ...example, networks: { eth0: { rx_bytes: 'X' } } });
    const large = text.replace('"X"', '9223372036854771712');
    expect(sampleOf(large, linux)?.network?.rxBytes).to.equal(9_223_372_036_854_771_712n);
  });

  it('has no network where the Engine tells of none', () => {
    expect(read({ networks: undefined })?.network).to.equal(null);
  });

  it('counts no storage where the Engine has no list of it', () => {
    expect(read({ blkio_stats: { io_service_bytes_recursive: null } })?.storage).to.deep.equal({
      ...{ readBytes: 0, writtenBytes: 0 },
    });
  });

  for (const [what, more] of [
    ['of a container that does not run', { read: '0001-01-01T00:00:00Z' }],
    ['without a time', { read: undefined }],
    ['without CPUs', { cpu_stats: { cpu_usage: { total_usage: 1, percpu_usage: null } } }],
  ] as const)
    it(`says nothing ${what}`, () => {
      expect(read(more)).to.equal(null);
    });

  it('needs no list of CPUs on cgroup v2, where there is none', () => {
    const cpu = { cpu_usage: { total_usage: 4 } };
    expect(read({ cpu_stats: cpu }, { ...linux, cgroupVersion: 2 })?.cpuNs).to.equal(1);
  });

  for (const text of ['', 'null', '[]', '{', '"x"'])
    it(`says nothing where the Engine writes ${JSON.stringify(text)}`, () => {
      expect(sampleOf(text, linux)).to.equal(null);
    });
});
