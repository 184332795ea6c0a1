import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { LogSettings } from '../../../bin/service/log.ts';

const speaker = fileURLToPath(new URL('./speaker.ts', import.meta.url));

/** What a process prints that speaks to the log, and says at its end. */
async function speak(settings: Partial<LogSettings>, lines = 0) {
  const child = start(settings, lines);
  const [out, end] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { lines: out.split('\n').slice(0, -1), end };
}

const start = (settings: Partial<LogSettings>, lines: number) =>
  spawn(process.execPath, ['--import', 'tsx', speaker, JSON.stringify(settings), String(lines)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });

describe('the log', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-log-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const time = 'time=2026-06-30T17:02:14Z';
  const said = [
    `level=debug ${time} msg="Asked"`,
    `level=info ${time} msg="Loading \\"configuration\\"" key="v w" num=1 is=true none=null`,
    `level=warn ${time} msg="Two\\nlines"`,
    `level=error ${time} msg="Failed" code="DOCKER_TIMEOUT"`,
    `level=critical ${time} msg="The agent ends"`,
  ];

  const least = { debug: 0, info: 1, warn: 2, error: 3, crit: 4, none: 5 } as const;
  for (const [level, from] of Object.entries(least))
    it(`at ${level} says ${5 - from} of a line of each level, in logfmt`, async () => {
      const { lines, end } = await speak({ level: level as LogSettings['level'] });
      expect(lines).to.deep.equal(said.slice(from));
      expect(end).to.equal('closed');
    });

  it('says the same in JSON, an object a line', async () => {
    const { lines } = await speak({ level: 'info', format: 'json' });
    const at = '"time":"2026-06-30T17:02:14Z"';
    expect(lines).to.deep.equal([
      `{"level":"info",${at},"msg":"Loading \\"configuration\\"","key":"v w","num":1,"is":true,"none":null}`,
      `{"level":"warn",${at},"msg":"Two\\nlines"}`,
      `{"level":"error",${at},"msg":"Failed","code":"DOCKER_TIMEOUT"}`,
      `{"level":"critical",${at},"msg":"The agent ends"}`,
    ]);
  });

  it('says to a file what it says to standard output, all of it by its end', async () => {
    const file = join(folder, 'made', 'agent.log');
    const { lines } = await speak({ file, onInstanceLevel: 'info' }, 2_000);
    expect(lines).to.have.length(2_004);
    expect(await readFile(file, 'utf8')).to.equal(`${lines.join('\n')}\n`);
  });

  it('has a level of its own for the file', async () => {
    const file = join(folder, 'agent.log');
    const { lines } = await speak({ file, level: 'crit', onInstanceLevel: 'debug' });
    expect(lines).to.deep.equal(said.slice(4));
    expect(await readFile(file, 'utf8')).to.equal(`${said.join('\n')}\n`);
  });

  it('makes no file to which nothing is said', async () => {
    await speak({ file: join(folder, 'agent.log'), onInstanceLevel: 'none' });
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('adds to a file that is there', async () => {
    const file = join(folder, 'agent.log');
    await speak({ file, onInstanceLevel: 'crit' });
    await speak({ file, onInstanceLevel: 'crit' });
    expect(await readFile(file, 'utf8')).to.equal(`${said[4]}\n`.repeat(2));
  });

  it('begins a file anew that is too large', async () => {
    const file = join(folder, 'agent.log');
    const size = { rollover: 'size', maxFileSizeMb: 0.001, maxRollCount: 2 } as const;
    await speak({ file, onInstanceLevel: 'info', ...size }, 100);
    expect((await readdir(folder)).sort()).to.deep.equal([
      'agent.log',
      'agent.log.4',
      'agent.log.5',
    ]);
  });

  const unwritable: [string, () => string, string][] = [
    ['is a folder', () => folder, 'EISDIR'],
    ['lies in a file', () => join(speaker, 'agent.log'), 'ENOTDIR'],
    ['is on a full disk', () => '/dev/full', 'ENOSPC'],
  ];
  for (const [what, path, code] of unwritable)
    it(`goes on without a file that ${what}, and says so once`, async function () {
      if (process.platform !== 'linux' && path() === '/dev/full') this.skip();
      const { lines, end } = await speak({ file: path(), onInstanceLevel: 'info' }, 50);
      const notes = lines.filter((line) => line.includes('Logging goes on without the file'));
      expect(notes).to.have.length(1);
      expect(notes[0])
        .to.match(/^level=warn /)
        .and.include(code);
      expect(lines.filter((line) => line.includes('msg="More"'))).to.have.length(50);
      expect(end).to.equal('closed');
    });

  it('goes on to its file when nobody reads standard output any more', async () => {
    const file = join(folder, 'agent.log');
    const child = start({ file, onInstanceLevel: 'info' }, 2_000);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await text(child.stderr)).to.equal('closed');
    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).to.have.length(2_004);
  });
});
