import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { linuxCgroups } from '../../../transport/cgroup/cgroups.ts';
import { realCgroupFiles } from '../../../transport/cgroup/files.ts';
import { CgroupError } from '../../../transport/cgroup/port.ts';
import { describeWithEngine, libraryOf } from '../../support/engine.ts';
import { testImage } from '../../support/engine-plans.ts';
import { requireOrSkip } from '../../support/needs.ts';
import { type FakeKernel, kernelV1, rejectionOf } from './kernel.ts';

const engine = async () => ({ cgroupDriver: 'cgroupfs', cgroupVersion: 1 }) as const;
const limits = { cpu: 0.1, cpuShares: 512, memoryMiB: 16, pids: 20 };

describe('cgroups of version 1, as they are written', () => {
  const cgroupsOn = (files: FakeKernel) =>
    linuxCgroups({ root: '/cg', cpuPeriodMs: 50, engine, files });

  it('are in every tree, with the limits where their controllers are', async () => {
    const files = kernelV1();
    const cgroups = cgroupsOn(files);
    await cgroups.ready();
    files.changes.length = 0;
    await cgroups.create('a1', limits);
    expect(files.changes).to.deep.equal([
      'mkdir /cg/cpu,cpuacct/ecs/a1',
      '/cg/cpu,cpuacct/ecs/a1/cpu.cfs_period_us = 50000',
      '/cg/cpu,cpuacct/ecs/a1/cpu.cfs_quota_us = 5000',
      'mkdir /cg/memory/ecs/a1',
      '/cg/memory/ecs/a1/memory.use_hierarchy = 1',
      '/cg/memory/ecs/a1/memory.limit_in_bytes = 16777216',
      'mkdir /cg/pids/ecs/a1',
      '/cg/pids/ecs/a1/pids.max = 20',
      'mkdir /cg/cpuset/ecs/a1',
      '/cg/cpuset/ecs/a1/cpuset.cpus = 0-3',
      '/cg/cpuset/ecs/a1/cpuset.mems = 0',
      'mkdir /cg/systemd/ecs/a1',
    ]);
  });

  it('get the limits again where they are, and nothing else', async () => {
    const files = kernelV1();
    const cgroups = cgroupsOn(files);
    await cgroups.create('a1', limits);
    files.changes.length = 0;
    await cgroups.create('a1', { cpu: null, cpuShares: 512, memoryMiB: 32, pids: null });
    expect(files.changes).to.deep.equal([
      '/cg/cpu,cpuacct/ecs/a1/cpu.shares = 512',
      '/cg/memory/ecs/a1/memory.limit_in_bytes = 33554432',
    ]);
  });

  it('are not made without a limit that was asked for', async () => {
    const files = kernelV1(['cpu', 'memory']);
    const failure = await rejectionOf(cgroupsOn(files).create('a1', limits));
    expect(failure).to.be.instanceOf(CgroupError);
    expect(failure).to.have.property('message', 'There are no cgroups of pids');
    expect(files.has('/cg/memory/ecs/a1')).to.equal(false);
  });

  it('are removed from all trees, those of version 2 and those after one that is in use', async () => {
    const files = kernelV1();
    const cgroups = cgroupsOn(files);
    await cgroups.create('a1', limits);
    for (const folder of ['ecs', 'ecs/a1', 'ecs/a1/c1']) files.add(`/cg/unified/${folder}`);
    files.add('/cg/memory/ecs/a1', { 'cgroup.procs': '17' });
    expect(await rejectionOf(cgroups.remove('a1'))).to.be.instanceOf(CgroupError);
    const left = ['cpu,cpuacct', 'memory', 'pids', 'cpuset', 'systemd', 'unified'].filter((tree) =>
      files.has(`/cg/${tree}/ecs/a1`),
    );
    expect(left).to.deep.equal(['memory']);
  });
});

describe('the real files of cgroups', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cgroup-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('list a tree once, and not by the links to it', async () => {
    mkdirSync(join(folder, 'cpu,cpuacct'));
    symlinkSync('cpu,cpuacct', join(folder, 'cpu'));
    expect(await realCgroupFiles.list(folder)).to.deep.equal(['cpu,cpuacct']);
  });

  it('are those that the kernel makes, and no others', async () => {
    const failure = await rejectionOf(realCgroupFiles.write(join(folder, 'pids.max'), '1'));
    expect(failure).to.have.property('code', 'ENOENT');
  });
});

