import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventEmitter } from 'node:stream';
import { watchFiles } from '../../../bin/commands/scenario-watch.ts';

describe('files that are watched', () => {
  let folder: string;
  let path: string;
  let stop: () => void;
  const runs = new EventEmitter();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'scenario-watch-'));
    path = join(folder, 'it.yaml');
    writeFileSync(path, 'a');
    stop = watchFiles([path], async () => runs.emit('run'));
  });
  afterEach(() => {
    stop();
    rmSync(folder, { recursive: true });
  });

  it('are run again once one of them is written', async () => {
    const run = once(runs, 'run');
    writeFileSync(path, 'b');
    await run;
  });

  it('are run again once another file takes the place of one', async () => {
    const next = join(folder, 'next');
    writeFileSync(next, 'b');
    const run = once(runs, 'run');
    renameSync(next, path);
    await run;
  });
});
