import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Level } from 'level';
import { LevelStore } from '../../persistence/level.ts';
import type { Change, Opened } from '../../persistence/store.ts';
import { bodies, describeStore, refusal } from '../contract/store.ts';

const agent: Change = {
  key: 'agent',
  body: { arn: 'arn:aws:ecs:us-west-2:1:container-instance/a' },
};
const made: string[] = [];

async function newDirectory(): Promise<string> {
  const directory = await fs.mkdtemp(join(tmpdir(), 'level-spec-'));
  made.push(directory);
  return directory;
}

/** Works on the texts below a store that is closed. */
async function beneath<T>(directory: string, work: (level: Level) => Promise<T>): Promise<T> {
  const level = new Level(join(directory, 'agent.level'));
  try {
    return await work(level);
  } finally {
    await level.close();
  }
}

function damageRecord(directory: string, key: string): Promise<void> {
  return beneath(directory, async (level) => {
    const text = (await level.get(key)) ?? '';
    await level.put(key, text.replace('"body":', '"body": '));
  });
}

/** The newest file of the database whose name matches. */
async function fileOf(directory: string, name: RegExp): Promise<string> {
  const level = join(directory, 'agent.level');
  const found = (await fs.readdir(level)).filter((file) => name.test(file)).sort();
  expect(found, `${name}`).to.not.deep.equal([]);
  return join(level, found.at(-1) ?? '');
}

async function flip(path: string, share: number): Promise<void> {
  const bytes = await fs.readFile(path);
  const from = Math.floor(bytes.length * share);
  for (let at = from; at < from + 64 && at < bytes.length; at += 1) {
    bytes[at] = ~(bytes[at] ?? 0);
  }
  await fs.writeFile(path, bytes);
}

/** Opens the store, hands over what was found, and closes it again. */
async function visit(
  directory: string,
  work: (store: LevelStore) => Promise<unknown> = async () => undefined,
): Promise<Opened> {
  const store = new LevelStore(directory);
  const opened = await store.open();
  await work(store);
  await store.close();
  return opened;
}

after(() => Promise.all(made.map((directory) => fs.rm(directory, { recursive: true }))));

describeStore('LevelStore', async () => {
  const directory = await newDirectory();
  return { store: new LevelStore(directory), damage: (key) => damageRecord(directory, key) };
});

describe('LevelStore', () => {
  it('has every batch synced to the disk, because what is not is lost with the host’s power', async () => {
    const given: unknown[] = [];
    const prototype = Level.prototype as unknown as { batch: (...words: unknown[]) => unknown };
    const { batch } = prototype;
    // Listens on the library's way: nothing else shows whether it was told to sync.
    prototype.batch = function (this: Level, ...words: unknown[]) {
      given.push(words[1]);
      return batch.apply(this, words);
    };
    try {
      await visit(await newDirectory(), (store) => store.write([agent]));
    } finally {
      prototype.batch = batch;
    }
    expect(given).to.deep.equal([{ sync: true }]);
  });
});

