/** What the specs write as a BoltDB file: buckets by name, in each texts by key. */
export type BoltContent = Record<string, Record<string, string>>;

/** How a file is laid out; the defaults are those of a small database. */
export interface BoltLayout {
  pageSize: number;
  /** A bucket of no more entries lies within the root page. */
  inlineEntries: number;
  /** A bucket of more entries has a branch page over leaf pages of so many. */
  entriesInLeaf: number;
}

const header = 16;
const element = 16;

/** Writes a BoltDB file of the format's version 2, as its documentation lays it out. */
export function boltFile(content: BoltContent, layout: Partial<BoltLayout> = {}): Buffer {
  return new BoltWriter({ pageSize: 4_096, inlineEntries: 1, entriesInLeaf: 50, ...layout }).file(
    content,
  );
}

interface Entry {
  key: string;
  value: Buffer;
  isBucket?: boolean;
}

class BoltWriter {
  readonly #layout: BoltLayout;
  /** Pages from the third on; the first two are the meta pages. */
  readonly #pages: Buffer[] = [];
  #next = 2;

  constructor(layout: BoltLayout) {
    this.#layout = layout;
  }

  file(content: BoltContent): Buffer {
    const names = Object.keys(content).sort();
    const root = this.#tree(
      names.map((key) => ({ key, isBucket: true, value: this.#bucket(content[key] ?? {}) })),
    );
    const metas = [0, 1].map((id) => this.#meta(id, root));
    return Buffer.concat([...metas, ...this.#pages]);
  }

  #bucket(texts: Record<string, string>): Buffer {
    const entries = Object.keys(texts)
      .sort()
      .map((key): Entry => ({ key, value: Buffer.from(texts[key] ?? '') }));
    const head = Buffer.alloc(16);
    if (entries.length <= this.#layout.inlineEntries)
      return Buffer.concat([head, leafPage(0, entries)]);
    head.writeBigUInt64LE(BigInt(this.#tree(entries)), 0);
    return head;
  }

  /** Answers the number of the page that holds the entries, or leads to them. */
  #tree(entries: Entry[]): number {
    const { entriesInLeaf } = this.#layout;
    if (entries.length <= entriesInLeaf) return this.#add((id) => leafPage(id, entries));
    const leaves: { key: string; id: number }[] = [];
    for (let at = 0; at < entries.length; at += entriesInLeaf) {
      const part = entries.slice(at, at + entriesInLeaf);
      leaves.push({ key: part[0]?.key ?? '', id: this.#add((id) => leafPage(id, part)) });
    }
    return this.#add((id) => branchPage(id, leaves));
  }

  #add(make: (id: number) => Buffer): number {
    const id = this.#next;
    const { pageSize } = this.#layout;
    const page = make(id);
    const count = Math.ceil(page.length / pageSize);
    page.writeUInt32LE(count - 1, 12);
    this.#pages.push(Buffer.concat([page], count * pageSize));
    this.#next += count;
    return id;
  }

  #meta(id: number, root: number): Buffer {
    const page = pageHead(id, 0x04, 0, this.#layout.pageSize);
    page.writeUInt32LE(0xed0cdaed, header);
    page.writeUInt32LE(2, header + 4);
    page.writeUInt32LE(this.#layout.pageSize, header + 8);
    page.writeBigUInt64LE(BigInt(root), header + 16);
    page.writeBigUInt64LE(BigInt(this.#next), header + 40);
    page.writeBigUInt64LE(BigInt(id + 1), header + 48);
    sealMeta(page, 0);
    return page;
  }
}

/** Gives the meta page that begins there the sum that it must have. */
export function sealMeta(file: Buffer, start: number): void {
  let sum = 0xcbf29ce484222325n;
  for (const byte of file.subarray(start + header, start + header + 56))
    sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
  file.writeBigUInt64LE(sum, start + header + 56);
}

function pageHead(id: number, flags: number, count: number, length: number): Buffer {
  const page = Buffer.alloc(length);
  page.writeBigUInt64LE(BigInt(id), 0);
  page.writeUInt16LE(flags, 8);
  page.writeUInt16LE(count, 10);
  return page;
}

function leafPage(id: number, entries: Entry[]): Buffer {
  const page = pageHead(id, 0x02, entries.length, header + entries.length * element);
  const data: Buffer[] = [];
  let end = page.length;
  for (const [index, { key, value, isBucket }] of entries.entries()) {
    const at = header + index * element;
    const name = Buffer.from(key);
    page.writeUInt32LE(isBucket ? 1 : 0, at);
    page.writeUInt32LE(end - at, at + 4);
    page.writeUInt32LE(name.length, at + 8);
    page.writeUInt32LE(value.length, at + 12);
    data.push(name, value);
    end += name.length + value.length;
  }
  return Buffer.concat([page, ...data]);
}

function branchPage(id: number, children: { key: string; id: number }[]): Buffer {
  const page = pageHead(id, 0x01, children.length, header + children.length * element);
  const data: Buffer[] = [];
  let end = page.length;
  for (const [index, child] of children.entries()) {
    const at = header + index * element;
    const name = Buffer.from(child.key);
    page.writeUInt32LE(end - at, at);
    page.writeUInt32LE(name.length, at + 4);
    page.writeBigUInt64LE(BigInt(child.id), at + 8);
    data.push(name);
    end += name.length;
  }
  return Buffer.concat([page, ...data]);
}
