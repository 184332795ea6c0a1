import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const liver = fileURLToPath(new URL('./liver.ts', import.meta.url));

describe('the life of the process', () => {
  const living: ChildProcess[] = [];
  afterEach(() => {
    for (const child of living.splice(0)) child.kill('SIGKILL');
  });

  /** A process that does this; what it says, and how it ends. */
  function live(words: string[], options: string[] = []) {
    const child = spawn(process.execPath, [...options, '--import', 'tsx', liver, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    living.push(child);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      child.emit('said');
    });
    const ended = once(child, 'close').then(([code, signal]) => ({
      ...{ code, signal },
      lines: said.split('\n').filter((line) => line !== ''),
    }));
    const begun = async () => {
      while (!said.includes('Begun')) await once(child, 'said');
    };
    return { child, ended, begun };
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`ends with its own code on ${signal}`, async () => {
      const { child, ended, begun } = live(['wait']);
      await begun();
      child.kill(signal);
      const { code, lines } = await ended;
      expect(code).to.equal(7);
      const said = `msg="Asked to stop; tasks go on running" signal="${signal}"`;
      expect(lines[1]?.endsWith(said), lines[1]).to.equal(true);
    });

  it('passes over the signals after the first', async function () {
    if (process.platform === 'win32') this.skip();
    const { child, ended, begun } = live(['linger']);
    await begun();
    child.kill('SIGTERM');
    await once(child, 'said');
    child.kill('SIGINT');
    child.kill('SIGUSR2');
    const { code, lines } = await ended;
    expect(code).to.equal(0);
    expect(lines.filter((line) => line.includes('Asked to stop'))).to.have.length(1);
  });

  it('ends by the signal within five seconds where a thread hangs that the exit would wait for', async function () {
    if (process.platform === 'win32') this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'agent-life-'));
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const { child, ended, begun } = live(['hang', pipe]);
    await begun();
    const since = Date.now();
    child.kill('SIGTERM');
    const { signal, lines } = await ended;
    expect(Date.now() - since).to.be.within(3_500, 5_000);
    expect(signal).to.equal('SIGTERM');
    expect(lines.at(-1)).to.match(/^level=error .*Something hangs.* hangs=".*FSReqCallback/);
    rmSync(folder, { recursive: true });
  });

  it('ends with 1 and one line after a fault, with its code and its stack', async () => {
    const { code, lines } = await live(['throw']).ended;
    expect(code).to.equal(1);
    const told = lines.filter((line) => line.startsWith('level=critical'));
    expect(told).to.have.length(1);
    expect(told[0])
      .to.include('code="SPEC_FAULT" origin="uncaughtException"')
      .and.match(/stack="Error: a fault\\nof this program\\n {4}at .*liver\.ts/);
  });

  it('ends with 1 after a promise that nobody heard fail', async () => {
    const { code, lines } = await live(['reject']).ended;
    expect(code).to.equal(1);
    expect(lines.at(-1)).to.match(
      /^level=critical .*origin="unhandledRejection" stack=".*no error/,
    );
  });

  it('ends with 1 and one clear line before its heap is full', async () => {
    // The heap grows as the executable has it.
    const leaky = ['--max-old-space-size=200', '--heap-growing-percent=10'];
    const { code, lines } = await live(['leak'], leaky).ended;
    expect(code).to.equal(1);
    expect(lines.at(-1)).to.match(
      /^level=critical .*msg="The agent is out of memory and ends; start it again" usedMiB=\d+ limitMiB=200$/,
    );
  });

  it('tells what it does on SIGUSR1, and goes on', async function () {
    if (process.platform === 'win32') this.skip();
    const { child, ended, begun } = live(['wait']);
    await begun();
    child.kill('SIGUSR1');
    await once(child, 'said');
    child.kill('SIGTERM');
    const { code, lines } = await ended;
    expect(code).to.equal(7);
    expect(lines[1]).to.match(/^level=critical .*msg="The agent has not begun"$/);
  });
});
