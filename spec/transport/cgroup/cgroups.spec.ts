import { expect } from 'chai';
import { type EngineCgroups, linuxCgroups } from '../../../transport/cgroup/cgroups.ts';
import { CgroupError } from '../../../transport/cgroup/port.ts';
import { DockerError } from '../../../transport/docker/port.ts';
import { type FakeKernel, kernelV1, kernelV2, recordingSystemd, rejectionOf } from './kernel.ts';

const limits = { cpu: 1, cpuShares: 2, memoryMiB: 64, pids: null };

const cgroupsOn = (files: FakeKernel, engine: EngineCgroups, systemd = recordingSystemd()) =>
  linuxCgroups({ root: '/cg', cpuPeriodMs: 100, engine: async () => engine, files, systemd });

const as = (cgroupDriver: EngineCgroups['cgroupDriver'], cgroupVersion: 1 | 2): EngineCgroups => ({
  cgroupDriver,
  cgroupVersion,
});

describe('the cgroups of tasks', () => {
  const ways = [
    { engine: as('cgroupfs', 1), kernel: kernelV1, parent: '/ecs/a1' },
    { engine: as('cgroupfs', 2), kernel: kernelV2, parent: '/ecs/a1' },
    { engine: as('systemd', 1), kernel: kernelV1, parent: 'ecstasks-a1.slice' },
    { engine: as('systemd', 2), kernel: kernelV2, parent: 'ecstasks-a1.slice' },
  ];
  for (const { engine, kernel, parent } of ways) {
    const { cgroupDriver, cgroupVersion } = engine;
    it(`are named as the Engine names them with ${cgroupDriver} on version ${cgroupVersion}`, async () => {
      const cgroups = cgroupsOn(kernel(), engine);
      expect(await cgroups.ready()).to.equal(true);
      expect(cgroups.parentOf('a1')).to.equal(parent);
    });
  }

  const readOnly = (kernel: FakeKernel): FakeKernel => {
    kernel.refusing = () => true;
    return kernel;
  };
  const reasons: { files: FakeKernel; engine: EngineCgroups; reason: string }[] = [
    {
      files: kernelV1(),
      engine: as('none', 1),
      reason: 'the Docker Engine makes no cgroups (its cgroup driver is none)',
    },
    {
      files: kernelV1(['cpuset']),
      engine: as('cgroupfs', 1),
      reason: 'there are no cgroups of cpu and memory at /cg',
    },
    {
      files: kernelV1(['cpu', 'pids']),
      engine: as('systemd', 1),
      reason: 'there are no cgroups of memory at /cg',
    },
    {
      files: readOnly(kernelV1()),
      engine: as('cgroupfs', 1),
      reason: 'the cgroups at /cg cannot be changed: EROFS: /cg/cpu,cpuacct/ecs',
    },
    {
      files: kernelV1(),
      engine: as('cgroupfs', 2),
      reason: 'there are no cgroups at /cg: ENOENT: /cg/cgroup.controllers',
    },
    {
      files: kernelV2('io pids'),
      engine: as('cgroupfs', 2),
      reason: 'the cgroups at /cg have no cpu and no memory',
    },
    {
      files: kernelV2('cpu pids'),
      engine: as('systemd', 2),
      reason: 'the cgroups at /cg have no memory',
    },
    {
      files: readOnly(kernelV2()),
      engine: as('cgroupfs', 2),
      reason: 'the cgroups at /cg cannot be changed: EROFS: /cg/cgroup.subtree_control',
    },
  ];
  for (const { files, engine, reason } of reasons) {
    it(`are not made because ${reason}`, async () => {
      const cgroups = cgroupsOn(files, engine);
      expect(await cgroups.ready()).to.equal(reason);
      const failure = await rejectionOf(cgroups.create('a1', limits));
      expect(failure).to.be.instanceOf(CgroupError);
      expect(failure).to.have.property('message', `Tasks cannot be limited: ${reason}`);
    });
  }

  it('are not made because systemd refuses the slice of all tasks', async () => {
    const cgroups = cgroupsOn(kernelV2(), as('systemd', 2), recordingSystemd('StartUnit'));
    expect(await cgroups.ready()).to.equal('systemd does not make slices: StartUnit refused');
  });

  it('have no names before it is known how the Engine makes its own', () => {
    const cgroups = cgroupsOn(kernelV2(), as('cgroupfs', 2));
    expect(() => cgroups.parentOf('a1')).to.throw(CgroupError);
  });

  it('are made and removed for an agent that has not readied them', async () => {
    const files = kernelV2();
    await cgroupsOn(files, as('cgroupfs', 2)).create('a1', limits);
    expect(files.has('/cg/ecs/a1')).to.equal(true);
    await cgroupsOn(files, as('cgroupfs', 2)).remove('a1');
    expect(files.has('/cg/ecs/a1')).to.equal(false);
  });

  it('pass on that the Engine cannot be asked, which may be tried again', async () => {
    const unreachable = new DockerError('DOCKER_UNREACHABLE', 'no Engine');
    const engine = () => Promise.reject(unreachable);
    const cgroups = linuxCgroups({ root: '/cg', cpuPeriodMs: 100, engine, files: kernelV2() });
    expect(await rejectionOf(cgroups.ready())).to.equal(unreachable);
    expect(await rejectionOf(cgroups.create('a1', limits))).to.equal(unreachable);
  });

  it('are not touched for a task whose id leads elsewhere', async () => {
    const files = kernelV2();
    const cgroups = cgroupsOn(files, as('cgroupfs', 2));
    await cgroups.ready();
    const before = [...files.changes];
    for (const id of ['', '..', 'a/b', 'a\n']) {
      expect(await rejectionOf(cgroups.create(id, limits))).to.be.instanceOf(CgroupError);
      expect(await rejectionOf(cgroups.remove(id))).to.be.instanceOf(CgroupError);
      expect(() => cgroups.parentOf(id)).to.throw(CgroupError);
    }
    expect(files.changes).to.deep.equal(before);
  });

  it('are not made once the caller has lost interest', async () => {
    const files = kernelV2();
    const cgroups = cgroupsOn(files, as('cgroupfs', 2));
    await cgroups.ready();
    const given = cgroups.create('a1', limits, AbortSignal.abort());
    expect(await rejectionOf(given)).to.be.instanceOf(CgroupError);
    expect(files.has('/cg/ecs/a1')).to.equal(false);
  });
});
