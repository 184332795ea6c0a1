import { expect } from 'chai';
import {
  containerActorId,
  outboxActorId,
  taskActorId,
  taskIdOf,
} from '../../../machines/names/arn.ts';

describe('a task ARN', () => {
  const ids = [
    ['arn:aws:ecs:us-west-2:123456789012:task/specs/0a1b', '0a1b'],
    ['arn:aws:ecs:us-west-2:123456789012:task/0a1b', '0a1b'],
    ['0a1b', '0a1b'],
  ] as const;
  for (const [arn, id] of ids)
    it(`ends in the id of the task: ${arn}`, () => {
      expect(taskIdOf(arn)).to.equal(id);
    });

  it('names the actors of the task', () => {
    const arn = 'arn:aws:ecs:us-west-2:123456789012:task/specs/0a1b';
    expect([taskActorId(arn), outboxActorId(arn), containerActorId(arn, 'web')]).to.deep.equal([
      'task/0a1b',
      'outbox/0a1b',
      'container/0a1b/web',
    ]);
  });
});
