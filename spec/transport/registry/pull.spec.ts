import { expect } from 'chai';
import type Docker from 'dockerode';
import type { RegistryLogin } from '../../../transport/docker/port.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { registry } from '../../../transport/registry/registry.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import { describeWithEngine, libraryOf } from '../../support/engine.ts';
import { testImage } from '../../support/engine-plans.ts';
import {
  bridgeOf,
  push,
  type RegistrySetup,
  requireRegistry,
  type SpecRegistry,
  startRegistry,
} from '../../support/registry.ts';
import { direct } from '../../support/wire.ts';
import { type EcrServer, entry, gives, startEcr } from './ecr-server.ts';

const login = { username: 'AWS', password: 's3:cret' };
const base64 = Buffer.from(`${login.username}:${login.password}`).toString('base64');
const credentials = () => Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'key' });

for (const tls of [false, true])
  describeWithEngine(`a pull from a registry ${tls ? 'over TLS' : 'without TLS'}`, (dockerHost) => {
    let setup: RegistrySetup;
    let shop: SpecRegistry;
    let engine: Docker;
    let image: string;
    let digest: string;
    before(async function () {
      requireRegistry(this);
      engine = libraryOf(dockerHost());
      // Over TLS not at loopback: there the Engine asks for no good certificate.
      const host = tls ? await bridgeOf(engine) : '127.0.0.1';
      setup = { login, tls, host, dockerHost: dockerHost() };
      shop = await startRegistry(setup);
      const reference = { path: 'specs/box', tag: '1' };
      digest = await push({ engine, registry: shop, login }, testImage, reference);
      image = `${shop.address}/specs/box:1`;
    });
    after(() => shop?.stop());

    const configured = (authType: string, data: object) =>
      registry({
        authType,
        authData: JSON.stringify(data),
        region: 'us-west-2',
        credentials,
        clock: realClock(),
        random: simRandom(1),
        wire: direct,
      });
    /** Answers the digests that the Engine then has of the image, and takes it away again. */
    const pull = async (reference: string, found: RegistryLogin | null): Promise<string[]> => {
      const { serverAddress: serveraddress = '', ...who } = found ?? {};
      const authconfig = { username: '', password: '', ...who, serveraddress };
      const progress = await engine.pull(reference, found ? { authconfig } : {});
      const told: Promise<void> = new Promise((resolve, reject) =>
        engine.modem.followProgress(progress, (error) => (error ? reject(error) : resolve())),
      );
      await told;
      const { RepoDigests } = await engine.getImage(reference).inspect();
      await engine.getImage(reference).remove();
      return RepoDigests;
    };
    const refusal = (pulled: Promise<unknown>): Promise<string> =>
      pulled.then(
        () => 'pulled',
        (error: Error) => error.message,
      );

    it('is refused to an agent that has no login for it', async () => {
      const other = { 'registry.example:5000': login };
      const found = await configured('docker', other).loginFor({
        image,
        ecr: null,
        executionRole: null,
      });
      expect(found).to.equal(null);
      expect(await refusal(pull(image, found))).to.match(/no basic auth credentials|unauthorized/);
    });

    it('is refused to an agent whose login is wrong', async () => {
      const data = { [shop.address]: { ...login, password: 'wrong' } };
      const found = await configured('docker', data).loginFor({
        image,
        ecr: null,
        executionRole: null,
      });
      expect(await refusal(pull(image, found))).to.match(/unauthorized/);
    });

    const forms: [string, (address: string) => object][] = [
      ['docker', (address) => ({ [address]: login })],
      ['dockercfg', (address) => ({ [`https://${address}`]: { auth: base64 } })],
    ];
    for (const [authType, data] of forms)
      it(`succeeds with the login that is configured as ${authType}`, async () => {
        const logins = configured(authType, data(shop.address));
        const found = await logins.loginFor({ image, ecr: null, executionRole: null });
        expect(await pull(image, found)).to.deep.include(`${shop.address}/specs/box@${digest}`);
      });

    describe('of Amazon ECR', () => {
      let ecr: EcrServer;
      before(async () => {
        ecr = await startEcr();
      });
      after(() => ecr.close());

      it('succeeds with the token that it gives', async () => {
        const proxyEndpoint = `${tls ? 'https' : 'http'}://${shop.address}`;
        ecr.answer = () => gives(entry({ authorizationToken: base64, proxyEndpoint }));
        const found = await configured('', {}).loginFor({
          image,
          ecr: {
            region: 'us-west-2',
            registryId: '111122223333',
            endpointOverride: ecr.url,
            useExecutionRole: false,
          },
          executionRole: null,
        });
        expect(await pull(image, found)).to.deep.include(`${shop.address}/specs/box@${digest}`);
      });
    });

    if (tls)
      it('is refused where the Engine does not trust the certificate', async () => {
        const stranger = await startRegistry({ ...setup, trusted: false });
        const reference = `${stranger.address}/specs/box:1`;
        const found = { ...login, serverAddress: stranger.address };
        const refused = await refusal(pull(reference, found)).finally(stranger.stop);
        expect(refused).to.match(/certificate/);
      });
  });
