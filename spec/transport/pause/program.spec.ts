import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { pauseProgram } from '../../../transport/pause/program.ts';
import { requireOrSkip, skipBecause } from '../../support/needs.ts';

const sources = join(import.meta.dirname, '../../../transport/pause');
const architectures = [
  { ecs: 'x86_64', gnu: 'x86_64', node: 'x64', everywhere: true },
  { ecs: 'arm64', gnu: 'aarch64', node: 'arm64', everywhere: false },
];

const isRunnable = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

describe('the program of the pause container', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pause-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const shipped = (ecs: string): string => {
    const file = join(mkdtempSync(join(folder, `${ecs}-`)), 'pause');
    writeFileSync(file, pauseProgram(ecs) ?? '', { mode: 0o755 });
    return file;
  };

  /** The command that runs the shipped program on this machine, or what is lacking for it. */
  const commandFor = ({ ecs, gnu, node }: (typeof architectures)[number]) => {
    if (process.platform === 'linux' && process.arch === node) return { command: [shipped(ecs)] };
    const emulator = `qemu-${gnu}-static`;
    if (isRunnable(emulator)) return { command: [emulator, shipped(ecs)] };
    return { lacking: `no ${emulator} to run the program for ${ecs} with` };
  };

  /** The bytes that a source assembles to, or what is lacking for that. */
  const assemble = ({ gnu, node }: (typeof architectures)[number]) => {
    const prefixes = [`${gnu}-linux-gnu-`, ...(process.arch === node ? [''] : [])];
    const prefix = prefixes.find((each) =>
      ['as', 'objcopy'].every((name) => isRunnable(each + name)),
    );
    if (prefix === undefined)
      return { lacking: `no binutils to assemble the program for ${gnu} with` };
    const [object, program] = [join(folder, `${gnu}.o`), join(folder, gnu)];
    for (const command of [
      [`${prefix}as`, '-o', object, join(sources, `pause-${gnu}.S`)],
      [`${prefix}objcopy`, '-O', 'binary', object, program],
    ]) {
      const { status, stderr } = spawnSync(command[0] ?? '', command.slice(1), {
        encoding: 'utf8',
      });
      expect(status, stderr).to.equal(0);
    }
    return { program: readFileSync(program) };
  };

  it('is there for the architectures of ECS only', () => {
    for (const { ecs } of architectures) expect(pauseProgram(ecs)?.length).to.be.below(1_024);
    for (const none of ['', 'x86', 'constructor']) expect(pauseProgram(none)).to.equal(null);
  });

  for (const architecture of architectures) {
    it(`is what its source assembles to, for ${architecture.ecs}`, function () {
      const { program, lacking } = assemble(architecture);
      if (program)
        expect(pauseProgram(architecture.ecs)?.toString('hex')).to.equal(program.toString('hex'));
      else if (architecture.everywhere) requireOrSkip(this, lacking);
      else skipBecause(this, lacking);
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`ends with 0 on ${signal}, and on nothing else, on ${architecture.ecs}`, async function () {
        const { command, lacking } = commandFor(architecture);
        if (!command) return skipBecause(this, lacking);
        const pause = spawn(command[0] ?? '', command.slice(1));
        const ended = once(pause, 'exit');
        await untilWaiting(pause);
        for (const other of ['SIGCHLD', 'SIGSTOP', 'SIGCONT', signal] as const) pause.kill(other);
        expect(await ended).to.deep.equal([0, null]);
      });
    }
  }

  describe('as process 1', () => {
    let unshare: ChildProcess;
    let pause = 0;
    before(async function () {
      const lacks =
        process.platform !== 'linux' || process.arch !== 'x64' || process.getuid?.() !== 0;
      requireOrSkip(this, lacks ? 'a process namespace needs root on Linux on x86_64' : null);
      const program = shipped('x86_64');
      unshare = spawn('unshare', ['--pid', '--fork', '--kill-child', program], {
        stdio: 'inherit',
      });
      pause = await until(() =>
        childrenOf(unshare.pid ?? 0).find((pid) => isProgram(pid, program)),
      );
    });
    after(() => unshare?.kill());

    it('reaps the orphans of its namespace', async () => {
      const script = 'for each in 1 2 3; do cat <&3 & done';
      const words = ['--pid', '--target', `${pause}`, 'sh', '-c', script];
      // By a pipe of its own: Node.js closes the input of a process that has ended.
      const nsenter = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
      await once(nsenter, 'exit');
      // They become its children one by one, while the shell that began them ends.
      await until(() => childrenOf(pause).length === 3 || undefined);
      (nsenter.stdio[3] as Writable).end();
      await drained(nsenter);
      await until(() => childrenOf(pause).length === 0 || undefined);
    });

    it('ends with 0 on SIGTERM, which process 1 gets only if it asks for it', async () => {
      const ended = once(unshare, 'exit');
      process.kill(pause, 'SIGTERM');
      expect(await ended).to.deep.equal([0, null]);
    });
  });
});

/** Waits until all that hold the output of a process have ended. */
async function drained({ stdout }: ChildProcess): Promise<void> {
  stdout?.resume();
  if (stdout && !stdout.closed) await once(stdout, 'close');
}

/** Asks the kernel again and again: it tells of none of this by itself. */
async function until<Found>(look: () => Found | undefined): Promise<Found> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await delay(5);
  }
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

const isProgram = (pid: number, program: string): boolean =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(program) && waitsForSignals(pid);

const untilWaiting = ({ pid = 0 }: ChildProcess): Promise<true> =>
  until(() => waitsForSignals(pid) || undefined);

/** Whether a process is inside rt_sigtimedwait, by its number on x86_64 and on aarch64. */
const waitsForSignals = (pid: number): boolean =>
  /^(128|137) /.test(readFileSync(`/proc/${pid}/syscall`, 'utf8'));
