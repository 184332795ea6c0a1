import { once } from 'node:events';
import { expect } from 'chai';
import { realClock } from '../../../transport/host/clock.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { noMetadata } from '../../../transport/instance/none.ts';
import type { InstanceMetadataPort } from '../../../transport/instance/port.ts';
import { metadataService } from '../../../transport/instance/service.ts';
import { everyFact, names, refusal } from '../../contract/metadata.ts';
import { MetadataService } from '../../support/metadata-service.ts';

const hour = 3_600_000;

describe('the instance metadata service', () => {
  const service = new MetadataService();
  const token = 'PUT api/token';
  const idPath = 'GET meta-data/instance-id';
  /** Time stands still until it is told to go on. */
  let now: number;
  let waits: { at: number; wake: () => void }[];
  let told: (wait: { at: number }) => void;
  const clock: Clock = {
    now: () => now,
    at: (at, wake) => {
      const wait = { at, wake };
      waits.push(wait);
      told(wait);
      return () => {
        waits = waits.filter((other) => other !== wait);
      };
    },
    afterTurn: (work) => work(),
  };
  let port: InstanceMetadataPort;
  const connect = (more: { identityDisabled?: boolean; clock?: Clock } = {}) =>
    metadataService({
      ...{ endpoint: service.url, identityDisabled: false, clock },
      random: { roll: () => 0.5, uuid: () => '' },
      ...more,
    });

  beforeEach(async () => {
    now = 5_000;
    waits = [];
    told = () => {};
    service.asked.length = 0;
    service.answers.clear();
    service.isSilent = false;
    service.set(everyFact);
    await service.open();
    port = connect();
  });
  afterEach(() => service.close());

  /** From now on time goes on at once to the end of every wait that is a pause between two tries. */
  const hurry = (pauses: number[]) => {
    told = ({ at }) => {
      const ms = at - now;
      // Deadlines of calls are 1 s and 5 s.
      if (ms === 1_000 || ms === 5_000) return;
      pauses.push(ms);
      queueMicrotask(() => {
        now = at;
        for (const { at: due, wake } of waits) if (due <= now) wake();
      });
    };
  };

  it('is asked with one session token, until shortly before that expires', async () => {
    await Promise.all([port.instanceId(), port.vpcId(), port.spotAction()]);
    expect(service.count(token)).to.equal(1);
    now += 6 * hour - 300_001;
    await port.spotAction();
    expect(service.count(token)).to.equal(1);
    now += 1;
    await port.spotAction();
    expect(service.count(token)).to.equal(2);
    expect(waits).to.deep.equal([]);
  });

  it('is asked with a new token where the one that it gave is not taken any more', async () => {
    await port.spotAction();
    service.token = 7;
    expect(await port.lifecycleState()).to.equal('Warmed:Stopped');
    expect(service.count(token)).to.equal(2);
  });

  for (const status of [403, 404, 405])
    it(`is asked without a token where it answers ${status} to being asked for one`, async () => {
      service.answers.set(token, status);
      expect(await port.instanceId()).to.equal(everyFact.instanceId);
      expect(await port.lifecycleState()).to.equal('Warmed:Stopped');
      expect(service.count(token)).to.equal(1);
    });

  it('is asked for nothing where its answer to that is another', async () => {
    service.answers.set(token, 400);
    expect((await refusal(port.instanceId())).code).to.equal('METADATA_REFUSED');
    expect(service.asked).to.deep.equal([token]);
  });

  it('is given up after a second where it has never answered', async () => {
    service.isSilent = true;
    const asked = port.instanceId();
    await once(service.server ?? process, 'request');
    expect(waits.map(({ at }) => at)).to.deep.equal([6_000]);
    for (const { wake } of waits) wake();
    const { code, message } = await refusal(asked);
    expect(code).to.equal('METADATA_UNREACHABLE');
    expect(message).to.match(/did not answer within 1 s.*hop limit/);
    expect(service.asked).to.have.length(1);
  });

  it('is waited for longer once it has answered', async () => {
    await port.instanceId();
    service.isSilent = true;
    const asked = port.lifecycleState();
    await once(service.server ?? process, 'request');
    expect(waits.map(({ at }) => at)).to.deep.equal([10_000]);
    for (const { wake } of waits) wake();
    expect((await refusal(asked)).message).to.include('within 5 s');
  });

  it('is asked once while it has told nothing yet, be it there or not', async () => {
    service.answers.set('*', 503);
    expect((await refusal(port.instanceId())).code).to.equal('METADATA_UNAVAILABLE');
    expect(service.asked).to.have.length(1);
  });

  it('is asked for a fact for half a minute while it is ill, ever more slowly', async () => {
    await port.instanceId();
    const pauses: number[] = [];
    hurry(pauses);
    service.answers.set('*', 503);
    expect((await refusal(port.identity())).code).to.equal('METADATA_UNAVAILABLE');
    expect(pauses).to.deep.equal([110, 220, 440, 880, 1_760, 3_520, 5_500, 5_500, 5_500, 5_500]);
    expect(now - 5_000).to.be.below(30_000);
  });

  it('tells a fact after it was ill for a while', async () => {
    await port.instanceId();
    hurry([]);
    service.answers.set('GET user-data', 429);
    told = ((usual) => (wait) => {
      if (service.count('GET user-data') === 3) service.answers.clear();
      usual(wait);
    })(told);
    expect(await port.userData()).to.equal(everyFact.userData);
    expect(service.count('GET user-data')).to.equal(4);
  });

  it('is asked once for a fact that many want at the same time', async () => {
    await Promise.all([port.instanceId(), port.instanceId(), port.instanceId()]);
    expect(service.count(idPath)).to.equal(1);
  });

  it('tells the region by the identity document, and by itself where that says none', async () => {
    expect(await port.region()).to.equal('eu-north-1');
    expect(service.count('GET meta-data/placement/region')).to.equal(0);
    service.set({ identity: { document: '{"region":null}', signature: '' } });
    expect(await connect().region()).to.equal('eu-north-1');
    expect(service.count('GET meta-data/placement/region')).to.equal(1);
  });

  it('is not asked for an identity document that is not to be shown', async () => {
    const without = connect({ identityDisabled: true });
    expect(await without.identity()).to.equal(null);
    expect(await without.region()).to.equal('eu-north-1');
    expect(service.asked.join()).not.to.include('instance-identity');
  });

  it('gives the identity document to the byte, as its signature is of that', async () => {
    const document = '{\n  "region" : "eu-north-1"\n}\n';
    service.set({ identity: { document, signature: 'line one\nline two' } });
    expect(await port.identity()).to.deep.equal({ document, signature: 'line one\nline two' });
  });

  for (const text of ['soon', '[]', '{"time":"now"}', 'null'])
    it(`does not make an interruption of ${text}`, async () => {
      service.answers.set('GET meta-data/spot/instance-action', text);
      const { code, message } = await refusal(port.spotAction());
      expect(code).to.equal('METADATA_UNREADABLE');
      expect(message).not.to.include(text);
    });

  it('is not asked through a proxy', async () => {
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = 'http://127.0.0.1:1';
    const { EnvHttpProxyAgent, getGlobalDispatcher, setGlobalDispatcher } = await import('undici');
    const usual = getGlobalDispatcher();
    setGlobalDispatcher(new EnvHttpProxyAgent());
    try {
      expect(await connect({ clock: realClock() }).instanceId()).to.equal(everyFact.instanceId);
    } finally {
      setGlobalDispatcher(usual);
      if (before === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = before;
    }
  });

  it('tells nothing, at once, where it is not to be asked', async () => {
    const answers = await Promise.all(names.map((name) => noMetadata[name]()));
    expect(answers).to.deep.equal(names.map(() => null));
  });
});
