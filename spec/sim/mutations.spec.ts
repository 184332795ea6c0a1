import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { type Mutation, mutations } from './mutations.ts';

const root = join(import.meta.dirname, '../..');
const copied = ['actors', 'bin', 'machines', 'persistence', 'spec', 'transport'];
const files = ['package.json', 'tsconfig.json'];

describe('a change for the worse', function () {
  this.timeout(600_000);
  let copy: string;
  before(() => {
    copy = mkdtempSync(join(tmpdir(), 'ecs-agent-mutations-'));
    for (const name of [...copied, ...files])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  });
  after(() => rmSync(copy, { recursive: true }));

  for (const mutation of mutations)
    it(`is noticed: ${mutation.what}`, async () => {
      const file = join(copy, mutation.file);
      const text = readFileSync(file, 'utf8');
      expect(text.split(mutation.from), `${mutation.file} has changed`).to.have.length(2);
      writeFileSync(
        file,
        text.replace(mutation.from, () => mutation.to),
      );
      try {
        expect(await noticed(copy, mutation)).to.equal(true);
      } finally {
        writeFileSync(file, text);
      }
    });
});

/** Whether the specs that are named fail, or a simulation breaks a rule. */
const noticed = (cwd: string, { specs }: Mutation): Promise<boolean> =>
  specs === undefined ? simulationFails(cwd) : specsFail(cwd, specs);

const node = (cwd: string, words: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', ...words], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

async function specsFail(cwd: string, specs: string): Promise<boolean> {
  const mocha = 'node_modules/mocha/bin/mocha.js';
  const child = node(cwd, [mocha, '--no-config', '--bail', '--timeout', '30000', specs]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const [code] = await once(child, 'close');
  return code !== 0 && /\d+ failing/.test(output);
}

/** Ends with the first rule that is broken. */
async function simulationFails(cwd: string): Promise<boolean> {
  const child = node(cwd, ['bin/ecs-agent.ts', 'simulate', '--lines', '--seeds', '1..100']);
  if (!child.stdout) return false;
  const ended = once(child, 'close');
  let isBroken = false;
  for await (const line of createInterface({ input: child.stdout })) {
    isBroken = (JSON.parse(line) as { violation: unknown }).violation !== null;
    if (isBroken) break;
  }
  child.kill();
  await ended;
  return isBroken;
}
