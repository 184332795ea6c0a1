import { expect } from 'chai';
import type { TaskUsage } from '../../../machines/stats/model.ts';
import type { Publication } from '../../../machines/telemetry/model.ts';
import { requestsOf } from '../../../transport/tcs/requests.ts';
import { arn, longSet, sets, usage } from './figures.ts';

const sender = {
  cluster: 'default',
  containerInstanceArn: 'arn:aws:ecs:us-west-2:111122223333:container-instance/default/0f9d',
};
const at = 1_782_734_400_123;
const metadata = { cluster: 'default', containerInstance: sender.containerInstanceArn };

interface Request {
  type: string;
  message: {
    metadata: { fin?: boolean; idle?: boolean; messageId: string };
    taskMetrics?: { taskArn: string; containerMetrics?: object[] }[];
    tasks?: object[];
  };
}
const textsOf = (publication: Publication, time = at) =>
  requestsOf(publication, { ...sender, at: time });
const sent = (publication: Publication): Request[] =>
  textsOf(publication).map((text): Request => JSON.parse(text));
const figures = (tasks: TaskUsage[]): Publication => ({
  kind: 'usage',
  messageId: 'm',
  idle: false,
  tasks,
});

const task = { taskArn: arn, taskDefinitionFamily: 'web', taskDefinitionVersion: '7' };
const cumulative = (min: number, max: number, sum: number) => ({
  ...{ max, min, overflowMax: 0, overflowMin: 0, overflowSum: 0, sampleCount: 2, sum },
});

describe('the figures of tasks on the wire', () => {
  it('have every member that the service knows, and no other', () => {
    expect(sent(figures([usage()]))).to.deep.equal([
      {
        type: 'PublishMetricsRequest',
        message: {
          metadata: { ...metadata, fin: true, idle: false, messageId: 'm' },
          taskMetrics: [
            {
              ...task,
              containerMetrics: [
                {
                  containerName: 'web',
                  cpuStatsSet: {
                    max: 30.000001907348633,
                    min: 30.000001907348633,
                    sampleCount: 1,
                    sum: 30.000001907348633,
                  },
                  memoryStatsSet: { max: 80, min: 0, sampleCount: 2, sum: 80 },
                  networkStatsSet: {
                    rxBytes: cumulative(1096, 1001096, 1002192),
                    rxBytesPerSecond: {
                      max: 1000000.0625,
                      min: 1000000.0625,
                      sampleCount: 1,
                      sum: 1000000.0625,
                    },
                    rxDropped: cumulative(1, 1, 2),
                    rxErrors: cumulative(0, 0, 0),
                    rxPackets: cumulative(14, 814, 828),
                    txBytes: cumulative(8992, 258992, 267984),
                    txBytesPerSecond: {
                      max: 250000.015625,
                      min: 250000.015625,
                      sampleCount: 1,
                      sum: 250000.015625,
                    },
                    txDropped: cumulative(10, 10, 20),
                    txErrors: cumulative(0, 0, 0),
                    txPackets: cumulative(123, 423, 546),
                  },
                  restartStatsSet: { restartCount: 0 },
                  storageStatsSet: {
                    readSizeBytes: cumulative(3, 4099, 4102),
                    writeSizeBytes: cumulative(15, 8207, 8222),
                  },
                },
              ],
            },
          ],
          timestamp: 1782734400.123,
        },
      },
    ]);
  });

  it('leave out what is not there', () => {
    const none = { cpu: null, memory: null, storage: null, network: null, restarts: null };
    const network = sets.network && { ...sets.network, rxRate: null, txRate: null };
    const [request] = sent(
      figures([
        usage({
          containers: [
            { name: 'bare', sets: none },
            { name: 'first', sets: { ...none, network } },
          ],
        }),
        usage({ containers: [] }),
      ]),
    );
    const [first, second] = request?.message.taskMetrics ?? [];
    expect(first?.containerMetrics?.[0]).to.deep.equal({ containerName: 'bare' });
    expect(JSON.stringify(first)).not.to.match(/PerSecond|null|cpu|memory|storage|restart/);
    expect(second).to.deep.equal(task);
  });

  it('keep every digit of a counter of 64 bits', () => {
    const most = 2n ** 63n - 1n;
    const storage = {
      read: { ...longSet(9_007_199_254_740_993n, most, most), overflowSum: 9_007_199_254_740_995n },
      written: longSet(0, 0, 0),
    };
    const [text] = textsOf(
      figures([usage({ containers: [{ name: 'a', sets: { ...sets, storage } }] })]),
    );
    expect(text).to.include(
      '"readSizeBytes":{"max":9223372036854775807,"min":9007199254740993,"overflowMax":0,' +
        '"overflowMin":0,"overflowSum":9007199254740995,"sampleCount":2,"sum":9223372036854775807}',
    );
  });

  it('of an idle instance are a sign of it', () => {
    expect(sent({ kind: 'usage', messageId: 'm', idle: true, tasks: [] })).to.deep.equal([
      {
        type: 'PublishMetricsRequest',
        message: {
          metadata: { ...metadata, fin: true, idle: true, messageId: 'm' },
          timestamp: 1782734400.123,
        },
      },
    ]);
  });

  const times: [number, string][] = [
    [1_782_734_400_000, '1782734400'],
    [1_782_734_400_500, '1782734400.5'],
    [1_782_734_400_123.9, '1782734400.123'],
    [1_782_734_400_007, '1782734400.007'],
  ];
  for (const [time, text] of times)
    it(`are stamped with ${text} at ${time} ms`, () => {
      const [request] = textsOf({ kind: 'usage', messageId: 'm', idle: true, tasks: [] }, time);
      expect(request).to.include(`"timestamp":${text}}`);
    });
});

