import { expect } from 'chai';
import type { AgentSettings } from '../../actors/agent.ts';
import { askingTask, serve } from '../../actors/served.ts';
import { World } from '../../bin/world/world.ts';
import { engineNames } from '../../transport/docker/port.ts';
import type { TaskServerSource } from '../../transport/tmds/port.ts';
import { container, task, taskArn, unwanted, wanted } from '../support/builders.ts';

const hour = 3_600_000;
const role = { roleArn: 'arn:aws:iam::1:role/r', expiration: '2030-01-01T00:00:00Z' };
const keysOf = (credentialsId: string) => ({
  ...{ credentialsId, taskArn: taskArn('a'), ...role },
  keys: { accessKeyId: `key of ${credentialsId}`, secretAccessKey: 's', sessionToken: 't' },
});

/** The agent of a world as its tasks see it; of a world that has begun. */
function served({ agent, engine, clock }: World): TaskServerSource {
  if (!agent) throw new Error('The world has not begun');
  return serve({
    ...agent,
    docker: engine.port('specs'),
    names: engineNames,
    clock,
    tags: () => Promise.resolve({}),
  });
}

describe('the credentials of tasks', () => {
  const plan = task('a', [container('main')], {
    roleCredentialsId: 'own',
    executionCredentialsId: 'execution',
  });
  const begin = async () => {
    const world = new World();
    await world.start();
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'RUNNING');
    return world;
  };

  it('are unknown, or known and on their way, or there', async () => {
    const world = await begin();
    const source = served(world);
    expect(source.credentials('other')).to.equal(null);
    expect(source.credentials('own')).to.equal('pending');
    world.agent?.vault.keep(keysOf('own'));
    expect(source.credentials('own')).to.deep.equal({
      taskArn: plan.arn,
      role: 'task',
      ...role,
      accessKeyId: 'key of own',
      secretAccessKey: 's',
      sessionToken: 't',
    });
  });

  it('are on their way again after a restart', async () => {
    const world = await begin();
    world.agent?.vault.keep(keysOf('own'));
    await world.kill();
    await world.start();
    expect(served(world).credentials('own')).to.equal('pending');
    expect(served(world).credentials('execution')).to.equal('pending');
  });

  it('of its own role go with the task’s end, those of the other with its remains', async () => {
    const world = await begin();
    for (const id of ['own', 'execution']) world.agent?.vault.keep(keysOf(id));
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(served(world).credentials('own')).to.equal(null);
    expect(world.agent?.vault.of('own')).to.equal(undefined);
    expect(served(world).credentials('execution')).to.include({ role: 'execution' });
    await world.clock.advance(4 * hour);
    expect(served(world).credentials('execution')).to.equal(null);
    expect(world.agent?.vault.of('execution')).to.equal(undefined);
  });
});

