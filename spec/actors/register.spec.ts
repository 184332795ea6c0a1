import { expect } from 'chai';
import { World, type WorldSettings } from '../../bin/world/world.ts';
import { DockerError } from '../../transport/docker/port.ts';
import { Ec2Error } from '../../transport/ec2/port.ts';
import { EcsError } from '../../transport/ecs/port.ts';

const missing = () =>
  new EcsError('ECS_CLUSTER_MISSING', 'ClientException', 'ClientException: Cluster not found.');
const throttled = () => new EcsError('ECS_THROTTLED', 'ThrottlingException', 'slow down');

/** What the agent told ECS that it is, the last time. */
const registered = (world: World) => {
  const registration = world.plane.registrations.at(-1);
  if (!registration) throw new Error('it has not registered');
  return registration;
};
const namesOf = (world: World) => registered(world).attributes.map(({ name }) => name);

/** What is on disk of who the agent is. */
const identityIn = async (world: World) => {
  await world.clock.settle();
  return (await world.store.crash().open()).rows.find(({ key }) => key === 'agent')?.body;
};

/** The same host after a restart of the agent with other settings. */
const restarted = async (world: World, settings: WorldSettings) => {
  await world.kill();
  const next = new World(settings);
  next.store = world.store;
  return next;
};

describe('the tags of a container instance', () => {
  it('are those of its configuration', async () => {
    const world = new World({ tags: { owner: 'lab' } });
    await world.start();
    expect(registered(world).tags).to.deep.equal({ owner: 'lab' });
  });

  it('are those of its EC2 instance, too, asked for once however often it registers', async () => {
    const asked: string[] = [];
    const world = new World({
      tags: { owner: 'lab' },
      tagsFromEc2: true,
      ec2InstanceId: 'i-1',
      instanceTags: (instanceId) => {
        asked.push(instanceId);
        return Promise.resolve({ owner: 'other', Name: 'node-1', 'aws:x': 'y' });
      },
    });
    world.plane.failNext('register', throttled(), throttled());
    await world.start();
    expect(registered(world).tags).to.deep.equal({ owner: 'lab', Name: 'node-1' });
    expect(asked).to.deep.equal(['i-1']);
  });

  it('are not asked of EC2 where they are not wanted', async () => {
    const world = new World({
      ec2InstanceId: 'i-1',
      instanceTags: () => Promise.reject(new Error('not to be called')),
    });
    await world.start();
    expect(registered(world).tags).to.deep.equal({});
  });

  it('end the agent with 1, before it registers, where EC2 does not tell them', async () => {
    const world = new World({
      tagsFromEc2: true,
      ec2InstanceId: 'i-1',
      instanceTags: () => Promise.reject(new Ec2Error('Amazon EC2: no', { passing: false })),
    });
    await world.start();
    expect(world.exit).to.deep.equal({ code: 1, reason: 'Amazon EC2: no' });
    expect(world.plane.registrations).to.deep.equal([]);
  });

  it('end it so, too, where nobody tells which EC2 instance this is', async () => {
    const world = new World({ tagsFromEc2: true });
    await world.start();
    expect(world.exit?.code).to.equal(1);
    expect(world.exit?.reason).to.match(/^ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM wants/);
    expect(world.plane.registrations).to.deep.equal([]);
  });
});

describe('the cluster', () => {
  it('is made where it is missing and none was configured, with the same client token', async () => {
    const world = new World({ makesCluster: true });
    world.plane.failNext('register', missing());
    await world.start();
    expect(world.plane.clusters).to.deep.equal(['specs']);
    expect(world.plane.connections).to.equal(1);
    expect(world.logged).to.include('info The cluster is missing, and is made {"cluster":"specs"}');
  });

  it('is not made where it was configured: the agent ends for good', async () => {
    const world = new World();
    world.plane.failNext('register', missing());
    await world.start();
    expect(world.exit).to.deep.equal({ code: 5, reason: 'ClientException: Cluster not found.' });
    expect(world.plane.clusters).to.deep.equal([]);
  });

  it('that is missing still once it was made ends the agent for good', async () => {
    const world = new World({ makesCluster: true });
    world.plane.failNext('register', missing(), missing());
    await world.start();
    expect(world.exit?.code).to.equal(5);
    expect(world.plane.clusters).to.deep.equal(['specs']);
  });

  it('is tried to be made again after ECS was too busy', async () => {
    const world = new World({ makesCluster: true });
    world.plane.failNext('register', missing(), missing());
    world.plane.failNext('createCluster', throttled());
    await world.start();
    expect(world.plane.clusters).to.deep.equal(['specs']);
    expect(world.plane.connections).to.equal(1);
  });
});

