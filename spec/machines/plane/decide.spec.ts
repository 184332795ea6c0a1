import { expect } from 'chai';
import * as decide from '../../../machines/plane/decide.ts';
import type { PlacedTask, PlaneContext } from '../../../machines/plane/model.ts';
import { taskArn } from '../../support/builders.ts';
import { instance, report, told } from '../../support/chart-contexts.ts';

const one = taskArn('one');
const task = (more: Partial<PlacedTask> = {}): PlacedTask => ({
  arn: one,
  desired: 'RUNNING',
  status: 'PENDING',
  reason: '',
  essential: ['web'],
  containers: {},
  ...more,
});
const context = (...tasks: PlacedTask[]): PlaneContext => ({
  containerInstanceArn: instance,
  status: 'ACTIVE',
  seqNum: 4,
  tasks: Object.fromEntries(tasks.map((each) => [each.arn, each])),
  unacknowledged: [],
  figures: {},
  statuses: {},
});

describe('the decisions of the local control plane', () => {
  it('give each wish the next number, and a task that is new its place', () => {
    const wish = { taskArn: one, desired: 'RUNNING' as const, essential: ['web'] };
    expect(decide.withWish(context(), wish)).to.deep.equal({
      seqNum: 5,
      tasks: { [one]: task() },
      unacknowledged: [{ messageId: 'payload-5', seqNum: 5, taskArn: one, desired: 'RUNNING' }],
    });
  });

  it('change nothing of a known task but what is wanted of it', () => {
    const known = task({ status: 'RUNNING' });
    const { tasks } = decide.withWish(context(known), { taskArn: one, desired: 'STOPPED' });
    expect(tasks).to.deep.equal({ [one]: { ...known, desired: 'STOPPED' } });
  });

  it('count no container of a task as essential of which only the stop is wanted', () => {
    const { tasks } = decide.withWish(context(), { taskArn: one, desired: 'STOPPED' });
    expect(tasks).to.deep.equal({ [one]: task({ desired: 'STOPPED', essential: [] }) });
  });

  it('add what is told of a task to what was told before', () => {
    const before = task({ reason: 'first', containers: { log: told('log', 'STOPPED') } });
    const now = report('STOPPED', { taskArn: one, containers: [told('web', 'STOPPED')] });
    expect(decide.withReport(context(before), now)).to.deep.equal({
      tasks: {
        [one]: {
          ...before,
          status: 'STOPPED',
          containers: { log: told('log', 'STOPPED'), web: told('web', 'STOPPED') },
        },
      },
    });
  });

  it('take the newest reason', () => {
    const now = report('STOPPED', { taskArn: one, reason: 'second' });
    const { tasks } = decide.withReport(context(task({ reason: 'first' })), now);
    expect(tasks?.[one]?.reason).to.equal('second');
  });

  it('refuse what is told of a task without a place, and take it of all others', () => {
    const told = report('RUNNING', { taskArn: one });
    expect(decide.refusalOf(context(), told)).to.equal(`This control plane has no task ${one}`);
    expect(decide.refusalOf(context(task()), told)).to.equal(null);
  });

  it('take nothing that is told of a task without a place', () => {
    expect(decide.withReport(context(), report('RUNNING', { taskArn: one }))).to.deep.equal({});
  });

  const stopped = task({ status: 'STOPPED' });
  const running = task({ arn: taskArn('two'), status: 'RUNNING' });
  const ends: [boolean, PlacedTask[]][] = [
    [true, []],
    [true, [stopped]],
    [false, [stopped, running]],
  ];
  for (const [expected, tasks] of ends)
    it(`call all tasks stopped (${expected}) that are ${tasks.map(({ status }) => status)}`, () => {
      expect(decide.allStopped(context(...tasks))).to.equal(expected);
    });

  const exit = (exitCode: number | null) => told('any', 'STOPPED', { exitCode });
  const successes: [boolean, string, PlacedTask[]][] = [
    [true, 'every essential container ended with 0', [task({ containers: { web: exit(0) } })]],
    [false, 'an essential container ended with 1', [task({ containers: { web: exit(1) } })]],
    [false, 'an essential container has no exit code', [task({ containers: { web: exit(null) } })]],
    [false, 'nothing was told of an essential container', [task()]],
    [
      false,
      'one of two essential containers ended with 1',
      [task({ essential: ['web', 'log'], containers: { web: exit(0), log: exit(1) } })],
    ],
    [
      true,
      'only a container that is not essential ended with 1',
      [task({ containers: { web: exit(0), log: exit(1) } })],
    ],
    [
      false,
      'one of two tasks failed',
      [
        task({ containers: { web: exit(0) } }),
        task({ arn: taskArn('two'), containers: { web: exit(1) } }),
      ],
    ],
  ];
  for (const [expected, why, tasks] of successes)
    it(`call all a success (${expected}) where ${why}`, () => {
      expect(decide.allSucceeded(context(...tasks))).to.equal(expected);
    });

  it('beat twice as often as an agent at its strictest needs', () => {
    expect(decide.heartbeatMs).to.equal(30_000);
  });
});
