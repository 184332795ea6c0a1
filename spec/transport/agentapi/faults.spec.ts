import { expect } from 'chai';
import type { FaultOrder, Links } from '../../../machines/fault/model.ts';
import { FaultDoor } from '../../../transport/agentapi/faults.ts';
import type { AskingTask, FaultOutcome } from '../../../transport/agentapi/port.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { taskArn } from '../tmds/served.ts';
import { askingTask, question, told } from './asking.ts';

const links: Links = { names: ['eth0'], ipv6Only: false };
const body = JSON.stringify({ Port: 80, Protocol: 'tcp', TrafficType: 'egress' });
const blackhole = 'network-blackhole-port';

describe('what a task asks of faults', () => {
  let clock: SimClock;
  let task: AskingTask | null;
  let way: Links | null;
  let outcome: FaultOutcome;
  let performed: [order: FaultOrder, by: object][];
  let door: FaultDoor;
  beforeEach(() => {
    clock = new SimClock(1_000_000);
    task = askingTask();
    way = links;
    outcome = { is: 'running' };
    performed = [];
    door = new FaultDoor({
      clock,
      taskOf: (id) => (id.startsWith('other') && task ? { ...task, arn: `${taskArn}b` } : task),
      faults: {
        links: () => Promise.resolve(way),
        perform: (order, by) => {
          performed.push([order, by]);
          return Promise.resolve(outcome);
        },
      },
    });
  });

  const ask = (
    operation: FaultOrder['operation'] = 'start',
    { id = 'id', fault = blackhole, ...more }: Record<string, string> = {},
  ) => door.answer(question({ body, ...more }), { id, fault, operation });
  const says = async (answer: ReturnType<typeof ask>, status: number, expected: object) =>
    expect(told(await answer)).to.deep.equal({ status, body: expected });

  it('is carried out in its name, on the links of its host', async () => {
    await says(ask(), 200, { Status: 'running' });
    expect(performed).to.deep.equal([
      [
        {
          operation: 'start',
          fault: {
            ...{ kind: blackhole, port: 80, protocol: 'tcp' },
            ...{ trafficType: 'egress', spared: [] },
          },
        },
        { taskArn, links },
      ],
    ]);
  });

  const outcomes: [FaultOrder['operation'], string, FaultOutcome, number, object][] = [
    ['stop', blackhole, { is: 'stopped' }, 200, { Status: 'stopped' }],
    ['status', blackhole, { is: 'not-running' }, 200, { Status: 'not-running' }],
    ['status', 'network-latency', { is: 'running' }, 200, { Status: 'running' }],
    [
      ...(['status', 'network-latency', { is: 'occupied', by: 'network-latency' }] as const),
      ...([409, { Error: 'There is already one network latency fault running' }] as const),
    ],
    [
      ...(['status', 'network-latency', { is: 'occupied', by: 'network-packet-loss' }] as const),
      ...([409, { Error: 'There is already one network packet loss fault running' }] as const),
    ],
    ['start', blackhole, { is: 'failed' }, 500, { Error: 'internal error' }],
    [
      ...(['start', blackhole, { is: 'overdue' }, 500] as const),
      { Error: 'start network-blackhole-port: request timed out' },
    ],
    [
      ...(['stop', 'network-latency', { is: 'overdue' }, 500] as const),
      { Error: 'stop network-latency: request timed out' },
    ],
    [
      ...(['status', 'network-packet-loss', { is: 'overdue' }, 500] as const),
      { Error: 'check status network-packet-loss: request timed out' },
    ],
  ];
  for (const [operation, fault, is, status, expected] of outcomes)
    it(`is answered ${JSON.stringify(expected)} to ${operation} ${fault}`, async () => {
      outcome = is;
      await says(ask(operation, { fault }), status, expected);
    });

  it('is a POST', async () => {
    for (const method of ['GET', 'PUT', 'HEAD'])
      expect(await ask('start', { method })).to.deep.equal({
        ...{ status: 405, contentType: null, body: '' },
      });
    expect(performed).to.deep.equal([]);
  });

  it('is refused where it is wrong, whoever asks', async () => {
    task = null;
    await says(ask('start', { body: '{}' }), 400, { Error: 'required parameter Port is missing' });
  });

  const id = 'id';
  const refusals: [string, () => void, number, string][] = [
    [
      'an id that is not known',
      () => {
        task = null;
      },
      404,
      'unable to get task arn from request: unable to get task Arn from v3 endpoint ID: id',
    ],
    [
      'a task that has stopped',
      () => {
        task = askingTask({ isOver: true });
      },
      500,
      `Unable to generate metadata for v4 task: '${taskArn}'`,
    ],
    [
      'a host without a default route',
      () => {
        way = null;
        task = askingTask({ faultInjection: false });
      },
      500,
      'failed to resolve default host network interface',
    ],
    [
      'a task that may not have faults',
      () => {
        task = askingTask({ faultInjection: false });
      },
      400,
      `enableFaultInjection is not enabled for task: ${taskArn}`,
    ],
    [
      'a task on a bridge that may not have faults',
      () => {
        task = askingTask({ networkMode: '', faultInjection: false });
      },
      400,
      `enableFaultInjection is not enabled for task: ${taskArn}`,
    ],
    ...['', 'bridge', 'none'].map((networkMode): [string, () => void, number, string] => [
      `a task in the network mode ${networkMode || 'of Docker'}`,
      () => {
        task = askingTask({ networkMode });
      },
      500,
      `failed to get task metadata due to internal server error for container: ${id}`,
    ]),
  ];
  for (const [who, arrange, status, refusal] of refusals)
    it(`is refused to ${who}`, async () => {
      arrange();
      await says(ask(), status, { Error: refusal });
      expect(performed).to.deep.equal([]);
    });

  it('is taken once in five seconds, of each task and for each path', async () => {
    const statusOf = async (answer: ReturnType<typeof ask>) => (await answer).status;
    expect(await statusOf(ask('status'))).to.equal(200);
    const { status, contentType, body: text } = await ask('status', { id: 'another' });
    expect({ status, contentType, text }).to.deep.equal({
      status: 429,
      contentType: 'text/plain; charset=utf-8',
      text: 'You have reached maximum request limit',
    });
    expect(await statusOf(ask('stop'))).to.equal(200);
    expect(await statusOf(ask('status', { id: 'other' }))).to.equal(200);
    expect(await statusOf(ask('status', { fault: 'network-latency' }))).to.equal(200);
    await clock.advance(4_999);
    expect(await statusOf(ask('status'))).to.equal(429);
    await clock.advance(5_000);
    expect(await statusOf(ask('status'))).to.equal(200);
  });
});
