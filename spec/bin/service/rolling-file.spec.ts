import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { expect } from 'chai';
import { RollingFile, type RollingFileOptions } from '../../../bin/service/rolling-file.ts';
import { SimClock } from '../../../transport/sim/clock.ts';

describe('a log file', () => {
  let folder: string;
  let path: string;
  let clock: SimClock;
  let told: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agent-roll-'));
    path = join(folder, 'agent.log');
    clock = new SimClock(Date.UTC(2026, 5, 30, 17, 30));
    told = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (more: Partial<RollingFileOptions> = {}) =>
    new RollingFile({
      ...{ path, clock, rollover: 'size', maxBytes: 30, keep: 3 },
      failed: ({ message }) => told.push(message),
      recovered: (lostLines) => told.push(`recovered ${lostLines}`),
      ...more,
    });
  const put = (file: RollingFile, line: string): Promise<void> =>
    new Promise((resolve) => void file.write(`${line}\n`, () => resolve()));
  const close = async (file: RollingFile) => {
    file.end();
    await finished(file);
  };
  /** Each file of the log with its lines. */
  const files = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder)
        .sort()
        .map((name) => [
          name,
          readFileSync(join(folder, name), 'utf8').trim().replaceAll('\n', ' '),
        ]),
    );

  it('is begun anew before it is too large, with numbers that only grow, and the oldest goes', async () => {
    const file = open();
    for (let n = 10; n < 22; n++) await put(file, `line ${n} is 14`);
    await close(file);
    expect(files()).to.deep.equal({
      'agent.log': 'line 20 is 14 line 21 is 14',
      'agent.log.3': 'line 14 is 14 line 15 is 14',
      'agent.log.4': 'line 16 is 14 line 17 is 14',
      'agent.log.5': 'line 18 is 14 line 19 is 14',
    });
  });

  it('counts on from what is there, and adds to what it finds', async () => {
    writeFileSync(path, 'from before\n');
    writeFileSync(`${path}.9`, 'nine\n');
    writeFileSync(`${path}.10`, 'ten\n');
    writeFileSync(`${path}.bak`, 'not mine\n');
    const file = open({ keep: 2 });
    await put(file, 'a line of its own');
    await put(file, 'one too many');
    await close(file);
    expect(files()).to.deep.equal({
      'agent.log': 'one too many',
      'agent.log.10': 'ten',
      'agent.log.11': 'from before a line of its own',
      'agent.log.bak': 'not mine',
    });
  });

  it('does not use a number again whose file was taken away', async () => {
    const file = open();
    for (const line of ['a'.repeat(29), 'b'.repeat(29)]) await put(file, line);
    rmSync(`${path}.1`);
    await put(file, 'c');
    await close(file);
    expect(Object.keys(files())).to.deep.equal(['agent.log', 'agent.log.2']);
  });

  it('keeps lines whole that are written at once, and a line whole that is too long', async () => {
    const file = open();
    file.write(`${'x'.repeat(50)}\n`);
    for (let n = 10; n < 16; n++) file.write(`line ${n} is 14\n`);
    await close(file);
    expect(files()).to.deep.equal({
      'agent.log': 'line 14 is 14 line 15 is 14',
      'agent.log.1': 'x'.repeat(50),
      'agent.log.2': 'line 10 is 14 line 11 is 14',
      'agent.log.3': 'line 12 is 14 line 13 is 14',
    });
  });

  it('is named after its hour when the next one begins, and goes when there are too many', async () => {
    const file = open({ rollover: 'hourly', keep: 2 });
    for (let hour = 17; hour < 22; hour++) {
      await put(file, `at ${hour}`);
      await clock.advance(1_800_000);
      await put(file, `after ${hour}:59`);
      await clock.advance(1_800_000);
    }
    await close(file);
    expect(files()).to.deep.equal({
      'agent.log': 'after 21:59',
      'agent.log.2026-06-30-20': 'after 19:59 at 20',
      'agent.log.2026-06-30-21': 'after 20:59 at 21',
    });
  });

  it('is set aside at the start if it is of an earlier hour', async () => {
    writeFileSync(path, 'from before\n');
    const at = new Date(Date.UTC(2026, 5, 30, 15, 59));
    utimesSync(path, at, at);
    const file = open({ rollover: 'hourly' });
    await put(file, 'now');
    await close(file);
    expect(files()).to.deep.equal({ 'agent.log': 'now', 'agent.log.2026-06-30-15': 'from before' });
  });

  it('grows for ever where it is to', async () => {
    const file = open({ rollover: 'none' });
    for (let n = 10; n < 20; n++) await put(file, `line ${n} is 14`);
    await close(file);
    expect(Object.keys(files())).to.deep.equal(['agent.log']);
  });

  it('is tried again a minute after it failed; what is lost meanwhile is counted', async () => {
    writeFileSync(join(folder, 'blocked'), '');
    const file = open({ path: join(folder, 'blocked', 'agent.log') });
    await put(file, 'one');
    await put(file, 'two');
    await clock.advance(60_000);
    await put(file, 'three');
    rmSync(join(folder, 'blocked'));
    await put(file, 'four');
    expect(told).to.have.length(1);
    expect(told[0]).to.include('ENOTDIR');
    await clock.advance(60_000);
    await put(file, 'five');
    await close(file);
    expect(told.slice(1)).to.deep.equal(['recovered 4']);
    expect(readFileSync(join(folder, 'blocked', 'agent.log'), 'utf8')).to.equal('five\n');
  });

  it('takes lines on a full disk as if it wrote them', async function () {
    if (process.platform !== 'linux') this.skip();
    const file = open({ path: '/dev/full' });
    for (let n = 0; n < 100; n++) file.write('lost\n');
    await close(file);
    expect(told).to.deep.equal(['ENOSPC: no space left on device, write']);
  });
});
