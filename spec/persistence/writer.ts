/**
 * A process that opens the store of the directory given and writes one batch after another until it
 * is killed. Prints `open`, then the number of each batch that was acknowledged, or the code with
 * which a call was refused.
 */
import { LevelStore } from '../../persistence/level.ts';
import { StoreError } from '../../persistence/store.ts';

const store = new LevelStore(process.argv[2] ?? '');
const filler = 'filler '.repeat(1000);

function say(line: string | number): void {
  process.stdout.write(`${line}\n`);
}

function sayRefused(cause: unknown): void {
  say(cause instanceof StoreError ? cause.code : `no StoreError: ${cause}`);
}

async function writeForEver(): Promise<void> {
  await store.open();
  say('open');
  for (let n = 1; ; n += 1) {
    const batch = [
      { key: `task/${n}`, body: { n, filler } },
      { key: `plan/${n}`, body: { n } },
      { key: 'newest', body: n },
    ];
    await store.write(batch).then(() => say(n), sayRefused);
  }
}

writeForEver().catch(sayRefused);
