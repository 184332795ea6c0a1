import { expect } from 'chai';
import { CgroupError } from '../../../transport/cgroup/port.ts';
import { dockerNameOf } from '../../../transport/docker/port.ts';
import { SimCgroups } from '../../../transport/sim/cgroups.ts';
import { VirtualEngine } from './virtual.ts';

const limits = { cpu: 0.5, cpuShares: 1024, memoryMiB: 64, pids: null };
const refusal = (call: Promise<void>) =>
  call.then(
    () => 'done',
    (error: CgroupError) => `${error.code} ${error.message}`,
  );

describe('simulated cgroups', () => {
  it('have the limits they were last made with, and tell what was done in order', async () => {
    const cgroups = new SimCgroups();
    expect(await cgroups.ready()).to.equal(true);
    await cgroups.create('a', limits);
    await cgroups.create('a', { ...limits, pids: 10 });
    expect(cgroups.limits.get('a')).to.deep.equal({ ...limits, pids: 10 });
    await cgroups.remove('a');
    await cgroups.remove('a');
    expect(cgroups.log).to.deep.equal(['create a', 'create a', 'remove a']);
    expect([...cgroups.limits]).to.deep.equal([]);
  });

  it('fail so often as a story wants, and say why tasks cannot be limited', async () => {
    const cgroups = new SimCgroups();
    cgroups.failNext(new CgroupError('no'));
    expect(await refusal(cgroups.create('a', limits))).to.equal('CGROUP no');
    expect(await refusal(cgroups.create('a', limits))).to.equal('done');
    cgroups.setUnready('cgroups are not writable');
    expect(await cgroups.ready()).to.equal('cgroups are not writable');
  });

  it('are not removed while a container of the simulated Engine runs in them', async () => {
    const world = new VirtualEngine();
    const cgroups = new SimCgroups((parent) => world.engine.core.isBusy(parent));
    await cgroups.create('a', limits);
    const ref = await world.running({}, { arn: 'arn:aws:ecs:sim:0:task/specs/a' });
    expect(await refusal(cgroups.remove('a'))).to.include('device or resource busy');
    world.engine.core.exit(dockerNameOf(ref), 0);
    expect(await refusal(cgroups.remove('a'))).to.equal('done');
  });
});
