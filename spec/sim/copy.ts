import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Mutation } from './mutations.ts';

const root = join(import.meta.dirname, '../..');
const copied = ['actors', 'bin', 'machines', 'persistence', 'spec', 'transport'];
const files = ['package.json', 'tsconfig.json'];

/** From wherever it runs. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A copy of the sources that can be changed for the worse. */
export class Copy {
  readonly folder = mkdtempSync(join(tmpdir(), 'ecs-agent-mutations-'));

  constructor() {
    for (const name of [...copied, ...files])
      cpSync(join(root, name), join(this.folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Changes it; answers what undoes that. */
  mutate({ file, from, to }: Mutation): () => void {
    const path = join(this.folder, file);
    const text = readFileSync(path, 'utf8');
    expect(text.split(from), `${file} has changed`).to.have.length(2);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    return () => writeFileSync(path, text);
  }

  /** Runs a script of it, by its path in there. */
  run(script: string, words: string[], cwd = this.folder): ChildProcess {
    const all = ['--import', tsx, join(this.folder, script), ...words];
    return spawn(process.execPath, all, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
