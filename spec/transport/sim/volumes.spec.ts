import { expect } from 'chai';
import { dockerNameOf } from '../../../transport/docker/port.ts';
import { lone, taskPlan } from '../../support/engine-plans.ts';
import { VirtualEngine } from './virtual.ts';

const volume = (more: { name?: string; driver?: string } = {}) => ({
  name: 'data',
  driver: 'local',
  driverOpts: {},
  labels: {},
  ...more,
});

describe('the volumes of the simulated Engine', () => {
  it('are of the drivers that there are', async () => {
    const world = new VirtualEngine();
    const { port } = world;
    const made = () => port.createVolume(volume({ driver: 'cloud' }));
    expect(await world.refusal(made())).to.include('plugin "cloud" not found');
    world.engine.core.volumes.addDriver('cloud');
    expect(await world.outcome(made())).to.equal('answered');
    const other = world.refusal(port.createVolume(volume()));
    expect(await other).to.include('already exists with the cloud driver');
  });

  it('fail with a driver that fails, made or removed', async () => {
    const world = new VirtualEngine();
    const { port } = world;
    await world.answer(port.createVolume(volume()));
    world.engine.core.volumes.failDriver('local', 'the array is on fire');
    const refusals = [
      await world.refusal(port.createVolume(volume({ name: 'more' }))),
      await world.refusal(port.removeVolume('data')),
    ];
    for (const refusal of refusals) expect(refusal).to.include('the array is on fire');
    world.engine.core.volumes.addDriver('local');
    expect(await world.outcome(port.removeVolume('data'))).to.equal('answered');
    expect(await world.answer(port.inspectVolume('data'))).to.equal(null);
  });

  it('are made for a container that mounts one that there is not', async () => {
    const world = new VirtualEngine();
    const mountPoints = [{ volume: 'scratch', containerPath: '/tmp', readOnly: false }];
    const { container, ...ref } = lone({ mountPoints });
    const shared = { kind: 'docker', scope: 'shared', autoprovision: true } as const;
    const task = taskPlan([container], {
      volumes: [{ ...shared, ...volume({ name: 'scratch' }) }],
    });
    await world.answer(world.port.create({ ...ref, task, container }));
    expect(world.engine.core.volumes.list().map(({ name }) => name)).to.deep.equal(['scratch']);
    const refusal = await world.refusal(world.port.removeVolume('scratch'));
    expect(refusal).to.include('volume is in use');
    await world.answer(world.port.remove(dockerNameOf({ task, container })));
    expect(await world.outcome(world.port.removeVolume('scratch'))).to.equal('answered');
  });
});
