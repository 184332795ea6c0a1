import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import type { Clock } from '../../../transport/host/port.ts';
import { instanceMetadata } from '../../../transport/http/metadata.ts';
import { listen } from '../../support/loopback.ts';

const answers: Record<string, string> = {
  'PUT /latest/api/token': 'TOKEN',
  'GET /latest/meta-data/placement/region': 'us-west-2',
  'GET /latest/dynamic/instance-identity/document': '{"instanceId":"i-1"}',
  'GET /latest/dynamic/instance-identity/signature': 'SIGNATURE',
};
const lineOf = ({ method, url }: IncomingMessage) => `${method} ${url}`;

describe('the metadata of an EC2 instance', () => {
  /** Time stands still until it is told to wake those who wait. */
  let wakes: { at: number; wake: () => void }[];
  const clock: Clock = {
    now: () => 5_000,
    at: (at, wake) => {
      const wait = { at, wake };
      wakes.push(wait);
      return () => {
        wakes = wakes.filter((other) => other !== wait);
      };
    },
    afterTurn: (work) => work(),
  };
  beforeEach(() => {
    wakes = [];
  });

  it('is asked for with a session token', async () => {
    const asked: string[] = [];
    const tokens = new Set<unknown>();
    const { url, close } = await listen((request, response) => {
      asked.push(lineOf(request));
      if (request.method === 'GET') tokens.add(request.headers['x-aws-ec2-metadata-token']);
      else expect(request.headers['x-aws-ec2-metadata-token-ttl-seconds']).to.equal('300');
      response.end(answers[lineOf(request)]);
    });
    expect(await instanceMetadata(clock, url)).to.deep.equal({
      region: 'us-west-2',
      identity: { document: '{"instanceId":"i-1"}', signature: 'SIGNATURE' },
    });
    expect(asked.sort()).to.deep.equal(Object.keys(answers).sort());
    expect([...tokens]).to.deep.equal(['TOKEN']);
    expect(wakes).to.deep.equal([]);
    await close();
  });

  for (const missing of Object.keys(answers))
    it(`is unknown where ${missing} is not answered well`, async () => {
      const { url, close } = await listen((request, response) => {
        response.statusCode = lineOf(request) === missing ? 404 : 200;
        response.end(answers[lineOf(request)]);
      });
      expect(await instanceMetadata(clock, url)).to.equal(null);
      await close();
    });

  it('is unknown where nobody listens', async () => {
    const { url, close } = await listen();
    await close();
    expect(await instanceMetadata(clock, url)).to.equal(null);
  });

  it('is unknown after a second in which nobody answers', async () => {
    const { server, url, close } = await listen(() => {});
    const asked = instanceMetadata(clock, url);
    await once(server, 'request');
    expect(wakes.map(({ at }) => at)).to.deep.equal([6_000]);
    for (const { wake } of wakes) wake();
    expect(await asked).to.equal(null);
    await close();
  });
});
