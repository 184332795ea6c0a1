import { expect } from 'chai';
import type { ContainerStatus } from '../../../machines/container/model.ts';
import * as decide from '../../../machines/task/decide.ts';
import { task as taskPlan } from '../../support/builders.ts';
import {
  change,
  known,
  report,
  taskContext,
  taskInput,
  told,
} from '../../support/chart-contexts.ts';

const essential = (name: string, status: ContainerStatus) => known(name, status);
const sidecar = (name: string, status: ContainerStatus) =>
  known(name, status, { essential: false });

describe('what a task becomes', () => {
  it('may run when nothing that it needs is missing', () => {
    expect(decide.refusalOf(taskPlan('one'))).to.equal(null);
  });

  it('is refused with the names of all that is missing', () => {
    expect(decide.refusalOf(taskPlan('one', [], { unsupported: ['volumes', 'secrets'] }))).to.equal(
      'TaskNotSupportedError: this agent does not support volumes, secrets',
    );
  });

  it('begins with containers of which nothing was done', () => {
    const containers = [
      { name: 'web', essential: true },
      { name: 'log', essential: false },
    ];
    const input = taskInput({
      containers,
      reason: 'why',
      mayBeRunning: true,
      pullBehavior: 'once',
    });
    expect(decide.newTask(input)).to.deep.equal(
      taskContext([essential('web', 'NONE'), sidecar('log', 'NONE')], {
        reason: 'why',
        mayBeRunning: true,
        pullBehavior: 'once',
      }),
    );
  });

  it('begins stopped, for its own reason and without containers, when it is refused', () => {
    expect(decide.newTask(taskInput({ refusal: 'not here', reason: 'why' }))).to.deep.equal(
      taskContext([], { desired: 'STOPPED', reason: 'not here' }),
    );
  });

  describe('a change of a container', () => {
    const context = taskContext([essential('web', 'RUNNING'), sidecar('log', 'RUNNING')]);

    it('is taken over, but for what only the plan says', () => {
      const after = decide.withChange(context, change('log', 'STOPPED', { exitCode: 1 }));
      expect(after).to.deep.equal({
        ...context,
        containers: {
          ...context.containers,
          log: { ...sidecar('log', 'STOPPED'), exitCode: 1, at: 2_000 },
        },
        knownAt: 2_000,
      });
    });

    it('that ends an essential one is the end of the task', () => {
      const after = decide.withChange(context, change('web', 'STOPPED'));
      expect(after.executionStoppedAt).to.equal(2_000);
    });

    it('that ends a second essential one does not move the end of the task', () => {
      const ended = { ...context, executionStoppedAt: 1_500 };
      expect(decide.withChange(ended, change('web', 'STOPPED')).executionStoppedAt).to.equal(1_500);
    });

    it('is passed over when the task has no such container', () => {
      expect(decide.withChange(context, change('other', 'STOPPED'))).to.equal(context);
    });
  });

  const verdicts = [
    ['pending', [essential('web', 'NONE')]],
    ['pending', [essential('web', 'RUNNING'), essential('log', 'CREATED')]],
    ['pending', [essential('web', 'CREATED'), sidecar('log', 'STOPPED')]],
    ['running', [essential('web', 'RUNNING')]],
    ['running', [essential('web', 'RUNNING'), sidecar('log', 'RUNNING')]],
    ['running', [essential('web', 'RUNNING'), sidecar('log', 'STOPPED')]],
    ['stopping', [essential('web', 'STOPPED'), sidecar('log', 'RUNNING')]],
    ['stopping', [essential('web', 'STOPPED'), essential('log', 'PULLED')]],
    ['stopped', [essential('web', 'STOPPED'), sidecar('log', 'STOPPED')]],
    ['stopped', [sidecar('log', 'STOPPED')]],
    ['stopped', []],
  ] as const;
  for (const [verdict, containers] of verdicts) {
    const list = containers.map(
      ({ essential, status }) => `${essential ? 'an essential' : 'another'} one ${status}`,
    );
    it(`is ${verdict} with ${list.join(' and ') || 'no container'}`, () => {
      expect(decide.verdict(taskContext([...containers]))).to.equal(verdict);
    });
  }

  const ever = {
    NONE: false,
    PULLED: false,
    CREATED: false,
    RUNNING: true,
    STOPPED: true,
  } as const;
  for (const [status, expected] of Object.entries(ever))
    it(`tells ECS ${expected ? '' : 'nothing '}of a container that is ${status}`, () => {
      expect(decide.isTold(change('web', status as ContainerStatus))).to.equal(expected);
    });

  describe('the report of a task', () => {
    const context = taskContext(
      [
        {
          ...known('web', 'RUNNING'),
          runtimeId: 'c0ffee',
          pullStartedAt: 1_200,
          pullStoppedAt: 1_300,
        },
        { ...known('log', 'CREATED'), pullStartedAt: 1_100, pullStoppedAt: 1_900 },
        known('init', 'STOPPED', { exitCode: 0 }),
      ],
      { reason: 'why', executionStoppedAt: 1_950 },
    );

    it('spans all pulls, and has of its containers those that run or have ended', () => {
      expect(decide.reportOf(context, 'RUNNING')).to.deep.equal(
        report('RUNNING', {
          reason: 'why',
          containers: [
            told('web', 'RUNNING', { runtimeId: 'c0ffee' }),
            told('init', 'STOPPED', { exitCode: 0 }),
          ],
          pullStartedAt: 1_100,
          pullStoppedAt: 1_900,
        }),
      );
    });

    it('tells when the task ended only once it is stopped', () => {
      expect(decide.reportOf(context, 'STOPPED').executionStoppedAt).to.equal(1_950);
    });

    it('has no times of pulls where none was needed', () => {
      const { pullStartedAt, pullStoppedAt } = decide.reportOf(
        taskContext([known('web', 'RUNNING')]),
        'RUNNING',
      );
      expect([pullStartedAt, pullStoppedAt]).to.deep.equal([null, null]);
    });
  });
});
