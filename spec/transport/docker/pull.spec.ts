import { expect } from 'chai';
import { withDigest } from '../../../machines/names/image.ts';
import type { EnginePort } from '../../../transport/docker/port.ts';
import { clientOf, describeWithEngine, libraryOf } from '../../support/engine.ts';
import { testImage } from '../../support/engine-plans.ts';
import { push, requireRegistry, type SpecRegistry, startRegistry } from '../../support/registry.ts';
import { outcomeOf } from './daemon.ts';

const who = { username: 'AWS', password: 's3:cret' };

describeWithEngine('a pull by a Docker Engine', (dockerHost) => {
  let port: EnginePort;
  let shop: SpecRegistry;
  let image: string;
  let digest: string;
  before(async function () {
    requireRegistry(this);
    port = clientOf(dockerHost(), '');
    shop = await startRegistry({ login: who, dockerHost: dockerHost() });
    const parts = { engine: libraryOf(dockerHost()), registry: shop, login: who };
    digest = await push(parts, testImage, { path: 'specs/box', tag: '1' });
    image = `${shop.address}/specs/box:1`;
  });
  after(() => shop?.stop());
  afterEach(async () => {
    for (const reference of [image, withDigest(image, digest)]) await port.removeImage(reference);
  });

  const login = () => ({ ...who, serverAddress: shop.address });
  const options = () => ({ login: login(), inactivityMs: 60_000 });

  it('brings the image that the registry names by its digest', async () => {
    expect(await port.resolveDigest(image, login())).to.equal(digest);
    const reference = withDigest(image, digest);
    await port.pull(reference, options());
    await port.tag(reference, image);
    const facts = await port.inspectImage(image);
    expect(facts?.digests).to.include(reference);
    expect(facts?.id).to.equal((await port.inspectImage(testImage))?.id);
  });

  it('brings the image by its tag, and may do so again', async () => {
    for (const _ of ['first', 'second']) await port.pull(image, options());
    expect((await port.inspectImage(image))?.tags).to.include(image);
  });

  it('is refused to who has no login, and says so', async () => {
    const refused = await outcomeOf(port.pull(image, { ...options(), login: null }));
    expect(String(refused)).to.match(/Error response from daemon: .*no basic auth credentials/);
    const unknown = await outcomeOf(port.resolveDigest(image, null));
    expect(unknown).to.have.property('name', 'DOCKER_REFUSED');
  });

  it('tells of an image that the registry does not have', async () => {
    const missing = `${shop.address}/specs/box:2`;
    const refused = await outcomeOf(port.pull(missing, options()));
    expect(refused).to.include({ code: 'DOCKER_NOT_FOUND' });
    expect(String(refused)).to.contain('manifest unknown');
  });
});
