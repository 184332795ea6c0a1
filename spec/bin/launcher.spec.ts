import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { exitCodes } from '../../machines/agent/model.ts';
import { bundle } from '../support/process.ts';

describe('the built agent', () => {
  let folder: string;
  const compiled = () => readdirSync(folder).filter((name) => name.endsWith('.compiled'));
  const only = () => join(folder, compiled()[0] ?? '');
  const words = (word: string, ...flags: string[]) => [
    ...flags,
    join(folder, 'ecs-agent.cjs'),
    word,
  ];
  const version = (...flags: string[]) =>
    execFileSync(process.execPath, words('-version', ...flags), { encoding: 'utf8' });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'launcher-'));
    cpSync(dirname(bundle), folder, { recursive: true, preserveTimestamps: true });
    // The build's own is the oldest; others are of agents that were run with other settings of V8.
    const age = (name: string) => statSync(join(folder, name)).mtimeMs;
    const [, ...others] = compiled().sort((one, other) => age(one) - age(other));
    for (const name of others) rmSync(join(folder, name));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('comes with its code as this Node.js compiles it, which stays as it is', () => {
    const [name] = compiled();
    const before = readFileSync(only());
    expect(version()).to.match(/^Amazon ECS Agent/);
    expect(compiled()).to.deep.equal([name]);
    expect(readFileSync(only()).equals(before)).to.equal(true);
  });

  it('is compiled at the first start where it has not been, and that is kept', () => {
    const [name] = compiled();
    rmSync(only());
    expect(version()).to.match(/^Amazon ECS Agent/);
    expect(compiled()).to.deep.equal([name]);
  });

  it('keeps what was called as well, where its first run ends in good order', () => {
    rmSync(only());
    const { status } = spawnSync(process.execPath, words('no-such-command'));
    expect(status).to.equal(exitCodes.terminal);
    const { length: ofAll } = readFileSync(only());
    rmSync(only());
    version();
    const { length } = readFileSync(only());
    expect(length).to.be.above(1.2 * ofAll);
    version();
    expect(readFileSync(only())).to.have.length(length);
  });

  it('comes with what is called in a life with tasks', () => {
    const { length } = readFileSync(only());
    rmSync(only());
    version();
    expect(length).to.be.above(1.3 * readFileSync(only()).length);
  });

  it('is compiled anew where only a part of that is left', () => {
    const { length } = readFileSync(only());
    truncateSync(only(), length / 2);
    expect(version()).to.match(/^Amazon ECS Agent/);
    expect(readFileSync(only())).to.have.length.above(length / 2);
  });

  it('is compiled a second time for other settings of V8, beside the first', () => {
    version('--max-old-space-size=300');
    expect(compiled()).to.have.length(2);
  });

  it('imports nothing while it runs, which code that is compiled apart cannot', () => {
    const code = readFileSync(join(folder, 'agent.js'), 'latin1');
    expect(code).to.not.match(/(?<![\w$.])import\(/);
  });

  it('runs where nothing can be kept, and leaves nothing behind', () => {
    const path = only();
    rmSync(path);
    mkdirSync(join(path, 'in-the-way'), { recursive: true });
    const names = readdirSync(folder);
    expect(version()).to.match(/^Amazon ECS Agent/);
    expect(readdirSync(folder)).to.deep.equal(names);
  });
});