describe('the attributes that are registered', () => {
  it('name the volume plugins of the Engine', async () => {
    const world = new World();
    world.engine.core.volumes.addDriver('vieux/sshfs:latest');
    await world.start();
    expect(namesOf(world)).to.include('ecs.capability.docker-plugin.vieux/sshfs');
  });

  it('do without them where the Engine does not tell, with a warning', async () => {
    const world = new World();
    world.engine.failNext('volumePlugins', new DockerError('DOCKER_REFUSED', 'no plugins'));
    await world.start();
    expect(namesOf(world).filter((name) => name.includes('docker-plugin'))).to.deep.equal([
      'ecs.capability.docker-plugin.local',
    ]);
    expect(world.logged).to.include('warn Which volume plugins there are is not known: no plugins');
  });

  it('are those of the Engine as it is now, under the same ARN, without those of the operator', async () => {
    const capabilities = { ...worldCapabilities, custom: { stack: 'prod' } };
    const world = new World({ capabilities });
    world.engine.version.apiVersion = '1.25';
    await world.start();
    const first = registered(world);
    expect(first.containerInstanceArn).to.equal(null);
    expect(first.attributes[0]).to.deep.equal({ name: 'stack', value: 'prod' });
    expect(namesOf(world)).not.to.include('com.amazonaws.ecs.capability.docker-remote-api.1.32');

    await world.kill();
    world.engine.version.apiVersion = '1.44';
    await world.start();
    expect(registered(world).containerInstanceArn).to.match(/^arn:.*:container-instance\//);
    expect(namesOf(world)).not.to.include('stack');
    expect(namesOf(world)).to.include('com.amazonaws.ecs.capability.docker-remote-api.1.32');
    expect(registered(world).clientToken).not.to.equal(first.clientToken);
  });
});

const worldCapabilities = {
  loggingDrivers: ['json-file'],
  privilegedDisabled: false,
  selinux: false,
  apparmor: false,
  healthChecksDisabled: false,
  external: true,
  taskRoles: false,
  taskRolesOnHost: false,
  logsByExecutionRole: false,
  outpostArn: null,
  detailedOsFamily: '',
  custom: {},
};

describe('what an agent remembers of its EC2 instance', () => {
  it('is kept, and stays where the metadata service is silent at the next start', async () => {
    const world = new World({ ec2InstanceId: 'i-1' });
    await world.start();
    expect(await identityIn(world)).to.deep.include({ cluster: 'specs', ec2InstanceId: 'i-1' });
    const silent = await restarted(world, { ec2InstanceId: null });
    await silent.start();
    expect(await identityIn(silent)).to.deep.include({ ec2InstanceId: 'i-1' });
    expect(registered(silent).containerInstanceArn).not.to.equal(null);
  });

  it('is learnt by one that was registered before such records had it', async () => {
    const world = new World({ ec2InstanceId: 'i-1' });
    await world.start();
    const arn = registered(world);
    expect(arn.containerInstanceArn).to.equal(null);
    const next = await restarted(world, { ec2InstanceId: 'i-1' });
    await next.start((rows) =>
      rows.map(({ key, body }) => {
        if (key !== 'agent') return { key, body };
        const { cluster, containerInstanceArn } = body as Record<string, unknown>;
        return { key, body: { cluster, containerInstanceArn } };
      }),
    );
    expect(registered(next).containerInstanceArn).not.to.equal(null);
    expect(await identityIn(next)).to.deep.include({ ec2InstanceId: 'i-1' });
  });
});
