import { inspect } from 'node:util';
import { expect } from 'chai';
import { ec2Client, ec2Endpoint } from '../../../transport/ec2/client.ts';
import { Ec2Error } from '../../../transport/ec2/port.ts';
import { EcsError } from '../../../transport/ecs/port.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import type { Credentials } from '../../../transport/wire/credentials.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { expectedSignature, readAuthorization, type SeenRequest } from '../wire/verifier.ts';

const tagsOf = (...tags: [key: string, value: string][]) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<DescribeTagsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</requestId>
  <tagSet>${tags
    .map(
      ([key, value]) => `
    <item>
      <resourceId>i-1</resourceId>
      <resourceType>instance</resourceType>
      <key>${key}</key>
      ${value === '' ? '<value/>' : `<value>${value}</value>`}
    </item>`,
    )
    .join('')}
  </tagSet>
</DescribeTagsResponse>`;

const refusal = (code: string, message = 'no') =>
  `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`;

describe('the EC2 API client', () => {
  const asked: SeenRequest[] = [];
  let answers: { status: number; text: string }[];
  let loopback: Loopback;
  /** The waits that were asked for; those between tries pass at once. */
  let waits: number[];
  let wakeLimits: (() => void)[];
  const clock: Clock = {
    now: () => 1_700_000_000_000,
    at: (at, wake) => {
      const ms = at - clock.now();
      if (ms === 42_000) wakeLimits.push(wake);
      else {
        waits.push(ms);
        queueMicrotask(wake);
      }
      return () => {};
    },
    afterTurn: (work) => work(),
  };

  beforeEach(async () => {
    asked.length = 0;
    waits = [];
    wakeLimits = [];
    answers = [];
    loopback = await listen((request, response) => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, headers, body: '' });
      const { status, text } = answers.shift() ?? { status: 200, text: tagsOf() };
      response.writeHead(status, { 'content-type': 'text/xml;charset=UTF-8' });
      response.end(text);
    });
  });
  afterEach(() => loopback.close());

  const keys = { accessKeyId: 'AKID', secretAccessKey: 's3cret', sessionToken: 'TOKEN' };
  const client = (
    credentials: Credentials = () => Promise.resolve(keys),
    endpoint = loopback.url,
  ) =>
    ec2Client({
      ...{ endpoint, region: 'us-west-2', credentials, userAgent: 'Spec Agent - v1' },
      ...{ clock, random: simRandom(1) },
    });
  const failing = async (call: Promise<unknown>): Promise<Ec2Error> => {
    const error = await call.catch((reason: unknown) => reason);
    if (!(error instanceof Ec2Error)) throw new Error(`no Ec2Error: ${inspect(error)}`);
    expect(error.code).to.equal('EC2_FAILED');
    return error;
  };

  it('asks for the tags of the instance, one page of them', async () => {
    await client().instanceTags('i-1');
    const [call] = asked;
    expect(call?.method).to.equal('GET');
    expect(Object.fromEntries(new URL(call?.url ?? '', loopback.url).searchParams)).to.deep.equal({
      Action: 'DescribeTags',
      Version: '2016-11-15',
      'Filter.1.Name': 'resource-id',
      'Filter.1.Value.1': 'i-1',
      'Filter.2.Name': 'resource-type',
      'Filter.2.Value.1': 'instance',
      MaxResults: '50',
    });
    expect(call?.headers['user-agent']).to.equal('Spec Agent - v1');
  });

  it('signs as an independent verifier would', async () => {
    await client().instanceTags('i-1');
    const [call] = asked;
    if (!call) throw new Error('no call was seen');
    const { signature, service, region, signedHeaders } = readAuthorization(
      call.headers.authorization,
    );
    expect({ service, region }).to.deep.equal({ service: 'ec2', region: 'us-west-2' });
    expect(signedHeaders).to.include('x-amz-security-token');
    expect(signature).to.equal(expectedSignature(call, 's3cret'));
  });

  it('reads tags whatever is in them', async () => {
    const text = tagsOf(
      ['Name', 'node-1'],
      ['empty', ''],
      ['&lt;a &amp; b&gt;', '&quot;it&apos;s&quot; &#233;&#x1F600; &unknown; &#x110000;'],
      ['aws:x', ' spaced '],
    );
    answers = [{ status: 200, text }];
    expect(await client().instanceTags('i-1')).to.deep.equal({
      Name: 'node-1',
      empty: '',
      '<a & b>': `"it's" é😀 &unknown; &#x110000;`,
      'aws:x': ' spaced ',
    });
  });

  it('answers nothing for an instance without tags', async () => {
    answers = [{ status: 200, text: tagsOf().replace(/<tagSet>\s*<\/tagSet>/, '<tagSet/>') }];
    expect(await client().instanceTags('i-1')).to.deep.equal({});
  });

  const passing = [
    { status: 503, text: refusal('RequestLimitExceeded') },
    { status: 500, text: refusal('InternalError') },
    { status: 400, text: refusal('Throttling') },
    { status: 502, text: '<html>' },
  ];

  it('asks again, later each time, while EC2 is too busy or ill', async () => {
    answers = [...passing, { status: 200, text: tagsOf(['Name', 'node-1']) }];
    expect(await client().instanceTags('i-1')).to.deep.equal({ Name: 'node-1' });
    expect(asked).to.have.length(5);
    for (const [at, least] of [500, 1_000, 2_000, 4_000].entries())
      expect(waits[at]).to.be.within(least, 2 * least);
  });

  it('gives up after five tries', async () => {
    answers = [...passing, { status: 503, text: refusal('Unavailable', 'come back') }];
    const { message } = await failing(client().instanceTags('i-1'));
    expect(message).to.equal('Amazon EC2: Unavailable: come back');
    expect(asked).to.have.length(5);
  });

  const final: [status: number, text: string, says: string][] = [
    [
      403,
      refusal('UnauthorizedOperation', 'You are &lt;not&gt; authorized'),
      'Amazon EC2: UnauthorizedOperation: You are <not> authorized (the instance’s role must allow ec2:DescribeTags)',
    ],
    [401, refusal('AuthFailure'), 'Amazon EC2: AuthFailure: no'],
    [404, '<html>', 'is not Amazon EC2'],
  ];
  for (const [status, text, says] of final)
    it(`asks once where the answer is ${status} and ${says}`, async () => {
      answers = [{ status, text }];
      expect((await failing(client().instanceTags('i-1'))).message).to.include(says);
      expect(asked).to.have.length(1);
    });

  it('names the address that nobody answers at, after five tries', async () => {
    const nobody = client(undefined, 'http://127.0.0.1:1');
    const { message } = await failing(nobody.instanceTags('i-1'));
    expect(message).to.equal('Amazon EC2 (http://127.0.0.1:1) cannot be reached: ECONNREFUSED');
    expect(waits).to.have.length(4);
  });

  it('passes on that there are no credentials, and does not look again', async () => {
    const missing = new EcsError('ECS_DENIED', 'CredentialsProviderError', 'no keys');
    let looked = 0;
    const keyless = client(() => {
      looked += 1;
      return Promise.reject(missing);
    });
    expect((await failing(keyless.instanceTags('i-1'))).message).to.equal('no keys');
    expect(looked).to.equal(1);
  });

  it('gives each try 42 seconds, the search for keys included', async () => {
    let searches = 0;
    const searching = client(() => {
      searches += 1;
      queueMicrotask(() => wakeLimits.shift()?.());
      return new Promise(() => {});
    });
    const { message } = await failing(searching.instanceTags('i-1'));
    expect(message).to.include('did not answer within 42 s');
    expect(searches).to.equal(5);
  });

  it('ends when the caller loses interest, and begins nothing after', async () => {
    const ending = new AbortController();
    const waiting = failing(
      client(() => {
        ending.abort();
        return new Promise(() => {});
      }).instanceTags('i-1', ending.signal),
    );
    expect((await waiting).message).to.include('given up');
    expect((await failing(client().instanceTags('i-1', ending.signal))).message).to.include(
      'given up',
    );
    expect(asked).to.deep.equal([]);
  });

  const endpoints: [region: string, ipv4: string, ipv6: string][] = [
    ['us-west-2', 'amazonaws.com', 'api.aws'],
    ['us-gov-west-1', 'amazonaws.com', 'api.aws'],
    ['mx-central-1', 'amazonaws.com', 'api.aws'],
    ['cn-north-1', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
    ['eusc-de-east-1', 'amazonaws.eu', 'api.amazonwebservices.eu'],
    ['us-iso-east-1', 'c2s.ic.gov', 'api.aws.ic.gov'],
    ['us-isob-east-1', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ];
  for (const [region, ipv4, ipv6] of endpoints)
    it(`is found in ${region} at ${ipv4}, and at ${ipv6} from a host with IPv6 only`, () => {
      expect(ec2Endpoint(region, { ipv6Only: false })).to.equal(`https://ec2.${region}.${ipv4}`);
      expect(ec2Endpoint(region, { ipv6Only: true })).to.equal(`https://ec2.${region}.${ipv6}`);
    });
});
