import { expect } from 'chai';
import { linuxCgroups } from '../../../transport/cgroup/cgroups.ts';
import { CgroupError } from '../../../transport/cgroup/port.ts';
import { type FakeKernel, kernelV1, kernelV2, recordingSystemd, rejectionOf } from './kernel.ts';

const limits = { cpu: 0.25, cpuShares: 512, memoryMiB: 64, pids: 100 };
const unlimited = { cpu: null, cpuShares: 1_024, memoryMiB: null, pids: null };

const slicesOn = (files: FakeKernel, cgroupVersion: 1 | 2, systemd = recordingSystemd()) => ({
  calls: systemd.calls,
  cgroups: linuxCgroups({
    root: '/cg',
    cpuPeriodMs: 50,
    engine: async () => ({ cgroupDriver: 'systemd', cgroupVersion }),
    files,
    systemd,
  }),
});

describe('slices of systemd', () => {
  const quota = 'CPUQuotaPerSecUSec t 250000 CPUQuotaPeriodUSec t 50000';
  const cases = [
    {
      version: 1 as const,
      kernel: kernelV1,
      limited: `4 ${quota} MemoryLimit t 67108864 TasksMax t 100`,
      weighted: '1 CPUShares t 1024',
    },
    {
      version: 2 as const,
      kernel: kernelV2,
      limited: `4 ${quota} MemoryMax t 67108864 TasksMax t 100`,
      weighted: '1 CPUWeight t 39',
    },
  ];
  for (const { version, kernel, limited, weighted } of cases) {
    it(`have the limits of a task as properties, on version ${version}`, async () => {
      const files = kernel();
      const { cgroups, calls } = slicesOn(files, version);
      await cgroups.ready();
      await cgroups.create('a1', limits);
      await cgroups.create('a2', unlimited);
      expect(calls).to.deep.equal([
        'StartUnit ss ecstasks.slice replace',
        `StartTransientUnit ssa(sv)a(sa(sv)) ecstasks-a1.slice replace ${limited} 0`,
        `StartTransientUnit ssa(sv)a(sa(sv)) ecstasks-a2.slice replace ${weighted} 0`,
      ]);
      expect(files.changes).to.deep.equal([]);
    });
  }

  it('get the properties if systemd knows them already', async () => {
    const { cgroups, calls } = slicesOn(kernelV2(), 2, recordingSystemd('StartTransientUnit'));
    await cgroups.create('a1', unlimited);
    expect(calls.slice(2)).to.deep.equal([
      'GetUnit s ecstasks-a1.slice',
      'SetUnitProperties sba(sv) ecstasks-a1.slice true 1 CPUWeight t 39',
    ]);
  });

  it('fail their task if systemd does not make them', async () => {
    const systemd = recordingSystemd('StartTransientUnit', 'GetUnit');
    const { cgroups, calls } = slicesOn(kernelV2(), 2, systemd);
    const failure = await rejectionOf(cgroups.create('a1', unlimited));
    expect(failure).to.be.instanceOf(CgroupError);
    expect(failure).to.have.property(
      'message',
      'The cgroup of task a1 cannot be made: StartTransientUnit refused',
    );
    expect(calls.some((call) => call.startsWith('SetUnitProperties'))).to.equal(false);
  });

  it('are stopped, and what the Engine has left of them is removed', async () => {
    const files = kernelV1();
    const { cgroups, calls } = slicesOn(files, 1);
    await cgroups.ready();
    const left = ['/cg/memory', '/cg/unified'].flatMap((tree) => [
      `${tree}/ecstasks.slice`,
      `${tree}/ecstasks.slice/ecstasks-a1.slice`,
      `${tree}/ecstasks.slice/ecstasks-a1.slice/docker-1.scope`,
    ]);
    for (const folder of left) files.add(folder);
    await cgroups.remove('a1');
    await cgroups.remove('a1');
    const stop = 'StopUnit ss ecstasks-a1.slice replace';
    expect(calls.slice(1)).to.deep.equal([stop, stop]);
    expect(left.filter((folder) => files.has(folder))).to.deep.equal([left[0], left[3]]);
  });

  const uses = [
    { version: 1 as const, kernel: kernelV1, tree: '/cg/memory' },
    { version: 2 as const, kernel: kernelV2, tree: '/cg' },
  ];
  for (const { version, kernel, tree } of uses) {
    it(`are not stopped while processes are in them, on version ${version}`, async () => {
      const files = kernel();
      const { cgroups, calls } = slicesOn(files, version);
      await cgroups.ready();
      // The parts of an id with dashes are slices of their own to systemd.
      const folders = ['ecstasks', 'ecstasks-a', 'ecstasks-a-b', 'docker-1'];
      let path = tree;
      for (const folder of folders) {
        path += `/${folder}${folder === 'docker-1' ? '.scope' : '.slice'}`;
        files.add(path, { 'cgroup.procs': folder === 'docker-1' ? '17' : '' });
      }
      const failure = await rejectionOf(cgroups.remove('a-b'));
      expect(failure).to.be.instanceOf(CgroupError);
      expect(failure).to.have.property('message', 'There are processes in ecstasks-a-b.slice');
      expect(calls).to.have.length(1);
      expect(files.has(path)).to.equal(true);
    });
  }
});