describe('LevelStore after damage', () => {
  let directory: string;

  /** An identity and 300 tasks in a table, then 300 batches that update one task each in the log. */
  beforeEach(async () => {
    directory = await newDirectory();
    const keys = Array.from({ length: 300 }, (_, n) => `task/${n}`);
    await visit(directory, (store) =>
      store.write([agent, ...keys.map((key) => ({ key, body: { key, status: 'PENDING' } }))]),
    );
    await visit(directory, (store) =>
      Promise.all(keys.map((key) => store.write([{ key, body: { key, status: 'RUNNING' } }]))),
    );
  });

  /** Opens after the damage: it is told, once, and the store and the identity are there. */
  async function openHurt(words: string): Promise<Opened> {
    const opened = await visit(directory);
    expect(opened.damage).to.include(words);
    expect(opened.quarantined).to.deep.equal([]);
    expect(opened.rows).to.deep.include(agent);
    const again = await visit(directory);
    expect(again.damage).to.equal(null);
    expect(again.rows).to.have.deep.members(opened.rows);
    return opened;
  }

  async function openRepaired(): Promise<Opened> {
    const copy = join(directory, 'agent.level.damaged');
    await fs.mkdir(join(copy, 'of an earlier damage'), { recursive: true });
    const opened = await openHurt('the database was repaired');
    expect(opened.damage).to.include(copy);
    expect(await fs.readdir(copy))
      .to.include('LOCK')
      .and.not.include('of an earlier damage');
    expect((await fs.stat(copy)).mode & 0o077).to.equal(0);
    return opened;
  }

  function expectAllRunning({ rows }: Opened): void {
    expect(rows).to.have.length(301);
    const statuses = rows.map(({ body }) => JSON.stringify(body).includes('RUNNING'));
    expect(statuses.filter((running) => running)).to.have.length(300);
  }

  it('says that records are old when the middle of the log is damaged', async () => {
    await flip(await fileOf(directory, /\.log$/), 0.3);
    expect((await openHurt('not as they were last written')).rows).to.have.length(301);
  });

  it('says that records are missing when the middle of the log is damaged', async () => {
    await visit(directory, async (store) => {
      for (let n = 0; n < 300; n += 1) await store.write([{ key: `image/${n}`, body: n }]);
    });
    await flip(await fileOf(directory, /\.log$/), 0.3);
    const { rows } = await openHurt('records were found where 601 were written');
    expect(rows.length).to.be.within(301, 600);
  });

  it('says that batches are lost when the end of the log is cut off', async () => {
    const log = await fileOf(directory, /\.log$/);
    await fs.truncate(log, (await fs.stat(log)).size - 500);
    await openHurt('batches are lost');
  });

  it('says that batches are lost when the log is gone', async () => {
    await fs.rm(await fileOf(directory, /\.log$/));
    await openHurt('the last batches are lost (300)');
  });

  it('says only once that batches are lost, though killed before it noted its own', async () => {
    const mark = join(directory, 'agent.generation');
    const before = await fs.readFile(mark);
    await fs.rm(await fileOf(directory, /\.log$/));
    await visit(directory);
    await fs.writeFile(mark, before);
    expect((await visit(directory)).damage).to.equal(null);
  });

  it('says only once that batches are lost, though it has no identity yet', async () => {
    const young = await newDirectory();
    await visit(young, (store) => store.write([{ key: 'task/1', body: 1 }]));
    await fs.rm(await fileOf(young, /\.log$/));
    expect((await visit(young)).damage).to.equal('the last batches are lost (1)');
    expect((await visit(young)).damage).to.equal(null);
  });

  it('repairs a damaged MANIFEST without losing a record', async () => {
    await flip(await fileOf(directory, /^MANIFEST/), 0);
    expectAllRunning(await openRepaired());
  });

  it('repairs a missing MANIFEST without losing a record', async () => {
    await fs.rm(await fileOf(directory, /^MANIFEST/));
    expectAllRunning(await openRepaired());
  });

  it('does not take a database without CURRENT for a new one', async () => {
    await fs.rm(await fileOf(directory, /^CURRENT$/));
    expectAllRunning(await openRepaired());
  });

  it('repairs what a missing table leaves', async () => {
    await fs.rm(await fileOf(directory, /\.ldb$/));
    await openRepaired();
  });

  it('repairs what half a table leaves, and finds that only at reading', async () => {
    const table = await fileOf(directory, /\.ldb$/);
    await fs.truncate(table, (await fs.stat(table)).size / 2);
    await openRepaired();
  });

  it('still knows its identity when the whole database is gone', async () => {
    await fs.rm(join(directory, 'agent.level'), { recursive: true });
    const opened = await visit(directory);
    expect(opened.rows).to.deep.equal([agent]);
    expect(opened.damage).to.include('batches are lost');
  });

  it('keeps the raw text of a damaged record in quarantine', async () => {
    await damageRecord(directory, 'task/7');
    const text = await beneath(directory, (level) => level.get('task/7'));
    const { rows, quarantined } = await visit(directory);
    expect(rows).to.have.length(300);
    expect(quarantined).to.deep.equal([{ key: 'task/7', reason: 'wrong sum' }]);
    const kept = await beneath(directory, (level) =>
      level.getMany(['task/7', 'quarantine/task/7']),
    );
    expect(kept).to.deep.equal([undefined, text]);
  });

  it('sets aside a record of a newer agent', async () => {
    await beneath(directory, (level) => level.put('task/7', '{"v":2,"sum":"0","body":{}}'));
    const { quarantined } = await visit(directory);
    expect(quarantined).to.deep.equal([{ key: 'task/7', reason: 'unknown version' }]);
  });

  it('does without the second copy of the identity, and makes a new one', async () => {
    await fs.rm(join(directory, 'agent.identity'));
    expectAllRunning(await visit(directory));
    await damageRecord(directory, 'agent');
    expect((await visit(directory)).rows).to.deep.include(agent);
  });

  it('raises no alarm when it was killed between a batch and the note of it', async () => {
    await fs.writeFile(join(directory, 'agent.generation'), '7'.padStart(16, '0'));
    expect((await visit(directory)).damage).to.equal(null);
    await fs.rm(join(directory, 'agent.generation'));
    expect((await visit(directory)).damage).to.equal(null);
  });

  it('refuses a database that no repair helps, and names the copy of it', async () => {
    const current = await fileOf(directory, /^CURRENT$/);
    await fs.rm(current);
    await fs.mkdir(join(current, 'in the way'), { recursive: true });
    const { code, message } = await refusal(new LevelStore(directory).open());
    expect(code).to.equal('STORE_DAMAGED');
    expect(message).to.include(join(directory, 'agent.level.damaged')).and.not.include('\n');
  });
});

