import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { realHost } from '../../../transport/host/host.ts';
import { linuxPortRange } from '../../../transport/host/linux.ts';
import { portFinder } from '../../../transport/host/ports.ts';

const first = 23_400;

describe('free host ports', () => {
  const taken: { close(): void }[] = [];
  const take = async (port: number): Promise<void> => {
    const server: Server = createServer();
    taken.push(server);
    await once(server.listen(port, '127.0.0.1'), 'listening');
  };
  afterEach(() => {
    for (const each of taken.splice(0)) each.close();
  });

  it('are given one after the other, around the range', async () => {
    const find = portFinder({ first, last: first + 2 });
    const request = { count: 1, protocol: 'tcp' } as const;
    const given = [await find(request), await find(request), await find(request)];
    expect([...given, await find(request)]).to.deep.equal([first, first + 1, first + 2, first]);
  });

  it('are not given twice to those who ask at the same time', async () => {
    const find = portFinder({ first, last: first + 99 });
    const asked = Array.from({ length: 20 }, () => find({ count: 2, protocol: 'tcp' }));
    const ports = (await Promise.all(asked)).flatMap((port) => [port, port + 1]);
    expect(new Set(ports)).to.have.property('size', 40);
  });

  it('do not hold one that something listens on, and a run begins after it', async () => {
    await take(first + 2);
    const find = portFinder({ first, last: first + 9 });
    expect(await find({ count: 3, protocol: 'tcp' })).to.equal(first + 3);
  });

  it('are of one run, which does not wrap around the end of the range', async () => {
    const find = portFinder({ first, last: first + 4 });
    await find({ count: 3, protocol: 'tcp' });
    expect(await find({ count: 3, protocol: 'tcp' })).to.equal(first);
  });

  it('are found though the only run is on both sides of where the search begins', async () => {
    const find = portFinder({ first, last: first + 4 });
    await find({ count: 2, protocol: 'tcp' });
    expect(await find({ count: 5, protocol: 'tcp' })).to.equal(first);
  });

  it('are found for udp where tcp is taken', async () => {
    await take(first);
    const socket = createSocket('udp4');
    taken.push(socket);
    await new Promise<void>((resolve) => socket.bind(first + 1, resolve));
    const find = portFinder({ first, last: first + 9 });
    expect(await find({ count: 1, protocol: 'udp' })).to.equal(first);
    expect(await find({ count: 1, protocol: 'udp' })).to.equal(first + 2);
  });

  it('are refused where there are none, and asked for again in vain do no harm', async () => {
    await take(first);
    const find = portFinder({ first, last: first + 1 });
    const outcome = await find({ count: 2, protocol: 'tcp' }).catch((error: unknown) => error);
    expect(outcome).to.include({ code: 'HOST_PORTS_EXHAUSTED' });
    expect(await find({ count: 1, protocol: 'tcp' })).to.equal(first + 1);
  });
});

describe('the range of the ports that the host gives out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'range-'));
  after(() => rmSync(folder, { recursive: true }));

  it('is that of the kernel', () => {
    writeFileSync(join(folder, 'range'), '32768\t60999\n');
    expect(linuxPortRange(join(folder, 'range'))).to.deep.equal({ first: 32_768, last: 60_999 });
  });

  it('is the usual one where the kernel names none', () => {
    writeFileSync(join(folder, 'bad'), 'none');
    for (const path of ['missing', 'bad']) {
      expect(linuxPortRange(join(folder, path))).to.deep.equal({ first: 49_153, last: 65_535 });
    }
  });
});

describe('the ports of the host', () => {
  it('are of the range that is given', async () => {
    const host = realHost({ portRange: { first: 23_600, last: 23_602 } });
    expect(await host.freePorts({ count: 1, protocol: 'tcp' })).to.be.within(23_600, 23_602);
    const tooMany = await host.freePorts({ count: 4, protocol: 'tcp' }).catch((error) => error);
    expect(tooMany).to.include({ code: 'HOST_PORTS_EXHAUSTED' });
  });

  it('are of the system’s own range where none is given', async () => {
    const { first: from, last } = linuxPortRange();
    const port = await realHost({ portRange: null }).freePorts({ count: 1, protocol: 'tcp' });
    expect(port).to.be.within(from, last);
  });
});

describe('the disk of a folder', () => {
  it('is as full as df says', async () => {
    const [, used = 0, free = 0] = (
      spawnSync('df', ['--block-size=1', '--output=size,used,avail', tmpdir()])
        .stdout.toString()
        .split('\n')[1] ?? ''
    )
      .trim()
      .split(/\s+/)
      .map(Number);
    const disk = await realHost().disk(tmpdir());
    const gib = 1024 ** 3;
    expect(disk?.freeBytes).to.be.closeTo(free, gib);
    expect(disk?.totalBytes).to.be.closeTo(used + free, gib);
  });

  it('is unknown for a folder that is missing', async () => {
    expect(await realHost().disk('/nowhere/at/all')).to.equal(null);
  });

  it('is unknown where there are no blocks to count', async () => {
    expect(await realHost().disk('/proc')).to.equal(null);
  });
});

describe('the facts of the host', () => {
  it('are in the units of ECS', () => {
    const facts = realHost().facts();
    expect(facts.cpuUnits % 1024).to.equal(0);
    expect(facts.cpuUnits).to.be.at.least(1024);
    expect(facts.memoryMiB).to.be.within(128, 16 * 1024 * 1024);
    expect(facts.cpuArchitecture).to.be.oneOf(['x86_64', 'arm64', 'i386']);
  });
});
