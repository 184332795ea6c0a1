import { expect } from 'chai';
import { explain } from '../../../actors/explain.ts';
import type { RoleCredentials } from '../../../transport/acs/port.ts';
import { container, task, unwanted, wanted } from '../../support/builders.ts';
import { hour, pulling } from './stories.ts';

const keys = {
  accessKeyId: 'AKIA-OF-THE-STORY',
  secretAccessKey: 'SECRET-OF-THE-STORY',
  sessionToken: 'TOKEN-OF-THE-STORY',
};
const role = (credentialsId: string): RoleCredentials => ({
  credentialsId,
  roleArn: `arn:aws:iam::123456789012:role/${credentialsId}`,
  expiration: '2030-01-01T00:00:00Z',
  keys,
});

describe('the keys of the roles of a task', () => {
  it('are in no record, in no line of the log and in no explanation, whatever happens', async () => {
    const world = await pulling();
    const texts: string[] = [];
    const write = world.store.write.bind(world.store);
    world.store.write = (batch) => {
      texts.push(JSON.stringify(batch));
      return write(batch);
    };
    const ecr = { region: 'r', registryId: '1', endpointOverride: '', useExecutionRole: true };
    const plan = task('a', [container('main', { ecr })], {
      roleCredentialsId: 'app',
      executionCredentialsId: 'exec',
    });
    world.engine.hangNext('create');
    world.plane.deliver([wanted(plan)], [], [role('app'), role('exec')]);
    await world.clock.advance(100);
    expect(world.logins.map(({ executionRole }) => executionRole?.keys)).to.deep.include(keys);
    const { system, plans } = world.agent ?? expect.fail('it runs');
    const explained = [
      ...explain({ system, plans, limits: {} }, 'a'),
      ...explain({ system, plans, limits: {} }, null),
    ];
    texts.push(JSON.stringify(explained));
    world.plane.refresh(role('app'));
    world.agent?.system.get('task/a').send({ type: 'container.changed' });
    await world.clock.advance(hour);
    world.plane.deliver([unwanted(plan)]);
    await world.clock.advance(4 * hour);
    texts.push(...world.logged);
    expect(texts.length).to.be.above(5);
    for (const text of texts)
      for (const key of Object.values(keys)) expect(text).not.to.include(key);
  });
});