describe('cgroups of version 1, as the kernel keeps them', () => {
  const root = '/sys/fs/cgroup';
  const cgroups = linuxCgroups({ root, cpuPeriodMs: 100, engine });
  const id = randomUUID().replaceAll('-', '');
  const pathOf = (controller: string): string => `${root}/${controller}/ecs/${id}`;
  const textOf = (controller: string, file: string): string =>
    readFileSync(`${pathOf(controller)}/${file}`, 'utf8').trim();
  const counted = (controller: string, file: string, name: string): number =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(textOf(controller, file))?.[1]);
  const trees = ['cpu', 'cpuset', 'memory', 'pids', 'freezer', 'devices', 'unified'];

  /** A shell that enters the task's cgroup and runs `script` in it. */
  const runInside = (controller: string, script: string): ChildProcess => {
    const command = `echo $$ > ${pathOf(controller)}/cgroup.procs && ${script}`;
    return spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] });
  };

  before(async function () {
    const isV1 = existsSync(`${root}/memory/memory.limit_in_bytes`);
    const isRoot = process.getuid?.() === 0;
    requireOrSkip(this, isV1 && isRoot ? null : `cgroups of version 1 at ${root} need root`);
    expect(await cgroups.ready()).to.equal(true);
    await cgroups.create(id, limits);
  });
  after(() => cgroups.remove(id).catch(() => {})); // of a suite that has not come so far

  it('have the limits of their task, and can be made again', async () => {
    await cgroups.create(id, limits);
    expect({
      periodUs: textOf('cpu', 'cpu.cfs_period_us'),
      quotaUs: textOf('cpu', 'cpu.cfs_quota_us'),
      memoryBytes: textOf('memory', 'memory.limit_in_bytes'),
      withChildren: textOf('memory', 'memory.use_hierarchy'),
      pids: textOf('pids', 'pids.max'),
    }).to.deep.equal({
      periodUs: '100000',
      quotaUs: '10000',
      memoryBytes: '16777216',
      withChildren: '1',
      pids: '20',
    });
  });

  it('let processes in on all processors', async () => {
    expect(textOf('cpuset', 'cpuset.cpus')).to.equal(
      readFileSync(`${root}/cpuset/cpuset.cpus`, 'utf8').trim(),
    );
    expect(await once(runInside('cpuset', 'true'), 'exit')).to.deep.equal([0, null]);
  });

  it('end a process that takes more memory than its task has', async () => {
    const eater = runInside('memory', 'exec tail /dev/zero');
    expect(await once(eater, 'exit')).to.deep.equal([null, 'SIGKILL']);
    expect(counted('memory', 'memory.oom_control', 'oom_kill')).to.equal(1);
  });

  it('hold back a process that takes more of the processor than its task has', async () => {
    const work = 'n=0; while [ $n -lt 100000 ]; do n=$((n + 1)); done';
    expect(await once(runInside('cpu', work), 'exit')).to.deep.equal([0, null]);
    expect(counted('cpu', 'cpu.stat', 'nr_throttled')).to.be.at.least(1);
  });

  it('stay while a process is in them, and are gone once it has ended', async () => {
    const guest = runInside('memory', 'echo in && read line');
    const ended = once(guest, 'exit');
    if (guest.stdout) await once(guest.stdout, 'data');
    const failure = await rejectionOf(cgroups.remove(id));
    expect(failure).to.be.instanceOf(CgroupError);
    expect(existsSync(pathOf('memory'))).to.equal(true);
    guest.stdin?.end('\n');
    await ended;
    await cgroups.remove(id);
    await cgroups.remove(id);
    expect(trees.filter((tree) => existsSync(pathOf(tree)))).to.deep.equal([]);
  });

  describeWithEngine('with a container in them', (dockerHost) => {
    it('end its process at the limit of the task, and are removed with what it leaves', async () => {
      await cgroups.create(id, limits);
      const container = await libraryOf(dockerHost()).createContainer({
        Image: testImage,
        name: `cgroup-${id}`,
        Cmd: ['/bin/sh', '-c', 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'],
        HostConfig: { CgroupParent: cgroups.parentOf(id), NetworkMode: 'none' },
      });
      await container.start();
      const { StatusCode } = await container.wait();
      await container.remove();
      expect(StatusCode).to.equal(137);
      await cgroups.remove(id);
      expect(trees.filter((tree) => existsSync(pathOf(tree)))).to.deep.equal([]);
    });
  });
});
