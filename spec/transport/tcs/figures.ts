import type {
  ContainerSets,
  Count,
  LongStatsSet,
  StatsSet,
  TaskUsage,
} from '../../../machines/stats/model.ts';

export const set = (min: number, max: number, sum: number, sampleCount: number): StatsSet => ({
  ...{ min, max, sum, sampleCount },
});

/** A set of two samples that fit into 63 bits. */
export const longSet = (min: Count, max: Count, sum: Count): LongStatsSet => ({
  ...{ min, max, sum, sampleCount: 2 },
  ...{ overflowMin: 0, overflowMax: 0, overflowSum: 0 },
});

/** What a container used between two samples one second apart. */
export const sets: ContainerSets = {
  cpu: set(30.000001907348633, 30.000001907348633, 30.000001907348633, 1),
  memory: set(0, 80, 80, 2),
  storage: { read: longSet(3, 4099, 4102), written: longSet(15, 8207, 8222) },
  network: {
    counters: {
      rxBytes: longSet(1096, 1001096, 1002192),
      rxDropped: longSet(1, 1, 2),
      rxErrors: longSet(0, 0, 0),
      rxPackets: longSet(14, 814, 828),
      txBytes: longSet(8992, 258992, 267984),
      txDropped: longSet(10, 10, 20),
      txErrors: longSet(0, 0, 0),
      txPackets: longSet(123, 423, 546),
    },
    rxRate: set(1000000.0625, 1000000.0625, 1000000.0625, 1),
    txRate: set(250000.015625, 250000.015625, 250000.015625, 1),
  },
  restarts: 0,
};

export const arn =
  'arn:aws:ecs:us-west-2:111122223333:task/default/0123456789abcdef0123456789abcdef';

export const usage = (more: Partial<TaskUsage> = {}): TaskUsage => ({
  arn,
  family: 'web',
  version: '7',
  containers: [{ name: 'web', sets }],
  ...more,
});
