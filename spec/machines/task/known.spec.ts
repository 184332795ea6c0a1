import { expect } from 'chai';
import type { ContainerStatus } from '../../../machines/container/model.ts';
import { newTask, taskInput, withChange } from '../../../machines/task/decide.ts';
import { knownStatus } from '../../../machines/task/known.ts';
import { container, task, wanted } from '../../support/builders.ts';
import { change } from '../../support/chart-contexts.ts';

const rules = {
  ...{ pullBehavior: 'default' as const, pullUpfront: false, taskLimits: false },
  ...{ cleanupWaitMs: 1, cleanupJitterMs: 0 },
};

describe('how far a task has come', () => {
  const table: [state: string, statuses: ContainerStatus[], known: string][] = [
    ['queued', ['NONE', 'NONE'], 'NONE'],
    ['pending', ['MANIFEST_PULLED', 'CREATED'], 'MANIFEST_PULLED'],
    ['pending', ['PULLED', 'CREATED'], 'NONE'],
    ['pending', ['CREATED', 'RUNNING'], 'CREATED'],
    ['pending', ['STOPPED', 'CREATED'], 'CREATED'],
    ['running', ['RUNNING', 'STOPPED'], 'RUNNING'],
    ['stopping', ['RUNNING', 'STOPPED'], 'RUNNING'],
    ['stopping', ['STOPPED', 'STOPPED'], 'RUNNING'],
    ['stopped', ['STOPPED', 'STOPPED'], 'STOPPED'],
    ['cleaning', ['STOPPED', 'STOPPED'], 'STOPPED'],
  ];
  for (const [state, statuses, known] of table)
    it(`is ${known} while it is ${state} and its containers are ${statuses.join(' and ')}`, () => {
      const plan = task(
        'a',
        statuses.map((_, nth) => container(`c${nth}`)),
      );
      const fresh = newTask(taskInput(wanted(plan), rules, 0));
      const context = statuses.reduce(
        (now, status, nth) => withChange(now, change(`c${nth}`, status)),
        fresh,
      );
      expect(knownStatus(state, context)).to.equal(known);
    });

  it('is NONE where it has no containers to tell of', () => {
    const refused = newTask(taskInput(wanted(task('a', [])), rules, 0));
    expect(knownStatus('queued', refused)).to.equal('NONE');
  });
});
