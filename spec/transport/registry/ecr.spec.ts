import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { expect } from 'chai';
import type { EcrLogin } from '../../../machines/container/model.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { type LoginRequest, RegistryError } from '../../../transport/registry/port.ts';
import { registry } from '../../../transport/registry/registry.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import type { AwsKeys, Credentials } from '../../../transport/wire/credentials.ts';
import { direct } from '../../support/wire.ts';
import { expectedSignature, readAuthorization } from '../wire/verifier.ts';
import { type EcrServer, entry, fails, gives, startEcr } from './ecr-server.ts';

const hourMs = 3_600_000;
const start = Date.parse('2026-07-01T12:00:00Z');
const own: AwsKeys = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-s3cret' };
const image = '111122223333.dkr.ecr.us-west-2.amazonaws.com/web:1.4';
const role = {
  credentialsId: 'f3d7',
  roleArn: 'arn:aws:iam::111122223333:role/exec',
  keys: { accessKeyId: 'ASIAROLE', secretAccessKey: 'role-s3cret', sessionToken: 'session-s3cret' },
};

/** Epoch milliseconds of a time such as `20261124T141003Z`. */
const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(....)(..)(..)T(..)(..)/, '$1-$2-$3T$4:$5:'));

describe('a login of Amazon ECR', () => {
  let ecr: EcrServer;
  let time: SimClock;
  /** Passes the pauses between tries at once; the rest is left to `time`. */
  let clock: Clock;
  let credentials: Credentials;
  before(async () => {
    ecr = await startEcr();
  });
  after(() => ecr.close());
  beforeEach(() => {
    ecr.asked.length = 0;
    ecr.answer = () => gives(entry({}, time.now() + 12 * hourMs));
    time = new SimClock(start);
    credentials = () => Promise.resolve(own);
    clock = {
      now: () => time.now(),
      at: (at, wake) => (at - time.now() < 5_000 ? wakeSoon(wake) : time.at(at, wake)),
      afterTurn: (work) => time.afterTurn(work),
    };
  });
  const wakeSoon = (wake: () => void) => {
    queueMicrotask(wake);
    return () => {};
  };

  const port = (region = 'eu-north-1') =>
    registry({
      authType: 'docker',
      authData: '{"111122223333.dkr.ecr.us-west-2.amazonaws.com":{"username":"u","password":"p"}}',
      region,
      credentials: () => credentials(),
      clock,
      random: simRandom(1),
      wire: direct,
    });
  const asking = (more: Partial<EcrLogin> = {}, as: Partial<LoginRequest> = {}): LoginRequest => ({
    image,
    ecr: {
      region: 'us-west-2',
      registryId: '111122223333',
      endpointOverride: ecr.url,
      useExecutionRole: false,
      ...more,
    },
    executionRole: null,
    ...as,
  });
  const refusal = async (login: Promise<unknown>): Promise<RegistryError> => {
    const error = await login.catch((reason: unknown) => reason);
    if (!(error instanceof RegistryError)) throw new Error(`no RegistryError: ${inspect(error)}`);
    expect(error.code).to.equal('REGISTRY_ECR');
    expect(inspect(error, { depth: 9, showHidden: true })).not.to.match(/s3cret|pass:word|QVdTOn/);
    return error;
  };

  it('is the user and password of its token, for the registry that ECR names', async () => {
    expect(await port().loginFor(asking())).to.deep.equal({
      username: 'AWS',
      password: 'pass:word',
      serverAddress: 'https://111122223333.dkr.ecr.us-west-2.amazonaws.com',
    });
  });

  it('is asked for by its registry, signed with the agent’s own keys', async () => {
    await port().loginFor(asking());
    const [request] = ecr.asked;
    if (!request) throw new Error('nothing was asked');
    const target = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken';
    expect(request.headers['x-amz-target']).to.equal(target);
    expect(JSON.parse(request.body)).to.deep.equal({ registryIds: ['111122223333'] });
    const { signature, ...scope } = readAuthorization(request.headers.authorization);
    expect(scope).to.include({ accessKeyId: 'AKIDOWN', region: 'us-west-2', service: 'ecr' });
    expect(signature).to.equal(expectedSignature(request, own.secretAccessKey));
  });

  it('is asked for with the keys of the execution role where the task says so', async () => {
    await port().loginFor(asking({ useExecutionRole: true }, { executionRole: role }));
    const [request] = ecr.asked;
    if (!request) throw new Error('nothing was asked');
    const { accessKeyId, signature } = readAuthorization(request.headers.authorization);
    expect(accessKeyId).to.equal('ASIAROLE');
    expect(request.headers['x-amz-security-token']).to.equal('session-s3cret');
    expect(signature).to.equal(expectedSignature(request, role.keys.secretAccessKey));
  });

  it('is not asked for with the keys of an execution role that is there but not meant', async () => {
    await port().loginFor(asking({}, { executionRole: role }));
    expect(readAuthorization(ecr.asked[0]?.headers.authorization).accessKeyId).to.equal('AKIDOWN');
  });

  it('is asked for in the agent’s region where the task names none', async () => {
    await port().loginFor(asking({ region: '' }));
    const { region } = readAuthorization(ecr.asked[0]?.headers.authorization);
    expect(region).to.equal('eu-north-1');
  });

  it('is asked for once by fifty containers at the same time, and then no more', async () => {
    const logins = port();
    await Promise.all(Array.from({ length: 50 }, () => logins.loginFor(asking())));
    await logins.loginFor(asking());
    expect(ecr.asked).to.have.length(1);
  });

  it('is asked for anew once its token nears its end', async () => {
    const logins = port();
    await logins.loginFor(asking());
    await time.advance(11 * hourMs - 1);
    await logins.loginFor(asking());
    expect(ecr.asked).to.have.length(1);
    await time.advance(hourMs / 2 + 1);
    await logins.loginFor(asking());
    expect(ecr.asked).to.have.length(2);
  });

  const others: [string, Partial<EcrLogin>, LoginRequest['executionRole']][] = [
    ['region', { region: 'us-east-1' }, null],
    ['registry', { registryId: '444455556666' }, null],
    ['execution role', { useExecutionRole: true }, role],
  ];
  for (const [what, more, executionRole] of others)
    it(`is another one for another ${what}`, async () => {
      const logins = port();
      await logins.loginFor(asking());
      await logins.loginFor(asking(more, { executionRole }));
      expect(ecr.asked).to.have.length(2);
    });

  for (const [what, more] of [
    ['credentials', { credentialsId: 'other' }],
    ['role', { roleArn: 'arn:aws:iam::111122223333:role/other' }],
  ] as const)
    it(`is another one for an execution role of other ${what}`, async () => {
      const logins = port();
      const useExecutionRole = true;
      await logins.loginFor(asking({ useExecutionRole }, { executionRole: role }));
      const other = { ...role, ...more };
      await logins.loginFor(asking({ useExecutionRole }, { executionRole: other }));
      expect(ecr.asked).to.have.length(2);
    });

  it('is none where the execution role is meant and has no keys', async () => {
    const { message } = await refusal(port().loginFor(asking({ useExecutionRole: true })));
    expect(message).to.equal('engine ecr credentials: not found');
    expect(ecr.asked).to.have.length(0);
  });

  it('is none where the role may not have one, which is asked once', async () => {
    const text = 'User: arn:aws:iam::1:role/exec may not perform ecr:GetAuthorizationToken';
    ecr.answer = () => fails(400, 'AccessDeniedException', text);
    const logins = port();
    const { message } = await refusal(logins.loginFor(asking()));
    expect(message).to.equal(`AccessDeniedException: ${text}`);
    expect(ecr.asked).to.have.length(1);
    await refusal(logins.loginFor(asking()));
    expect(ecr.asked).to.have.length(2);
  });

  it('comes at the third try where ECR is throttled and then in trouble', async () => {
    ecr.answer = () => {
      if (ecr.asked.length === 1) return fails(400, 'ThrottlingException', 'Rate exceeded');
      if (ecr.asked.length === 2) return fails(500, 'ServerException', 'no');
      return gives(entry());
    };
    expect(await port().loginFor(asking())).to.include({ username: 'AWS' });
    expect(ecr.asked).to.have.length(3);
  });

  it('comes at the second try where this host’s clock is wrong', async () => {
    const date = new Date(Date.now() + hourMs).toUTCString();
    ecr.answer = ({ headers }) => {
      if (ecr.asked.length > 1) return gives(entry({ proxyEndpoint: headers['x-amz-date'] }));
      const answer = fails(403, 'InvalidSignatureException', 'Signature expired');
      return answer && { ...answer, headers: { date } };
    };
    const login = await port().loginFor(asking());
    const signedAt = timeOf(login?.serverAddress ?? '');
    expect(signedAt).to.be.within(Date.parse(date) - 60_000, Date.parse(date) + 60_000);
  });

  it('is given up after three tries of five seconds where ECR says nothing', async () => {
    ecr.answer = () => {
      void time.advance(5_000);
      return null;
    };
    const { message } = await refusal(port().loginFor(asking()));
    expect(message).to.equal(`Amazon ECR (${ecr.url}) did not answer within 5 s`);
    expect(ecr.asked).to.have.length(3);
  });

  it('is given up in time also where the search for keys does not end', async () => {
    credentials = () => new Promise(() => {});
    let over = false;
    const refused = refusal(port().loginFor(asking())).finally(() => {
      over = true;
    });
    while (!over) {
      await time.advance(5_000);
      await nextTurn();
    }
    expect((await refused).message).to.match(/did not answer within 5 s/);
  });

  const unreadable: [string, () => ReturnType<typeof fails>, RegExp][] = [
    ['no token', () => gives(), /gave 0 authorization tokens instead of one/],
    ['two tokens', () => gives(entry(), entry()), /gave 2 authorization tokens instead of one/],
    ['no list', () => ({ status: 200, body: '{}' }), /gave 0 authorization tokens/],
    ['a token without a colon', () => gives(entry({ authorizationToken: 'czNjcmV0' })), /be read/],
    ['a token not in base64', () => gives(entry({ authorizationToken: 's3cret!' })), /be read/],
    ['a token for no registry', () => gives(entry({ proxyEndpoint: '' })), /cannot be read/],
    ['no JSON', () => ({ status: 200, body: 'AWS:s3cret' }), /is not Amazon ECR$/],
  ];
  for (const [what, answer, text] of unreadable)
    it(`is none where ECR answers with ${what}, and the message shows none of it`, async () => {
      ecr.answer = answer;
      expect((await refusal(port().loginFor(asking()))).message).to.match(text);
    });

  it('is none where nothing listens at the endpoint', async () => {
    const gone = await startEcr();
    await gone.close();
    const { message } = await refusal(port().loginFor(asking({ endpointOverride: gone.url })));
    expect(message).to.equal(`Amazon ECR (${gone.url}) cannot be reached: ECONNREFUSED`);
  });

  it('is asked for by TLS where the endpoint is named without a scheme', async () => {
    const endpointOverride = ecr.url.replace('http://', '');
    const { message } = await refusal(port().loginFor(asking({ endpointOverride })));
    expect(message).to.match(/cannot be reached: (EPROTO|ERR_SSL)/);
    expect(ecr.asked).to.have.length(0);
  });

  describe('on a host that wants FIPS', () => {
    const saved = process.env.AWS_USE_FIPS_ENDPOINT;
    before(() => {
      process.env.AWS_USE_FIPS_ENDPOINT = 'true';
    });
    after(() => {
      if (saved === undefined) delete process.env.AWS_USE_FIPS_ENDPOINT;
      else process.env.AWS_USE_FIPS_ENDPOINT = saved;
    });

    it('comes from an endpoint that is one of FIPS by its name', async () => {
      const endpointOverride = `${ecr.url}//ecr-fips.us-west-2.amazonaws.com`;
      expect(await port().loginFor(asking({ endpointOverride }))).to.include({ username: 'AWS' });
    });

    it('does not come from any other endpoint that the task names', async () => {
      expect((await refusal(port().loginFor(asking()))).message).to.match(/FIPS/);
      expect(ecr.asked).to.have.length(0);
    });
  });

  it('is no longer waited for by one who gives up, but comes to the others', async () => {
    const giving = new AbortController();
    const logins = port();
    ecr.answer = () => {
      giving.abort();
      return gives(entry());
    };
    const given = refusal(logins.loginFor(asking(), giving.signal));
    const kept = logins.loginFor(asking());
    expect((await given).message).to.match(/was given up/);
    expect(await kept).to.include({ username: 'AWS' });
  });

  it('is not asked for by one who has given up before', async () => {
    await refusal(port().loginFor(asking(), AbortSignal.abort()));
    expect(ecr.asked).to.have.length(0);
  });

  it('is not asked for where the task names no registry of ECR; then the configured one serves', async () => {
    expect(await port().loginFor(asking({}, { ecr: null }))).to.include({ username: 'u' });
    expect(await port().loginFor({ image: 'nginx', ecr: null, executionRole: null })).to.equal(
      null,
    );
    expect(ecr.asked).to.have.length(0);
  });
});
