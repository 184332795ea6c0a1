import { constants, existsSync } from 'node:fs';
import {
  access,
  cp,
  type FileHandle,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { Level } from 'level';
import type { Batch, Contents, Medium } from './medium.ts';
import { RecordStore } from './recordstore.ts';
import { StoreError } from './store.ts';

/**
 * The store of a real agent: LevelDB in `<directory>/agent.level`, which only its owner may enter.
 *
 * Beside the database lie `agent.generation`, which tells a lost database from a new one and lost
 * batches from none, and `agent.identity`, the second copy of the identity record. A damaged
 * database is copied to `agent.level.damaged`, over an earlier copy, before it is repaired.
 */
export class LevelStore extends RecordStore {
  /** What is written goes `through` what counts it, if anything does. */
  constructor(directory: string, through: (medium: Medium) => Medium = (medium) => medium) {
    super(through(new LevelMedium(resolve(directory))));
  }
}

/**
 * The data directories that this process has open. LevelDB's own lock does not serve here: a second
 * open of the same directory by one process fails, and takes the first one's lock away with it.
 */
const held = new Set<string>();

class LevelMedium implements Medium {
  readonly #directory: string;
  readonly #location: string;
  #place: string | null = null;
  #database: Level | null = null;
  #mark: FileHandle | null = null;

  constructor(directory: string) {
    this.#directory = directory;
    this.#location = join(directory, 'agent.level');
  }

  async open(): Promise<Contents> {
    const place = await this.#prepare();
    if (held.has(place)) {
      throw new StoreError('STORE_LOCKED', `This process has ${this.#directory} open already`);
    }
    held.add(place);
    this.#place = place;
    try {
      return await this.#read();
    } catch (cause) {
      await this.close();
      throw cause instanceof StoreError ? cause : this.#notWritable(cause);
    }
  }

  async write({ steps, generation, identity }: Batch): Promise<void> {
    if (this.#database === null) {
      throw new Error('the database is not open');
    }
    if (identity !== undefined) {
      await replaceFile(join(this.#directory, 'agent.identity'), identity);
    }
    await this.#database.batch(steps, { sync: true });
    // In place and unsynced: the batch is on disk already, and a mark that lags raises no alarm.
    const mark = String(generation).padStart(16, '0');
    await this.#mark?.write(mark, 0).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#mark?.close();
    this.#mark = null;
    await this.#database?.close();
    this.#database = null;
    if (this.#place !== null) {
      held.delete(this.#place);
      this.#place = null;
    }
  }

  /** Makes the directories, and answers the data directory's true path. */
  async #prepare(): Promise<string> {
    try {
      await makeDirectory(this.#location);
      await access(this.#directory, constants.W_OK);
      await access(this.#location, constants.R_OK | constants.W_OK);
      return await realpath(this.#directory);
    } catch (cause) {
      throw this.#notWritable(cause);
    }
  }

  async #read(): Promise<Contents> {
    const path = join(this.#directory, 'agent.generation');
    const mark = await readIfThere(path);
    const found = await this.#readDatabase(mark === null);
    const identity = await readIfThere(join(this.#directory, 'agent.identity'));
    this.#mark = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return { ...found, identity, generation: Number(mark) || 0 };
  }

  /**
   * Where a mark lies beside it, the database must be there: LevelDB would take a missing `CURRENT`
   * for a new database and remove the old one's tables.
   */
  async #readDatabase(createIfMissing: boolean): Promise<Pick<Contents, 'texts' | 'damage'>> {
    try {
      return { texts: await this.#readTexts(createIfMissing), damage: null };
    } catch (cause) {
      if (rootOf(cause).code !== 'LEVEL_LOCKED') {
        return await this.#repair(cause);
      }
      const remedy = 'stop that agent, or set ECS_DATADIR to another directory';
      const message = `Another process has ${this.#directory} open: ${remedy}`;
      throw new StoreError('STORE_LOCKED', message, cause);
    }
  }

  async #repair(damage: unknown): Promise<Pick<Contents, 'texts' | 'damage'>> {
    const copy = `${this.#location}.damaged`;
    await rm(copy, { recursive: true, force: true });
    try {
      await cp(this.#location, copy, { recursive: true });
    } catch (cause) {
      // A full disk also fails to open; it fails here too, before anything is changed.
      await rm(copy, { recursive: true, force: true });
      throw cause;
    }
    // The class that `level` gives too, but there its types lack `repair`. It rejects where nothing
    // is left to repair from; whether it helped, the next open tells.
    await ClassicLevel.repair(this.#location).catch(() => undefined);
    try {
      const texts = await this.#readTexts(true);
      const words = `the database was repaired, a copy from before is in ${copy}`;
      return { texts, damage: `${words} (${rootOf(damage).message})` };
    } catch (cause) {
      const remedy = `move it away to start anew; a copy from before the repair is in ${copy}`;
      const message = `The database ${this.#location} cannot be opened: ${remedy}`;
      throw new StoreError('STORE_DAMAGED', message, cause);
    }
  }

  async #readTexts(createIfMissing: boolean): Promise<Contents['texts']> {
    const database = new Level(this.#location, { createIfMissing });
    try {
      await database.open();
      const texts = await database.iterator().all();
      this.#database = database;
      return texts;
    } catch (cause) {
      await database.close();
      throw cause;
    }
  }

  #notWritable(cause: unknown): StoreError {
    const remedy = 'make it writable, or set ECS_DATADIR to a directory that is';
    const message = `The data directory ${this.#directory} cannot be written: ${remedy}`;
    return new StoreError('STORE_NOT_WRITABLE', `${message} (${rootOf(cause).message})`, cause);
  }
}

/** What lies in a data directory, in an order in which it can be moved: the mark before the database. */
const parts = ['agent.generation', 'agent.identity', 'agent.level'];

/** Whether a data directory holds a database. */
export const hasDatabase = (directory: string): boolean =>
  existsSync(join(directory, 'agent.level'));

/** Gives all that lies in a data directory, which nobody has open, names that end in `suffix`. */
export async function setAside(directory: string, suffix: string): Promise<void> {
  for (const part of parts) {
    const path = join(directory, part);
    if (existsSync(path)) await rename(path, `${path}.${suffix}`);
  }
}

/** LevelDB's own error is the cause of the one that an open rejects with. */
function rootOf(cause: unknown): { code: unknown; message: string } {
  const root = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const message = root instanceof Error ? root.message : String(root);
  return { code: root instanceof Error && 'code' in root ? root.code : undefined, message };
}

/** Not `mkdir`'s own recursion, which never ends below `/proc` in Node 20 and 24. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (cause) {
    const { code } = rootOf(cause);
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeDirectory(dirname(path));
      await mkdir(path, 0o700);
    } else if (code !== 'EEXIST') {
      throw cause;
    }
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (rootOf(cause).code === 'ENOENT') {
      return null;
    }
    throw cause;
  }
}

/** Leaves the old text or the new one, whatever happens in between; null removes the file. */
async function replaceFile(path: string, text: string | null): Promise<void> {
  if (text === null) {
    await rm(path, { force: true });
    return;
  }
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
