import { readFile, stat } from 'node:fs/promises';

/** A lock on a whole file as `/proc/locks` shows it: device, in two hexadecimal parts, and inode. */
const lock = /FLOCK\s+ADVISORY\s+WRITE\s+\S+\s+([0-9a-f]+):([0-9a-f]+):(\d+)/g;

/**
 * Whether a process of this host holds BoltDB's lock on a file, and so may write it at any moment.
 * Only the kernel's own list tells that; where there is none, or where it numbers devices in another
 * way than the file system does, the answer is no.
 */
export async function isLocked(path: string): Promise<boolean> {
  const { dev, ino } = await stat(path, { bigint: true });
  const list = await readFile('/proc/locks', 'utf8').catch(() => '');
  return [...list.matchAll(lock)].some(
    ([, major = '', minor = '', inode = '']) =>
      BigInt(`0x${major}`) === majorOf(dev) &&
      BigInt(`0x${minor}`) === minorOf(dev) &&
      BigInt(inode) === ino,
  );
}

/** The two parts of a device number, as the C library of Linux packs them. */
const majorOf = (device: bigint): bigint => ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
const minorOf = (device: bigint): bigint => (device & 0xffn) | ((device >> 12n) & ~0xffn);
