import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { EnginePort } from '../../transport/docker/port.ts';
import { lone } from '../support/engine-plans.ts';
import { type EngineUnderContract, rejects } from './engine.ts';

/** What any Engine must keep of its images. */
export function describeImages(engineOf: () => EngineUnderContract): void {
  describe('its images', () => {
    let port: EnginePort;
    let image: string;
    /** References that the specs have given. */
    let given: string[];
    before(() => {
      ({ port, image } = engineOf());
    });
    beforeEach(() => {
      given = [];
    });
    afterEach(async () => {
      for (const reference of given) await port.removeImage(reference);
    });

    const newName = (): string => {
      const name = `specs-${randomUUID()}`;
      given.push(`${name}:1`);
      return name;
    };
    const tagged = async (): Promise<string> => {
      const reference = `${newName()}:1`;
      await port.tag(image, reference);
      return reference;
    };
    const imported = async (): Promise<string> => {
      const repository = newName();
      const files = [{ path: 'www/index.html', mode: 0o644, body: Buffer.from(repository) }];
      await port.importImage({ repository, tag: '1', files, changes: ['ENTRYPOINT ["/serve"]'] });
      return `${repository}:1`;
    };

    it('are known by reference and by id', async () => {
      const facts = await port.inspectImage(image);
      expect(facts?.id).to.match(/^sha256:[0-9a-f]{64}$/);
      expect(facts?.tags).to.include(image);
      expect(facts?.digests).to.be.an('array');
      expect(facts?.sizeBytes).to.be.at.least(0);
      expect(facts?.createdAt).to.be.greaterThan(0);
      expect(await port.inspectImage(facts?.id ?? '')).to.deep.equal(facts);
    });

    it('are null where there is none', async () => {
      expect(await port.inspectImage('nobody/has-this:tag')).to.equal(null);
      expect(await port.inspectImage(`sha256:${'0'.repeat(64)}`)).to.equal(null);
    });

    it('cannot be pulled from a registry that cannot be reached', async () => {
      const options = { login: null, inactivityMs: 60_000 };
      await rejects(port.pull('127.0.0.1:1/nothing:here', options), 'DOCKER_REFUSED');
      await rejects(port.resolveDigest('127.0.0.1:1/nothing:here', null), 'DOCKER_REFUSED');
    });

    it('can be given another reference, twice', async () => {
      const reference = await tagged();
      await port.tag(image, reference);
      const facts = await port.inspectImage(reference);
      expect(facts?.id).to.equal((await port.inspectImage(image))?.id);
      expect(facts?.tags).to.include.members([image, reference]);
    });

    it('cannot be given a reference where there is none', async () => {
      await rejects(port.tag('nobody/has-this:tag', `${newName()}:1`), 'DOCKER_NOT_FOUND');
    });

    it('lose one reference and keep the others', async () => {
      const reference = await tagged();
      await port.removeImage(reference);
      expect(await port.inspectImage(reference)).to.equal(null);
      expect((await port.inspectImage(image))?.tags).to.not.include(reference);
    });

    it('are made of files, and are gone when they are removed by id', async () => {
      const reference = await imported();
      const facts = await port.inspectImage(reference);
      expect(facts?.tags).to.deep.equal([reference]);
      await port.removeImage(facts?.id ?? '');
      expect(await port.inspectImage(reference)).to.equal(null);
    });

    it('that are gone are left alone when they are removed', async () => {
      await port.removeImage('nobody/has-this:tag');
    });

    it('that a container was made of are not removed', async () => {
      const reference = await imported();
      const id = (await port.inspectImage(reference))?.id ?? '';
      const runtimeId = await port.create(lone({ image: reference }));
      await rejects(port.removeImage(id), 'DOCKER_REFUSED');
      expect((await port.inspectImage(reference))?.id).to.equal(id);
      await port.remove(runtimeId);
    });

    it('are listed, each with all its references', async () => {
      const [first, second] = [await tagged(), await imported()];
      const listed = await port.listImages();
      expect(listed.find(({ tags }) => tags.includes(first))?.tags).to.include(image);
      const facts = await port.inspectImage(second);
      const found = listed.find(({ id }) => id === facts?.id);
      expect(found).to.deep.include({ tags: [second], digests: [], sizeBytes: facts?.sizeBytes });
      // A list tells of whole seconds.
      expect((facts?.createdAt ?? 0) - (found?.createdAt ?? 0)).to.be.within(0, 999);
    });
  });
}
