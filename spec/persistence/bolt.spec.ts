import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type BoltBucket, BoltError, readBolt } from '../../persistence/bolt.ts';
import { simRandom } from '../../transport/sim/random.ts';
import { type BoltContent, type BoltLayout, boltFile, sealMeta } from '../support/bolt.ts';

const golden = readFileSync(new URL('../golden/amazon-agent/agent.db', import.meta.url));

const contentOf = ({ buckets }: BoltBucket): BoltContent =>
  Object.fromEntries([...buckets].map(([name, { texts }]) => [name, Object.fromEntries(texts)]));

const codeOf = (bytes: Uint8Array): string => {
  try {
    readBolt(bytes);
    return 'read';
  } catch (error) {
    return error instanceof BoltError ? error.code : String(error);
  }
};

/** A file whose bytes were changed as `change` says; the meta pages' sums are put right. */
const changed = (change: (file: Buffer) => void, content: BoltContent = small): Buffer => {
  const file = boltFile(content);
  change(file);
  for (const page of [0, 4_096]) sealMeta(file, page);
  return file;
};

const small: BoltContent = { a: { key: 'value' }, b: { one: '1', two: '2' } };

describe('a BoltDB file', () => {
  it('that Amazon’s agent has written is read whole', () => {
    const { buckets } = readBolt(golden);
    expect([...buckets.keys()]).to.deep.equal([
      ...['containers', 'eniattachments', 'images', 'metadata', 'resattachments', 'tasks'],
    ]);
    const keys = (name: string) => [...(buckets.get(name)?.texts.keys() ?? [])];
    expect(keys('containers')).to.deep.equal(['batch-job', 'disk-db', 'web-log', 'web-nginx']);
    expect(keys('tasks')).to.deep.equal(['batch', 'disk', 'web']);
    expect(buckets.get('metadata')?.texts.get('cluster-name')).to.equal('"lab-refstate"');
    for (const text of buckets.get('tasks')?.texts.values() ?? [])
      expect(JSON.parse(text)).to.include({ Version: '1', NetworkMode: 'bridge' });
  });

  const many = Object.fromEntries(
    Array.from({ length: 500 }, (_, at) => [`key-${String(at).padStart(3, '0')}`, `value ${at}`]),
  );
  const layouts: [string, BoltContent, Partial<BoltLayout>?][] = [
    ['without buckets', {}],
    ['with a bucket within its parent’s page', { a: { key: 'value' }, empty: {} }],
    ['with a bucket of its own page', { a: { one: '1', two: '2' } }],
    ['with branch pages', { a: many, b: many }],
    ['with values longer than a page', { a: { long: 'x'.repeat(20_000), short: 'y' } }],
    ['with letters of more than a byte', { ä: { ö: 'ü€😀' } }],
    ['of small pages', { a: many }, { pageSize: 1_024, entriesInLeaf: 10 }],
    ['of large pages', { a: many }, { pageSize: 65_536 }],
  ];
  for (const [what, content, layout] of layouts)
    it(`is read ${what}`, () => {
      expect(contentOf(readBolt(boltFile(content, layout)))).to.deep.equal(content);
    });

  it('is read as its latest transaction left it', () => {
    const file = boltFile(small);
    // The first meta page is older, and leads to a page that is none any more.
    file.writeBigUInt64LE(99n, 16 + 16);
    sealMeta(file, 0);
    expect(contentOf(readBolt(file))).to.deep.equal(small);
  });

  for (const [which, page] of [
    ['first', 0],
    ['second', 4_096],
  ] as const)
    it(`is read where its ${which} meta page was torn`, () => {
      const file = boltFile(small);
      file.writeUInt8(file.readUInt8(page + 40) ^ 0xff, page + 40);
      expect(contentOf(readBolt(file))).to.deep.equal(small);
    });

  const root = boltFile(small).readUInt32LE(16 + 16) * 4_096;
  const refused: [string, Buffer, string][] = [
    ['that is empty', Buffer.alloc(0), 'BOLT_NOT_A_DATABASE'],
    ['of zeros', Buffer.alloc(65_536), 'BOLT_NOT_A_DATABASE'],
    ['of text', Buffer.from('{"Data":{}}'.repeat(2_000)), 'BOLT_NOT_A_DATABASE'],
    ['that was cut after its meta pages', boltFile(small).subarray(0, 8_192), 'BOLT_DAMAGED'],
    ['that was cut within a page', boltFile(small).subarray(0, -100), 'BOLT_DAMAGED'],
    [
      'whose branch leads back to itself',
      changed(
        (file) => {
          for (let at = 8_192; at < file.length; at += 4_096)
            if (file.readUInt16LE(at + 8) === 1)
              file.writeBigUInt64LE(file.readBigUInt64LE(at), at + 24);
        },
        { a: many },
      ),
      'BOLT_DAMAGED',
    ],
    [
      'whose page bears the number of another',
      changed((file) => file.writeUInt32LE(77, root)),
      'BOLT_DAMAGED',
    ],
    [
      'whose page is of no known kind',
      changed((file) => file.writeUInt16LE(0x10, root + 8)),
      'BOLT_DAMAGED',
    ],
    [
      'whose page counts more elements than it has room for',
      changed((file) => file.writeUInt16LE(0xffff, root + 10)),
      'BOLT_DAMAGED',
    ],
    [
      'whose page flows over its end',
      changed((file) => file.writeUInt32LE(0xffff_ffff, root + 12)),
      'BOLT_DAMAGED',
    ],
    [
      'whose element lies outside of its page',
      changed((file) => file.writeUInt32LE(0xffff_ff00, root + 20)),
      'BOLT_DAMAGED',
    ],
    [
      'whose elements are longer than their page together',
      changed((file) => file.writeUInt32LE(5_000, root + 28)),
      'BOLT_DAMAGED',
    ],
    ['whose bucket is cut', changed((file) => file.writeUInt32LE(8, root + 28)), 'BOLT_DAMAGED'],
    [
      'whose bucket is cut within its own page',
      changed((file) => file.writeUInt32LE(20, root + 28)),
      'BOLT_DAMAGED',
    ],
  ];
  for (const [what, bytes, code] of refused)
    it(`is refused ${what}`, () => {
      expect(codeOf(bytes)).to.equal(code);
    });

  it('is refused whose pages lie too deep', () => {
    // Each page is a branch with one child, the next page.
    const count = 100;
    const file = Buffer.concat([boltFile({}).subarray(0, 8_192), Buffer.alloc(count * 4_096)]);
    for (let id = 2; id < 2 + count; id++) {
      file.writeBigUInt64LE(BigInt(id), id * 4_096);
      file.writeUInt16LE(1, id * 4_096 + 8);
      file.writeUInt16LE(1, id * 4_096 + 10);
      file.writeBigUInt64LE(BigInt(id + 1), id * 4_096 + 24);
    }
    expect(() => readBolt(file)).to.throw(BoltError, 'too deep');
  });

  it('never hangs and never fails in another way, whichever bytes of it are damaged', function () {
    this.timeout(20_000);
    const random = simRandom(7);
    const outcomes = new Set<string>();
    for (let round = 0; round < 400; round++) {
      const file = Buffer.from(golden);
      // The heads of pages and elements are what leads astray.
      for (let flips = 0; flips < 4; flips++) {
        const page = Math.floor(random.roll() * 32) * 4_096;
        const at = page + Math.floor(random.roll() * (random.roll() < 0.7 ? 160 : 4_096));
        file.writeUInt8(Math.floor(random.roll() * 256), at);
      }
      outcomes.add(codeOf(file));
    }
    expect([...outcomes]).to.include.members(['BOLT_DAMAGED', 'read']);
    for (const outcome of outcomes) expect(outcome).to.match(/^(read|BOLT_\w+)$/);
  });
});