describe('LevelStore and its directory', () => {
  it('makes the directories and files for their owner only', async () => {
    const directory = join(await newDirectory(), 'some', 'where');
    await visit(directory, (store) => store.write([agent]));
    const modes: Record<string, string> = {};
    for (const name of ['.', ...(await fs.readdir(directory))]) {
      modes[name] = ((await fs.stat(join(directory, name))).mode & 0o777).toString(8);
    }
    expect(modes).to.deep.equal({
      '.': '700',
      'agent.level': '700',
      'agent.generation': '600',
      'agent.identity': '600',
    });
    expect(((await fs.stat(dirname(directory))).mode & 0o777).toString(8)).to.equal('700');
  });

  async function expectNotWritable(directory: string): Promise<void> {
    const { code, message } = await refusal(new LevelStore(directory).open());
    expect(code).to.equal('STORE_NOT_WRITABLE');
    expect(message).to.include(directory).and.include('ECS_DATADIR').and.not.include('\n');
  }

  it('refuses a directory below a file', async () => {
    const file = join(await newDirectory(), 'file');
    await fs.writeFile(file, '');
    await expectNotWritable(join(file, 'data'));
    await expectNotWritable(file);
  });

  it('refuses a directory below /proc, at once', async function () {
    if (process.platform !== 'linux') this.skip();
    await expectNotWritable('/proc/none/data');
  });

  it('opens a directory once it can be written, having been refused before', async () => {
    const directory = join(await newDirectory(), 'data');
    await fs.writeFile(directory, '');
    const store = new LevelStore(directory);
    expect((await refusal(store.open())).code).to.equal('STORE_NOT_WRITABLE');
    await fs.rm(directory);
    expect((await store.open()).damage).to.equal(null);
    await store.close();
  });
});

describe('LevelStore and other processes', () => {
  let writer: ChildProcess;
  let lines: Interface;
  let said: string[];

  /** Starts a process that writes to the store, see writer.ts. */
  function start(directory: string, shell = 'exec "$0" "$@"'): void {
    const script = fileURLToPath(new URL('writer.ts', import.meta.url));
    const node = [process.execPath, '--import', 'tsx', script, directory];
    writer = spawn('sh', ['-c', shell, ...node], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (writer.stdout === null) throw new Error('the writer has no output');
    lines = createInterface(writer.stdout);
    said = [];
    lines.on('line', (line) => said.push(line));
  }

  async function until(enough: () => boolean): Promise<void> {
    while (!enough()) await once(lines, 'line');
  }

  async function kill(): Promise<void> {
    const closed = once(lines, 'close');
    writer.kill('SIGKILL');
    await closed;
  }

  afterEach(() => {
    writer.kill('SIGKILL');
  });

  async function expectNothingLost(directory: string): Promise<void> {
    const { rows, quarantined, damage } = await visit(directory);
    expect({ quarantined, damage }).to.deep.equal({ quarantined: [], damage: null });
    const found = bodies(rows);
    const acknowledged = said.map(Number).filter((n) => !Number.isNaN(n));
    expect(acknowledged.filter((n) => !(`task/${n}` in found))).to.deep.equal([]);
    expect(found.newest).to.be.within(acknowledged.at(-1) ?? 0, (acknowledged.at(-1) ?? 0) + 1);
    const half = rows.filter(({ key }) => key.startsWith('task/')).map(({ key }) => key.slice(5));
    expect(half.filter((n) => !(`plan/${n}` in found))).to.deep.equal([]);
  }

  it('loses no acknowledged batch when it is killed while writing', async () => {
    const directory = await newDirectory();
    start(directory);
    await until(() => said.length > 60);
    await kill();
    await expectNothingLost(directory);
  });

  it('goes on after a batch could not be written, and loses nothing when killed then', async () => {
    const directory = await newDirectory();
    // No file may grow beyond 1 MiB, so the log is full after some 150 batches.
    start(directory, 'ulimit -f 2048; exec "$0" "$@"');
    await until(() => {
      const refused = said.indexOf('STORE_WRITE_FAILED');
      return refused > 0 && said.slice(refused).filter((line) => Number(line) > 0).length > 20;
    });
    await kill();
    await expectNothingLost(directory);
  });

  it('says which directory another process has open, and opens it when that one is gone', async () => {
    const directory = await newDirectory();
    start(directory);
    await until(() => said.includes('open'));
    const { code, message } = await refusal(new LevelStore(directory).open());
    expect(code).to.equal('STORE_LOCKED');
    expect(message).to.include(directory).and.include('ECS_DATADIR').and.not.include('\n');
    await kill();
    expect((await visit(directory)).damage).to.equal(null);
  });

  it('keeps other processes out after a second open in its own process', async () => {
    const directory = await newDirectory();
    const alias = join(await newDirectory(), 'alias');
    await fs.symlink(directory, alias);
    await visit(directory, async () => {
      expect((await refusal(new LevelStore(alias).open())).code).to.equal('STORE_LOCKED');
      start(directory);
      await once(lines, 'close');
      expect(said).to.deep.equal(['STORE_LOCKED']);
    });
  });
});
