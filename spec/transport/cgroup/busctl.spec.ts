import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { busctl } from '../../../transport/cgroup/busctl.ts';
import { rejectionOf } from './kernel.ts';

describe('calls of systemd', () => {
  const { PATH } = process.env;
  let folder = '';
  before(function () {
    if (process.platform === 'win32') this.skip();
    folder = mkdtempSync(join(tmpdir(), 'busctl-'));
    process.env.PATH = `${folder}:${PATH}`;
  });
  after(() => {
    process.env.PATH = PATH;
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Puts a command of this name before the real one. */
  const standIn = (script: string) =>
    writeFileSync(join(folder, 'busctl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  it('are made with the command that speaks to the system bus', async () => {
    standIn(`printf '%s\\n' "$@" > ${folder}/args`);
    await busctl.call('StopUnit', ['ss', 'a b.slice', 'replace']);
    expect(readFileSync(join(folder, 'args'), 'utf8').trim().split('\n')).to.deep.equal([
      ...['--system', '--quiet', '--timeout=10', 'call'],
      'org.freedesktop.systemd1',
      '/org/freedesktop/systemd1',
      'org.freedesktop.systemd1.Manager',
      ...['StopUnit', 'ss', 'a b.slice', 'replace'],
    ]);
  });

  it('fail with the words of the command', async () => {
    standIn('echo Call failed: Access denied >&2; exit 1');
    const failure = await rejectionOf(busctl.call('GetUnit', ['s', 'a.slice']));
    expect(failure).to.have.property('message', 'GetUnit: Call failed: Access denied');
  });

  it('fail where the command is not installed', async () => {
    process.env.PATH = join(folder, 'nothing');
    const failure = await rejectionOf(busctl.call('GetUnit', ['s', 'a.slice']));
    process.env.PATH = `${folder}:${PATH}`;
    expect(failure).to.have.property('message', 'GetUnit: spawn busctl ENOENT');
  });

  it('end when the caller loses interest', async () => {
    standIn('exec sleep 60');
    const interest = new AbortController();
    const call = rejectionOf(busctl.call('GetUnit', ['s', 'a.slice'], interest.signal));
    interest.abort();
    expect(await call).to.have.property('message', 'GetUnit: The operation was aborted');
  });
});
