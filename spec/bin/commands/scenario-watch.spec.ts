import { once } from 'node:events';
import { mkdtempSync, rmSync, unwatchFile, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventEmitter } from 'node:stream';
import { watchFiles } from '../../../bin/commands/scenario-watch.ts';

describe('files that are watched', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scenario-watch-'));
  const path = join(folder, 'it.yaml');
  after(() => {
    unwatchFile(path);
    rmSync(folder, { recursive: true });
  });

  it('are run again whenever one of them changes', async () => {
    writeFileSync(path, 'a');
    const runs = new EventEmitter();
    void watchFiles([path], async () => runs.emit('run'));
    for (const text of ['b', 'c']) {
      const run = once(runs, 'run');
      writeFileSync(path, text);
      await run;
    }
  });
});