describe('the pages of a publication', () => {
  const tasks = (count: number) =>
    Array.from({ length: count }, (_, index) => usage({ arn: `arn:${index}`, containers: [] }));
  const pages: [number, number[]][] = [
    [0, [0]],
    [1, [1]],
    [10, [10]],
    [11, [10, 1]],
    [21, [10, 10, 1]],
  ];
  for (const [count, sizes] of pages)
    it(`are ${sizes.length} for ${count} tasks, of which the last says so`, () => {
      const requests = sent(figures(tasks(count)));
      const heads = requests.map(({ message }) => message.metadata);
      expect(requests.map(({ message }) => message.taskMetrics?.length ?? 0)).to.deep.equal(sizes);
      expect(heads.map(({ fin }) => fin)).to.deep.equal(
        sizes.map((_, index) => index === sizes.length - 1),
      );
      expect(new Set(heads.map(({ messageId }) => messageId))).to.have.all.keys('m');
      const arns = requests.flatMap(({ message }) => message.taskMetrics ?? []);
      expect(arns.map(({ taskArn }) => taskArn)).to.deep.equal(tasks(count).map((one) => one.arn));
    });

  /** A task whose figures take so many KiB, and a little more. */
  const long = (name: string, kib: number) =>
    usage({ arn: name, containers: [{ name: 'é'.repeat(kib * 512), sets }] });

  it('are no longer than a mebibyte', () => {
    const texts = textsOf(figures([long('a', 400), long('b', 400), long('c', 400)]));
    const sizes = texts.map((text) => JSON.parse(text).message.taskMetrics.length);
    expect(sizes).to.deep.equal([2, 1]);
    const longest = Math.max(...texts.map((text) => Buffer.byteLength(text)));
    expect(longest).to.be.within(800 * 1_024, 1_048_576);
  });

  it('hold the figures of one task together, however long, and send none without any', () => {
    const requests = sent(figures([long('a', 1_100), long('b', 1), long('c', 1_100)]));
    const arns = requests.map(({ message }) => message.taskMetrics?.map(({ taskArn }) => taskArn));
    expect(arns).to.deep.equal([['a'], ['b'], ['c']]);
  });

  it('of health are of ten tasks', () => {
    const health = tasks(11).map(({ arn, family, version }) => ({
      ...{ arn, family, version },
      containers: [{ name: 'web', status: 'HEALTHY' as const, since: 1_782_734_321_007 }],
    }));
    const requests = sent({ kind: 'health', messageId: 'h', tasks: health });
    expect(requests.map(({ message }) => message.tasks?.length)).to.deep.equal([10, 1]);
    expect(requests[1]).to.deep.equal({
      type: 'PublishHealthRequest',
      message: {
        metadata: { ...metadata, fin: true, messageId: 'h' },
        tasks: [
          {
            containers: [
              { containerName: 'web', healthStatus: 'HEALTHY', statusSince: 1782734321.007 },
            ],
            taskArn: 'arn:10',
            taskDefinitionFamily: 'web',
            taskDefinitionVersion: '7',
          },
        ],
        timestamp: 1782734400.123,
      },
    });
    expect(requests[0]?.message.metadata.fin).to.equal(false);
  });
});

describe('the status of the instance on the wire', () => {
  it('has every member that this agent fills', () => {
    const statuses = [
      {
        type: 'ContainerRuntime' as const,
        status: 'OK' as const,
        changedAt: 1_782_733_000_200,
        updatedAt: 1_782_734_340_900,
      },
    ];
    expect(sent({ kind: 'status', messageId: 'r', statuses })).to.deep.equal([
      {
        type: 'PublishInstanceStatusRequest',
        message: {
          metadata: { ...metadata, requestId: 'r' },
          statuses: [
            {
              lastStatusChange: 1782733000.2,
              lastUpdated: 1782734340.9,
              status: 'OK',
              type: 'ContainerRuntime',
            },
          ],
          timestamp: 1782734400.123,
        },
      },
    ]);
  });
});