describe('the metadata of tasks', () => {
  const logs = '{"LogConfig":{"Type":"awslogs","Config":{"awslogs-group":"g"}}}';
  const main = container('main', {
    ...{ metadataId: 'id-main', cpu: 256, memoryMiB: 64, arn: 'arn:aws:ecs:r:1:container/c/1' },
    ...{ dockerConfig: '{"Labels":{"team":"a"}}', dockerHostConfig: logs },
  });
  const plan = task('a', [main], { cpu: 1, memoryMiB: 512, launchType: 'EC2', serviceName: 's' });
  const begin = async (sampling: AgentSettings['sampling'] = { by: 'stream' }) => {
    const world = new World({ sampling });
    world.plane.availabilityZone = 'us-west-2b';
    await world.start();
    return world;
  };
  const running = async () => {
    const world = await begin();
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'RUNNING');
    return world;
  };

  it('are those of nobody before the Engine has made the container', async () => {
    const world = await begin();
    world.engine.hangNext('create');
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(1_000);
    const source = served(world);
    expect(source.taskOf('id-main')).to.equal(null);
    expect(await source.container('id-main')).to.equal(null);
    expect((await source.task(plan.arn))?.containers[0]).to.include({ dockerId: '' });
  });

  it('tell what the Engine said of a running container', async () => {
    const source = served(await running());
    expect(source.taskOf('id-main')).to.equal(plan.arn);
    const found = await source.container('id-main');
    expect(found).to.include({
      ...{ name: 'main', desired: 'RUNNING', known: 'RUNNING', exitCode: null, kind: 'NORMAL' },
      ...{ cpu: 256, memoryMiB: 64, logDriver: 'awslogs', arn: 'arn:aws:ecs:r:1:container/c/1' },
    });
    expect(found?.dockerId).to.not.equal('');
    expect(found?.startedAt).to.match(/^\d{4}-\d\d-\d\dT/);
    expect(found?.finishedAt).to.equal(null);
    expect(found?.labels).to.include({ team: 'a', 'com.amazonaws.ecs.task-arn': plan.arn });
    expect(found?.networks?.map(({ mode }) => mode)).to.deep.equal(['bridge']);
  });

  it('tell of its task', async () => {
    const world = await running();
    const found = await served(world).task(plan.arn);
    expect(found).to.include({
      ...{ cluster: 'specs', family: 'web', version: '1', desired: 'RUNNING', known: 'RUNNING' },
      ...{ cpu: 1, memoryMiB: 512, launchType: 'EC2', serviceName: 's', faultInjection: false },
      ...{ availabilityZone: 'us-west-2b', availabilityZoneId: 'usw2-az1', vpcId: 'vpc-1' },
    });
    expect(found?.containers.map(({ name }) => name)).to.deep.equal(['main']);
    expect(await served(world).task('arn:aws:ecs:r:1:task/specs/other')).to.equal(null);
  });

  it('tell the zone that ECS named, and the VPC and id of the zone that the instance did', async () => {
    const world = new World();
    world.plane.availabilityZone = 'us-west-2b';
    world.instance.set({ vpcId: 'vpc-7', availabilityZoneId: 'usw2-az2' });
    await world.start();
    expect(world.agent?.place()).to.deep.equal({
      ...{ availabilityZone: 'us-west-2b', availabilityZoneId: 'usw2-az2', vpcId: 'vpc-7' },
    });
  });

  it('have the latest sample of each container: a pending one before the first', async () => {
    const world = await running();
    const source = served(world);
    const { dockerId = '' } = (await source.container('id-main')) ?? {};
    const sampled = () => source.sample('id-main');
    expect(sampled()).to.equal('pending');
    expect([...source.samples(plan.arn)]).to.deep.equal([[dockerId, 'pending']]);
    await world.clock.advance(2_500);
    expect(sampled()).to.have.property('text');
    expect(source.samples(plan.arn).get(dockerId)).to.deep.equal(sampled());
    expect(source.sample('other')).to.equal(null);
    expect(source.samples('arn:aws:ecs:r:1:task/specs/other').size).to.equal(0);
  });

  it('have no sample where none is taken', async () => {
    const world = await begin({ by: 'nothing' });
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'RUNNING');
    const source = served(world);
    expect(source.sample('id-main')).to.equal(null);
    expect([...source.samples(plan.arn).values()]).to.deep.equal([null]);
  });

  it('are asked of the Engine again after a restart, once', async () => {
    const world = await running();
    await world.kill();
    await world.start();
    const source = served(world);
    const labels = async () => (await source.container('id-main'))?.labels;
    const pending = labels();
    await world.clock.advance(10);
    expect(await pending).to.include({ team: 'a' });
    const asked = world.count('inspect');
    expect(await labels()).to.include({ team: 'a' });
    expect(world.count('inspect')).to.equal(asked);
  });

  it('tell the end of a container, and stay until its remains go', async () => {
    const world = await running();
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    const source = served(world);
    const found = await source.container('id-main');
    expect(found).to.include({ desired: 'STOPPED', known: 'STOPPED', exitCode: 0 });
    expect(found?.finishedAt).to.match(/^\d{4}/);
    expect((await source.task(plan.arn))?.known).to.equal('STOPPED');
    await world.clock.advance(4 * hour);
    expect(source.taskOf('id-main')).to.equal(null);
    expect(await source.task(plan.arn)).to.equal(null);
  });
});

describe('a task that asks something of the agent', () => {
  const plan = task('a', [container('main', { metadataId: 'id-1' })], {
    ...{ roleCredentialsId: 'own', networkMode: 'host', faultInjection: true },
  });
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.start();
  });
  const asking = (id = 'id-1') => world.agent && askingTask(world.agent)(id);
  const run = async () => {
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'RUNNING');
  };

  it('is known by the id of its container, once that is made', async () => {
    expect(asking()).to.equal(null);
    await run();
    expect(asking('other')).to.equal(null);
    expect(asking()).to.deep.equal({
      ...{ arn: plan.arn, networkMode: 'host', faultInjection: true, isOver: false, keys: null },
    });
  });

  it('has the keys of its own role as soon as they are there', async () => {
    await run();
    world.agent?.vault.keep(keysOf('own'));
    expect(asking()?.keys).to.include({ accessKeyId: 'key of own', sessionToken: 't' });
  });

  it('is over when it has stopped', async () => {
    await run();
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(asking()).to.include({ isOver: true, keys: null });
  });
});
