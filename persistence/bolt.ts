/**
 * Stable codes of what can be wrong with a BoltDB file.
 *
 * - `BOLT_NOT_A_DATABASE`: neither of its two meta pages is one.
 * - `BOLT_DAMAGED`: its pages are not what they must be.
 */
export type BoltErrorCode = 'BOLT_NOT_A_DATABASE' | 'BOLT_DAMAGED';

/** Raised by {@link readBolt}. The message never shows what the file holds. */
export class BoltError extends Error {
  readonly code: BoltErrorCode;

  constructor(code: BoltErrorCode, message: string) {
    super(message);
    this.name = 'BoltError';
    this.code = code;
  }
}

/** What one bucket holds, in the order of its keys: texts, and buckets inside of it. */
export interface BoltBucket {
  texts: Map<string, string>;
  buckets: Map<string, BoltBucket>;
}

/**
 * Reads all of a BoltDB file (the format of go.etcd.io/bbolt, version 2) from memory. What the file
 * says of itself is trusted nowhere: every page is read once at most, and within its bounds.
 * Throws {@link BoltError}.
 */
export function readBolt(bytes: Uint8Array): BoltBucket {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const meta = newestMeta(file);
  const bucket = emptyBucket();
  new Walk(file, meta.pageSize).page(meta.root, { bucket, depth: 0 });
  return bucket;
}

/** Sizes and flags of the format, in bytes. */
const pageHeader = 16;
const elementSize = 16;
const bucketHeader = 16;
const metaSize = 64;
const summedSize = 56;
const magic = 0xed_0c_da_ed;
const version = 2;
const flags = { branch: 0x01, leaf: 0x02, bucket: 0x01 } as const;
/** The sizes that a page may have: the second meta page is looked for behind each. */
const pageSizes = Array.from({ length: 15 }, (_, power) => 1_024 << power);
/** A tree of full pages is never so deep. */
const deepest = 64;

interface Meta {
  pageSize: number;
  root: number;
  transaction: bigint;
}

const damaged = (what: string): BoltError =>
  new BoltError('BOLT_DAMAGED', `The database is damaged: ${what}`);

const emptyBucket = (): BoltBucket => ({ texts: new Map(), buckets: new Map() });

/** Each transaction writes one of the two meta pages in turn, so one of them is always whole. */
function newestMeta(file: Buffer): Meta {
  const first = metaAt(file, 0);
  const places = first ? [first.pageSize] : pageSizes;
  const others = places
    .map((place) => ({ place, meta: metaAt(file, place) }))
    .flatMap(({ place, meta }) => (meta?.pageSize === place ? [meta] : []));
  const [newest] = [...(first ? [first] : []), ...others].sort((one, other) =>
    one.transaction < other.transaction ? 1 : -1,
  );
  if (newest) return newest;
  throw new BoltError('BOLT_NOT_A_DATABASE', 'The file is no BoltDB database, or its head is lost');
}

function metaAt(file: Buffer, place: number): Meta | null {
  const at = place + pageHeader;
  if (at + metaSize > file.length) return null;
  if (file.readUInt32LE(at) !== magic || file.readUInt32LE(at + 4) !== version) return null;
  if (file.readBigUInt64LE(at + summedSize) !== sumOf(file.subarray(at, at + summedSize)))
    return null;
  const pageSize = file.readUInt32LE(at + 8);
  if (!pageSizes.includes(pageSize)) return null;
  const root = Number(file.readBigUInt64LE(at + 16));
  return { pageSize, root, transaction: file.readBigUInt64LE(at + 48) };
}

/** FNV-1a of 64 bits. */
function sumOf(bytes: Buffer): bigint {
  let sum = 0xcbf2_9ce4_8422_2325n;
  for (const byte of bytes) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100_0000_01b3n);
  return sum;
}

/** Which bucket is filled, and how far below the root. */
interface Place {
  bucket: BoltBucket;
  depth: number;
}

class Walk {
  readonly #file: Buffer;
  readonly #pageSize: number;
  readonly #seen = new Set<number>();

  constructor(file: Buffer, pageSize: number) {
    this.#file = file;
    this.#pageSize = pageSize;
  }

  page(id: number, place: Place): void {
    if (this.#seen.has(id)) throw damaged(`page ${id} is reached twice`);
    this.#seen.add(id);
    const page = this.#bytesOf(id);
    if (Number(page.readBigUInt64LE(0)) !== id) throw damaged(`page ${id} bears another number`);
    this.#elements(page, place);
  }

  /** A page with those that its content flows over into. */
  #bytesOf(id: number): Buffer {
    const start = id * this.#pageSize;
    if (!(start + this.#pageSize <= this.#file.length)) throw damaged(`there is no page ${id}`);
    const end = start + (this.#file.readUInt32LE(start + 12) + 1) * this.#pageSize;
    if (end > this.#file.length) throw damaged(`page ${id} is longer than the file`);
    return this.#file.subarray(start, end);
  }

  #elements(page: Buffer, { bucket, depth }: Place): void {
    if (depth > deepest) throw damaged('its pages lie too deep');
    const kind = page.readUInt16LE(8);
    const count = page.readUInt16LE(10);
    if (kind !== flags.branch && kind !== flags.leaf) throw damaged('a page is of no known kind');
    if (pageHeader + count * elementSize > page.length) throw damaged('a page is too full');
    const budget = { bytes: page.length };
    for (let at = pageHeader; at < pageHeader + count * elementSize; at += elementSize) {
      if (kind === flags.leaf) this.#leaf(leafAt(page, at, budget), { bucket, depth });
      else this.page(Number(page.readBigUInt64LE(at + 8)), { bucket, depth: depth + 1 });
    }
  }

  #leaf({ isBucket, key, value }: Leaf, { bucket, depth }: Place): void {
    if (!isBucket) {
      bucket.texts.set(key, value.toString('utf8'));
      return;
    }
    if (value.length < bucketHeader) throw damaged('a bucket is cut');
    const inner = emptyBucket();
    bucket.buckets.set(key, inner);
    const root = Number(value.readBigUInt64LE(0));
    const place = { bucket: inner, depth: depth + 1 };
    if (root === 0) this.#inline(value.subarray(bucketHeader), place);
    else this.page(root, place);
  }

  /** A small bucket lies within its parent's page, as a page without a number. */
  #inline(page: Buffer, place: Place): void {
    if (page.length < pageHeader) throw damaged('a bucket is cut');
    this.#elements(page, place);
  }
}

interface Leaf {
  isBucket: boolean;
  key: string;
  value: Buffer;
}

/** Elements share no bytes: together they are no longer than their page, which `budget` sees to. */
function leafAt(page: Buffer, at: number, budget: { bytes: number }): Leaf {
  const start = at + page.readUInt32LE(at + 4);
  const middle = start + page.readUInt32LE(at + 8);
  const end = middle + page.readUInt32LE(at + 12);
  budget.bytes -= end - start;
  if (end > page.length || budget.bytes < 0) throw damaged('an element lies outside of its page');
  return {
    isBucket: (page.readUInt32LE(at) & flags.bucket) !== 0,
    key: page.toString('utf8', start, middle),
    value: page.subarray(middle, end),
  };
}
