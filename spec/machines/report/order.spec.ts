import { expect } from 'chai';
import type { ContainerReport } from '../../../machines/report/model.ts';
import * as order from '../../../machines/report/order.ts';
import type { TaskStatus } from '../../../machines/task/model.ts';
import { outboxContext, report, story, told } from '../../support/chart-contexts.ts';

type Told = ContainerReport['status'];

const knowing = (status: TaskStatus | null, web?: Told) =>
  outboxContext({ sent: { status, containers: web ? { web } : {} } });

describe('what ECS is told', () => {
  it('is nothing yet of a new task', () => {
    expect(order.newOutbox({ taskArn: story, roll: 0.5 })).to.deep.equal(outboxContext());
  });

  const taskNews: [TaskStatus | null, TaskStatus, boolean][] = [
    [null, 'PENDING', false],
    [null, 'MANIFEST_PULLED', true],
    ['PENDING', 'MANIFEST_PULLED', true],
    ['MANIFEST_PULLED', 'MANIFEST_PULLED', false],
    ['MANIFEST_PULLED', 'PENDING', false],
    ['MANIFEST_PULLED', 'RUNNING', true],
    ['RUNNING', 'MANIFEST_PULLED', false],
    [null, 'RUNNING', true],
    [null, 'STOPPED', true],
    ['PENDING', 'PENDING', false],
    ['PENDING', 'RUNNING', true],
    ['RUNNING', 'PENDING', false],
    ['RUNNING', 'RUNNING', false],
    ['RUNNING', 'STOPPED', true],
    ['STOPPED', 'RUNNING', false],
    ['STOPPED', 'STOPPED', false],
  ];
  for (const [sent, status, isNews] of taskNews)
    it(`is ${isNews ? '' : 'not '}that a task is ${status} when it knows ${sent}`, () => {
      const news = order.newsOf(knowing(sent), report(status));
      expect(news).to.deep.equal(isNews ? report(status) : null);
    });

  const containerNews: [Told | undefined, Told, boolean][] = [
    [undefined, 'MANIFEST_PULLED', true],
    [undefined, 'RUNNING', true],
    [undefined, 'STOPPED', true],
    ['MANIFEST_PULLED', 'MANIFEST_PULLED', false],
    ['MANIFEST_PULLED', 'RUNNING', true],
    ['RUNNING', 'MANIFEST_PULLED', false],
    ['RUNNING', 'RUNNING', false],
    ['RUNNING', 'STOPPED', true],
    ['STOPPED', 'RUNNING', false],
    ['STOPPED', 'STOPPED', false],
  ];
  for (const [sent, status, isNews] of containerNews)
    it(`is ${isNews ? '' : 'not '}that a container is ${status} when it knows ${sent ?? 'nothing'}`, () => {
      const now = report('RUNNING', { containers: [told('web', status)] });
      expect(order.newsOf(knowing('RUNNING', sent), now)).to.deep.equal(isNews ? now : null);
    });

  it('is a task’s move without the containers that it knows', () => {
    const stopped = report('STOPPED', {
      containers: [told('web', 'RUNNING'), told('log', 'STOPPED')],
      executionStoppedAt: 2_000,
    });
    expect(order.newsOf(knowing('RUNNING', 'RUNNING'), stopped)).to.deep.equal({
      ...stopped,
      containers: [told('log', 'STOPPED')],
    });
  });

  it('is nothing of the containers of a task that it knows to be stopped', () => {
    const late = report('STOPPED', { containers: [told('web', 'STOPPED')] });
    expect(order.newsOf(knowing('STOPPED', 'RUNNING'), late)).to.equal(null);
  });

  it('is known to it once it has accepted, and leaves the queue', () => {
    const head = report('RUNNING', { containers: [told('log', 'STOPPED')] });
    const next = report('STOPPED');
    expect(
      order.accepted({ ...knowing('PENDING', 'RUNNING'), queue: [head, next], attempts: 3 }),
    ).to.deep.equal({
      queue: [next],
      attempts: 0,
      trouble: null,
      settled: false,
      sent: { status: 'RUNNING', containers: { web: 'RUNNING', log: 'STOPPED' } },
    });
  });

  it('is all there is to tell once its end is accepted, or never will be', () => {
    const over = outboxContext({ queue: [report('STOPPED')], attempts: 3 });
    expect(order.accepted(over).settled).to.equal(true);
    expect(order.dropped(over)).to.deep.equal({
      queue: [],
      attempts: 0,
      trouble: null,
      settled: true,
    });
  });

  it('leaves the queue uncounted where ECS never takes it', () => {
    const [head, next] = [report('RUNNING'), report('STOPPED')];
    expect(order.dropped(outboxContext({ queue: [head, next] }))).to.deep.equal({
      queue: [next],
      attempts: 0,
      trouble: null,
      settled: false,
    });
  });

  it('keeps the furthest status when only containers have changed', () => {
    const log = report('PENDING', { containers: [told('log', 'RUNNING')] });
    expect(order.newsOf(knowing('MANIFEST_PULLED'), log)?.status).to.equal('MANIFEST_PULLED');
    expect(order.newsOf(knowing(null), log)?.status).to.equal('PENDING');
  });

  it('does not change by an answer to nothing', () => {
    expect(order.accepted(outboxContext())).to.deep.equal({});
  });

  it('is repeated after one second at first, and after 30 to 36 at last', () => {
    expect(order.submitBackoff).to.deep.equal({
      firstMs: 1_000,
      maxMs: 30_000,
      factor: 1.3,
      jitter: 0.2,
    });
  });

  it('waits 10 to 30 seconds when it is of containers only', () => {
    expect(order.tick).to.deep.equal({ minMs: 10_000, spreadMs: 20_000 });
  });
});
