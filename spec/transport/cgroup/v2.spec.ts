import { expect } from 'chai';
import { linuxCgroups } from '../../../transport/cgroup/cgroups.ts';
import { CgroupError } from '../../../transport/cgroup/port.ts';
import { type FakeKernel, kernelV2, rejectionOf } from './kernel.ts';

const engine = async () => ({ cgroupDriver: 'cgroupfs', cgroupVersion: 2 }) as const;
const cgroupsOn = (files: FakeKernel) =>
  linuxCgroups({ root: '/cg', cpuPeriodMs: 50, engine, files });

describe('cgroups of version 2', () => {
  const limits = { cpu: 0.25, cpuShares: 512, memoryMiB: 64, pids: 100 };

  it('hand the controllers down to those of tasks', async () => {
    const files = kernelV2();
    expect(await cgroupsOn(files).ready()).to.equal(true);
    expect(files.changes).to.deep.equal([
      '/cg/cgroup.subtree_control = +cpu +memory +pids',
      'mkdir /cg/ecs',
      '/cg/ecs/cgroup.subtree_control = +cpu +memory +pids',
    ]);
  });

  const cases = [
    {
      gets: 'a quota, bytes and a number of processes',
      limits,
      written: ['cpu.max = 12500 50000', 'memory.max = 67108864', 'pids.max = 100'],
    },
    {
      gets: 'a weight where it has no quota',
      limits: { cpu: null, cpuShares: 1_024, memoryMiB: null, pids: null },
      written: ['cpu.weight = 39'],
    },
  ];
  for (const { gets, limits, written } of cases) {
    it(`give a task ${gets}, and once more if asked again`, async () => {
      const files = kernelV2();
      const cgroups = cgroupsOn(files);
      await cgroups.ready();
      for (const made of [['mkdir /cg/ecs/a1'], []]) {
        files.changes.length = 0;
        await cgroups.create('a1', limits);
        const changes = files.changes.filter((change) => change.includes('/cg/ecs/a1'));
        expect(changes).to.deep.equal([...made, ...written.map((each) => `/cg/ecs/a1/${each}`)]);
      }
    });
  }

  it('limit processor and memory where the kernel does not count processes', async () => {
    const cgroups = cgroupsOn(kernelV2('cpu memory'));
    expect(await cgroups.ready()).to.equal(true);
    await cgroups.create('a1', { ...limits, pids: null });
    expect(await rejectionOf(cgroups.create('a2', limits))).to.be.instanceOf(CgroupError);
  });

  it('are made again below a cgroup of all tasks that another has removed', async () => {
    const files = kernelV2();
    const cgroups = cgroupsOn(files);
    await cgroups.ready();
    await files.rmdir('/cg/ecs');
    await cgroups.create('a1', limits);
    expect(files.textOf('/cg/ecs/a1/pids.max')).to.equal('100');
  });

  it('are removed with what the Engine has left in them, deepest first', async () => {
    const files = kernelV2();
    const cgroups = cgroupsOn(files);
    await cgroups.create('a1', limits);
    for (const left of ['c1', 'c1/inner', 'c2']) files.add(`/cg/ecs/a1/${left}`);
    files.changes.length = 0;
    await cgroups.remove('a1');
    await cgroups.remove('a1');
    expect(files.changes).to.deep.equal(
      ['/c1/inner', '/c1', '/c2', ''].map((folder) => `rmdir /cg/ecs/a1${folder}`),
    );
  });

  it('are not removed while processes are in them', async () => {
    const files = kernelV2();
    const cgroups = cgroupsOn(files);
    await cgroups.create('a1', limits);
    files.add('/cg/ecs/a1/c1', { 'cgroup.procs': '17' });
    const failure = await rejectionOf(cgroups.remove('a1'));
    expect(failure).to.be.instanceOf(CgroupError);
    expect(failure).to.have.property(
      'message',
      'The cgroup of task a1 cannot be removed: EBUSY: /cg/ecs/a1/c1',
    );
  });
});
