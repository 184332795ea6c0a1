import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';

/**
 * What is done to the kernel's cgroup file systems, where a folder is a cgroup and the kernel makes
 * its files. All reject with an error that has the system's code, e.g. `ENOENT`.
 */
export interface CgroupFiles {
  read(path: string): Promise<string>;
  /** Writes to a file that is there. */
  write(path: string, text: string): Promise<void>;
  mkdir(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  /** The names of the folders in a folder, without links to folders. */
  list(path: string): Promise<string[]>;
}

/** The real files of this machine. */
export const realCgroupFiles: CgroupFiles = {
  read: (path) => readFile(path, 'utf8'),
  write: (path, text) => writeFile(path, text, { flag: 'r+' }),
  mkdir: async (path) => {
    await mkdir(path);
  },
  rmdir,
  list: async (path) => {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  },
};

/** Makes a cgroup; one that is there is taken. */
export async function ensureCgroup(files: CgroupFiles, path: string): Promise<void> {
  try {
    await files.mkdir(path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** Removes a cgroup and those below it, deepest first: the kernel removes none that has others. */
export async function removeCgroup(files: CgroupFiles, path: string): Promise<void> {
  try {
    for (const name of await files.list(path)) await removeCgroup(files, posix.join(path, name));
    await files.rmdir(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Removes a cgroup in each of these places, as far as it can be; rejects with the first failure. */
export async function removeCgroups(files: CgroupFiles, paths: string[]): Promise<void> {
  const outcomes = await Promise.allSettled(paths.map((path) => removeCgroup(files, path)));
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** Whether processes are in a cgroup or in those below it. */
export async function isInUse(files: CgroupFiles, path: string): Promise<boolean> {
  try {
    if ((await files.read(posix.join(path, 'cgroup.procs'))).trim() !== '') return true;
    for (const name of await files.list(path))
      if (await isInUse(files, posix.join(path, name))) return true;
    return false;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** The words of what went wrong. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
