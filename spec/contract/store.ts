import { expect } from 'chai';
import { type Change, type Row, type Store, StoreError } from '../../persistence/store.ts';

/** A store whose bytes the contract may damage while it is closed. */
export interface StoreUnderContract {
  store: Store;
  /** Changes the stored text of a record. */
  damage(key: string): Promise<void>;
}

const web: Change = { key: 'task/web', body: { status: 'RUNNING', exits: [0, null], ok: true } };
const log: Change = { key: 'task/log', body: { status: 'PENDING', note: 'naïve ☂ 🐳' } };
const agent: Change = {
  key: 'agent',
  body: { arn: 'arn:aws:ecs:us-west-2:1:container-instance/a' },
};

/** The bodies of rows by their keys. */
export function bodies(rows: Row[]): Record<string, unknown> {
  return Object.fromEntries(rows.map(({ key, body }) => [key, body]));
}

/** What a call is refused with; fails if it is not refused with a {@link StoreError}. */
export async function refusal(call: Promise<unknown>): Promise<StoreError> {
  const outcome = await call.catch((error: unknown) => error);
  if (!(outcome instanceof StoreError)) {
    throw new Error(`not refused with a StoreError: ${String(outcome)}`);
  }
  return outcome;
}

/** What every {@link Store} promises. `make` answers a new, empty store that is not open. */
export function describeStore(name: string, make: () => Promise<StoreUnderContract>): void {
  describe(`${name} keeps the contract of a store`, () => {
    let store: Store;
    let damage: StoreUnderContract['damage'];

    beforeEach(async () => {
      ({ store, damage } = await make());
    });
    afterEach(() => store.close());

    async function reopened() {
      await store.close();
      return store.open();
    }

    it('opens empty and unhurt the first time', async () => {
      expect(await store.open()).to.deep.equal({ rows: [], quarantined: [], damage: null });
    });

    it('gives back what was written when it is opened again', async () => {
      await store.open();
      await store.write([web, log]);
      await store.write([agent]);
      const { rows, quarantined, damage: hurt } = await reopened();
      expect(bodies(rows)).to.deep.equal(bodies([web, log, agent] as Row[]));
      expect({ quarantined, hurt }).to.deep.equal({ quarantined: [], hurt: null });
    });

    it('replaces and removes records', async () => {
      await store.open();
      await store.write([web, log, agent]);
      await store.write([
        { key: 'task/web', body: { status: 'STOPPED' } },
        { key: 'task/log', body: undefined },
        { key: 'task/never', body: undefined },
      ]);
      const { rows, damage: hurt } = await reopened();
      expect(bodies(rows)).to.deep.equal({
        'task/web': { status: 'STOPPED' },
        agent: agent.body,
      });
      expect(hurt).to.equal(null);
    });

    it('lets the last of two changes to a record in one batch count', async () => {
      await store.open();
      await store.write([web, { key: 'task/web', body: undefined }, { key: 'task/web', body: 2 }]);
      const { rows, damage: hurt } = await reopened();
      expect(bodies(rows)).to.deep.equal({ 'task/web': 2 });
      expect(hurt).to.equal(null);
    });

    it('writes batches in the order they were given, without waiting between them', async () => {
      await store.open();
      const counts = Array.from({ length: 20 }, (_, count) => ({ key: 'count', body: count }));
      await Promise.all(counts.map((change) => store.write([change])));
      const { rows, damage: hurt } = await reopened();
      expect(bodies(rows)).to.deep.equal({ count: 19 });
      expect(hurt).to.equal(null);
    });

    it('finishes what was being written before it closes', async () => {
      await store.open();
      const written = store.write([web]);
      const { rows } = await reopened();
      await written;
      expect(bodies(rows)).to.deep.equal({ 'task/web': web.body });
    });

    it('writes nothing of a batch with a body that is not JSON, and goes on', async () => {
      await store.open();
      await store.write([web]);
      const { code } = await refusal(store.write([log, { key: 'task/bad', body: () => 1 }]));
      expect(code).to.equal('STORE_WRITE_FAILED');
      await store.write([agent]);
      const { rows, damage: hurt } = await reopened();
      expect(rows.map(({ key }) => key)).to.have.members(['task/web', 'agent']);
      expect(hurt).to.equal(null);
    });

    it('refuses to write before it is opened and after it is closed', async () => {
      expect((await refusal(store.write([web]))).code).to.equal('STORE_WRITE_FAILED');
      await store.open();
      await store.close();
      expect((await refusal(store.write([web]))).code).to.equal('STORE_WRITE_FAILED');
      expect((await store.open()).rows).to.deep.equal([]);
    });

    it('refuses to be opened twice, and is not disturbed by it', async () => {
      await store.open();
      expect((await refusal(store.open())).code).to.equal('STORE_LOCKED');
      await store.write([web]);
      expect(bodies((await reopened()).rows)).to.deep.equal({ 'task/web': web.body });
    });

    it('puts a damaged record into quarantine and gives back the others', async () => {
      await store.open();
      await store.write([web, log]);
      await store.close();
      await damage('task/web');
      expect(await store.open()).to.deep.equal({
        rows: [log],
        quarantined: [{ key: 'task/web', reason: 'wrong sum' }],
        damage: null,
      });
    });

    it('says only once that a record was damaged, and takes a new one in its place', async () => {
      await store.open();
      await store.write([web, log]);
      await store.close();
      await damage('task/web');
      await store.open();
      expect(await reopened()).to.deep.equal({ rows: [log], quarantined: [], damage: null });
      await store.write([web]);
      expect((await reopened()).rows).to.have.deep.members([web, log]);
    });

    it('remembers which instance it is when that record is damaged', async () => {
      await store.open();
      await store.write([agent, web]);
      await store.close();
      await damage('agent');
      const { rows, quarantined } = await store.open();
      expect(quarantined.map(({ key }) => key)).to.deep.equal(['agent']);
      expect(rows).to.have.deep.members([agent, web]);
      expect((await reopened()).rows).to.have.deep.members([agent, web]);
    });

    it('remembers the newest identity, and forgets one that was removed', async () => {
      const renewed = { key: 'agent', body: { arn: 'b' } };
      await store.open();
      await store.write([agent, web]);
      await store.write([renewed]);
      await store.close();
      await damage('agent');
      expect((await store.open()).rows).to.deep.include(renewed);
      await store.write([{ key: 'agent', body: undefined }]);
      await store.close();
      await damage('task/web');
      expect((await store.open()).rows).to.deep.equal([]);
    });
  });
}
