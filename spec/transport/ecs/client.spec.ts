import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import type { NetworkBinding } from '../../../machines/container/model.ts';
import type { ContainerReport, TaskReport } from '../../../machines/report/model.ts';
import { ecsClient } from '../../../transport/ecs/client.ts';
import { cut } from '../../../transport/ecs/codec.ts';
import { EcsError, type Registration } from '../../../transport/ecs/port.ts';
import { ecsServer } from '../../../transport/ecs/server.ts';
import type { Clock } from '../../../transport/host/port.ts';
import type { Credentials } from '../../../transport/wire/credentials.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { direct } from '../../support/wire.ts';
import { expectedSignature, readAuthorization, type SeenRequest } from '../wire/verifier.ts';

interface Call extends SeenRequest {
  operation: string;
  input: Record<string, unknown>;
}
type Answer = { status: number; body: unknown; headers?: Record<string, string> };

const registration = (more: Partial<Registration> = {}): Registration => ({
  cluster: 'specs',
  containerInstanceArn: null,
  clientToken: 'token-1',
  identity: null,
  resources: { cpuUnits: 2048, memoryMiB: 3000, tcpPorts: [22], udpPorts: [] },
  attributes: [{ name: 'ecs.os-type', value: 'linux' }, { name: 'stack' }],
  tags: {},
  ...more,
});
const report = (more: Partial<TaskReport> = {}): TaskReport => ({
  taskArn: 'arn:task/1',
  status: 'RUNNING',
  reason: '',
  containers: [],
  pullStartedAt: null,
  pullStoppedAt: null,
  executionStoppedAt: null,
  ...more,
});

/** What is told of a container that runs, but for what is given. */
const told = (more: Partial<ContainerReport> = {}): ContainerReport => ({
  name: 'main',
  status: 'RUNNING',
  runtimeId: null,
  exitCode: null,
  reason: null,
  digest: null,
  bindings: [],
  ...more,
});

/** Epoch milliseconds of a time such as `20261124T141003Z`. */
const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(....)(..)(..)T(..)(..)/, '$1-$2-$3T$4:$5:'));

describe('the ECS API client', () => {
  const calls: Call[] = [];
  let answer: (call: Call) => Answer;
  let loopback: Loopback;
  let now: number;
  let wakes: { at: number; wake: () => void }[];
  const clock: Clock = {
    now: () => now,
    at: (at, wake) => {
      const wait = { at, wake };
      wakes.push(wait);
      return () => {
        wakes = wakes.filter((other) => other !== wait);
      };
    },
    afterTurn: (work) => work(),
  };

  beforeEach(async () => {
    now = 1_000;
    wakes = [];
    calls.length = 0;
    answer = (call) => ({
      status: 200,
      body: {
        endpoint: 'http://acs/',
        telemetryEndpoint: 'http://tcs/',
        containerInstance: { containerInstanceArn: 'arn:ci/1', attributes: call.input.attributes },
      },
    });
    loopback = await listen((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const headers: IncomingHttpHeaders = request.headers;
        const operation = String(headers['x-amz-target']).split('.').pop() ?? '';
        const call = {
          method: request.method ?? '',
          url: request.url ?? '',
          headers,
          body,
          operation,
          input: JSON.parse(body),
        };
        calls.push(call);
        const { status, body: answered, headers: more } = answer(call);
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...more });
        response.end(typeof answered === 'string' ? answered : JSON.stringify(answered));
      });
    });
  });
  afterEach(() => loopback.close());

  const keys = { accessKeyId: 'AKID', secretAccessKey: 'SECRET' };
  const client = (
    endpoint = loopback.url,
    credentials: Credentials = () => Promise.resolve(keys),
  ) =>
    ecsClient({
      endpoint,
      region: 'us-west-2',
      credentials,
      userAgent: 'Spec Agent - v1',
      clock,
      wire: direct,
    });
  const refusalOf = async (call: Promise<unknown>): Promise<EcsError> => {
    try {
      await call;
    } catch (error) {
      if (error instanceof EcsError) return error;
      throw error;
    }
    throw new Error('the call was taken');
  };

  it('registers with its resources, its attributes and the private client token', async () => {
    const zone = { name: 'ecs.availability-zone', value: 'us-west-2b' };
    answer = ({ input: { attributes } }) => ({
      status: 200,
      body: {
        containerInstance: {
          containerInstanceArn: 'arn:ci/1',
          attributes: [attributes, zone].flat(),
        },
      },
    });
    expect(await client().register(registration())).to.deep.equal({
      containerInstanceArn: 'arn:ci/1',
      availabilityZone: 'us-west-2b',
    });
    expect(calls[0]?.input).to.deep.equal({
      cluster: 'specs',
      clientToken: 'token-1',
      instanceIdentityDocument: '',
      instanceIdentityDocumentSignature: '',
      totalResources: [
        { name: 'CPU', type: 'INTEGER', integerValue: 2048 },
        { name: 'MEMORY', type: 'INTEGER', integerValue: 3000 },
        { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22'] },
        { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: [] },
      ],
      attributes: [{ name: 'ecs.os-type', value: 'linux' }, { name: 'stack' }],
    });
  });

  it('registers again under the ARN it has, with the identity it can prove', async () => {
    const identity = { document: '{}', signature: 'sig' };
    await client().register(registration({ containerInstanceArn: 'arn:ci/1', identity }));
    expect(calls[0]?.input).to.include({
      containerInstanceArn: 'arn:ci/1',
      instanceIdentityDocument: '{}',
      instanceIdentityDocumentSignature: 'sig',
    });
  });

  it('names the tags of the container instance, where it has any', async () => {
    await client().register(registration({ tags: { owner: 'lab', stage: '' } }));
    expect(calls[0]?.input.tags).to.deep.equal([
      { key: 'owner', value: 'lab' },
      { key: 'stage', value: '' },
    ]);
  });

  const refusedRegistrations: [__type: string, message: string, code: string][] = [
    ['ClientException', 'Cluster not found.', 'ECS_CLUSTER_MISSING'],
    ['ClusterNotFoundException', 'gone', 'ECS_CLUSTER_MISSING'],
    ['ClientException', 'Attribute is wrong', 'ECS_INVALID'],
    ['InvalidParameterException', 'Arn is wrong', 'ECS_INVALID'],
    [
      'ConflictException',
      'Container instance type changes are not supported. t3.micro was registered.',
      'ECS_INVALID',
    ],
    ['ConflictException', 'something else', 'ECS_FAILED'],
    ['LimitExceededException', 'too many', 'ECS_THROTTLED'],
  ];
  for (const [__type, message, code] of refusedRegistrations)
    it(`takes a ${__type} of a registration, ${message}, for ${code}`, async () => {
      answer = () => ({ status: 400, body: { __type, message } });
      const refusal = await refusalOf(client().register(registration()));
      expect(refusal).to.include({ code, type: __type, message: `${__type}: ${message}` });
    });

  it('creates a cluster', async () => {
    await client().createCluster('default');
    expect(calls[0]).to.deep.include({
      operation: 'CreateCluster',
      input: { clusterName: 'default' },
    });
  });

  const ofClusters: [__type: string, code: string][] = [
    ['ClientException', 'ECS_INVALID'],
    ['InvalidParameterException', 'ECS_INVALID'],
    ['AccessDeniedException', 'ECS_DENIED'],
    ['ThrottlingException', 'ECS_THROTTLED'],
  ];
  for (const [__type, code] of ofClusters)
    it(`takes a ${__type} of a cluster for ${code}`, async () => {
      answer = () => ({ status: 400, body: { __type, message: 'no' } });
      expect(await refusalOf(client().createCluster('default'))).to.include({ code });
    });

  const draining = { arn: 'arn:ci/1', cluster: 'specs', status: 'DRAINING' } as const;

  it('has its container instance drained', async () => {
    await client().updateInstanceState(draining);
    expect(calls[0]).to.deep.include({
      operation: 'UpdateContainerInstancesState',
      input: { cluster: 'specs', containerInstances: ['arn:ci/1'], status: 'DRAINING' },
    });
  });

  it('does not take it for done where ECS does not know the container instance', async () => {
    const failures = [{ arn: 'arn:ci/1', reason: 'MISSING', detail: 'no such instance' }];
    answer = () => ({ status: 200, body: { containerInstances: [], failures } });
    const refusal = await refusalOf(client().updateInstanceState(draining));
    expect(refusal).to.include({ code: 'ECS_INVALID', type: 'MISSING', retry: false });
    expect(refusal.message).to.equal(
      'ECS did not make arn:ci/1 DRAINING: MISSING, no such instance',
    );
  });

  const hosts: [ipv6Only: boolean, host: string][] = [
    [false, 'ecs.us-nowhere-1.amazonaws.com'],
    [true, 'ecs.us-nowhere-1.api.aws'],
  ];
  for (const [ipv6Only, host] of hosts)
    it(`looks for ECS at ${host} where the host has IPv6 only (${ipv6Only})`, async () => {
      const options = { endpoint: null, region: 'us-nowhere-1', ipv6Only, wire: direct };
      const keysOf = () => Promise.resolve(keys);
      const api = ecsClient({ ...options, credentials: keysOf, userAgent: 'Spec', clock });
      const { cause } = await refusalOf(api.createCluster('default'));
      // There is no such region, so that its name is looked up in vain.
      expect(cause).to.include({ syscall: 'getaddrinfo', hostname: host });
    });

  it('asks an endpoint that is given whatever the host has', async () => {
    const options = { endpoint: loopback.url, region: 'us-west-2', ipv6Only: true, wire: direct };
    const keysOf = () => Promise.resolve(keys);
    const api = ecsClient({ ...options, credentials: keysOf, userAgent: 'Spec', clock });
    await api.createCluster('default');
    expect(calls).to.have.length(1);
  });

  it('signs its calls as an independent verifier would, under its own user agent', async () => {
    await client().register(registration());
    const [call] = calls;
    if (!call) throw new Error('no call was seen');
    const { signature, service } = readAuthorization(call.headers.authorization);
    expect(service).to.equal('ecs');
    expect(signature).to.equal(expectedSignature(call, 'SECRET'));
    expect(call.headers['user-agent']).to.equal('Spec Agent - v1');
  });

  it('refuses a registration of which an attribute was lost', async () => {
    answer = () => ({
      status: 200,
      body: { containerInstance: { containerInstanceArn: 'arn', attributes: [{ name: 'stack' }] } },
    });
    const refusal = await refusalOf(client().register(registration()));
    expect(refusal).to.include({ code: 'ECS_ATTRIBUTES', retry: false });
    expect(refusal.message).to.include('ecs.os-type');
  });

  it('asks for the endpoint of ACS once in twelve hours, and uses an old one in need', async () => {
    const api = client();
    const where = { arn: 'arn:ci/1', cluster: 'specs' };
    expect(await api.discoverPollEndpoint(where)).to.deep.equal({
      acs: 'http://acs/',
      telemetry: 'http://tcs/',
    });
    expect(calls[0]?.input).to.deep.equal({
      containerInstance: 'arn:ci/1',
      cluster: 'specs',
      zoneId: '',
    });
    now += 12 * 3_600_000 - 1;
    await api.discoverPollEndpoint(where);
    expect(calls).to.have.length(1);
    now += 2;
    answer = () => ({ status: 500, body: { __type: 'ServerException' } });
    expect((await api.discoverPollEndpoint(where)).acs).to.equal('http://acs/');
    expect(calls).to.have.length(2);
  });

  it('cannot connect where ECS names no endpoint', async () => {
    answer = () => ({ status: 200, body: {} });
    const refusal = await refusalOf(client().discoverPollEndpoint({ arn: 'a', cluster: 'c' }));
    expect(refusal.code).to.equal('ECS_FAILED');
  });

  it('tells a change with its times in seconds and its ports', async () => {
    const bindings = [
      { bindIP: '0.0.0.0', protocol: 'tcp', containerPort: 80, hostPort: 32_768 },
    ] as const;
    const main = {
      name: 'main',
      runtimeId: 'rid',
      exitCode: 3,
      reason: null,
      digest: null,
      bindings: [...bindings],
    };
    await client().submitTaskStateChange(
      'specs',
      report({
        status: 'STOPPED',
        pullStartedAt: 1_700_000_000_123,
        executionStoppedAt: 1_700_000_001_000,
        containers: [
          { ...main, status: 'STOPPED' },
          { ...main, name: 'log', status: 'RUNNING', exitCode: null, bindings: [] },
        ],
      }),
    );
    expect(calls[0]?.input).to.deep.equal({
      cluster: 'specs',
      task: 'arn:task/1',
      status: 'STOPPED',
      reason: '',
      pullStartedAt: 1_700_000_000.123,
      executionStoppedAt: 1_700_000_001,
      containers: [
        {
          containerName: 'main',
          runtimeId: 'rid',
          status: 'STOPPED',
          exitCode: 3,
          networkBindings: bindings,
        },
        { containerName: 'log', runtimeId: 'rid', status: 'RUNNING' },
      ],
    });
  });

  it('tells of the digests of images while their task is pending, under that name', async () => {
    await client().submitTaskStateChange(
      'specs',
      report({
        status: 'MANIFEST_PULLED',
        containers: [told({ status: 'MANIFEST_PULLED', digest: 'sha256:77af' })],
      }),
    );
    expect(calls[0]?.input).to.deep.equal({
      cluster: 'specs',
      task: 'arn:task/1',
      status: 'PENDING',
      reason: '',
      containers: [{ containerName: 'main', status: 'PENDING', imageDigest: 'sha256:77af' }],
    });
  });

  it('cuts what is too long by its bytes, never inside a character', async () => {
    const long = (bytes: number) => `${'x'.repeat(bytes - 1)}’rest`;
    const main = told({ reason: long(1_024), runtimeId: long(255), digest: long(255) });
    await client().submitTaskStateChange(
      'specs',
      report({ reason: long(1_024), containers: [main] }),
    );
    expect(calls[0]?.input.reason).to.equal('x'.repeat(1_023));
    expect(calls[0]?.input.containers).to.deep.equal([
      {
        containerName: 'main',
        status: 'RUNNING',
        reason: 'x'.repeat(1_023),
        runtimeId: 'x'.repeat(254),
        imageDigest: 'x'.repeat(254),
      },
    ]);
  });

  const single = (port: number) =>
    ({ bindIP: '0.0.0.0', protocol: 'tcp', containerPort: port, hostPort: port }) as const;
  const range = {
    bindIP: '0.0.0.0',
    protocol: 'udp',
    containerPortRange: '9000-9100',
    hostPortRange: '9000-9100',
  } as const;
  const singles = Array.from({ length: 101 }, (_, port) => single(port));
  const many: [string, NetworkBinding[], number][] = [
    ['keeps 100 ports when some are a range, and drops the rest', [range, ...singles], 100],
    ['keeps any number of ports when none is a range', singles, 101],
  ];
  for (const [what, bindings, kept] of many)
    it(what, async () => {
      const main = told({ bindings });
      await client().submitTaskStateChange('specs', report({ containers: [main] }));
      expect(calls[0]?.input.containers).to.deep.equal([
        { containerName: 'main', status: 'RUNNING', networkBindings: bindings.slice(0, kept) },
      ]);
    });

  const refusals: [string, Answer, string, boolean][] = [
    ['throttling', { status: 400, body: { __type: 'ThrottlingException' } }, 'ECS_THROTTLED', true],
    ['an ill service', { status: 500, body: { __type: 'ServerException' } }, 'ECS_THROTTLED', true],
    ['a gateway in between', { status: 503, body: {} }, 'ECS_THROTTLED', true],
    [
      'a wrong request',
      { status: 400, body: { __type: 'InvalidParameterException' } },
      'ECS_INVALID',
      false,
    ],
    [
      'a client’s fault',
      { status: 400, body: { __type: 'com.amazonaws.ecs#ClientException' } },
      'ECS_INVALID',
      false,
    ],
    [
      'denied access',
      { status: 400, body: { __type: 'AccessDeniedException' } },
      'ECS_DENIED',
      false,
    ],
    [
      'unknown keys',
      { status: 400, body: { __type: 'UnrecognizedClientException' } },
      'ECS_DENIED',
      false,
    ],
    ['anything else', { status: 400, body: { __type: 'BlockedException' } }, 'ECS_FAILED', false],
  ];
  for (const [what, given, code, retry] of refusals)
    it(`knows ${what} as ${code}, and asks once`, async () => {
      answer = () => given;
      expect(await refusalOf(client().register(registration()))).to.include({ code, retry });
      expect(calls).to.have.length(1);
    });

  const ofSubmissions: [string, string][] = [
    ['InvalidParameterException', 'ECS_INVALID'],
    ['ClientException', 'ECS_FAILED'],
  ];
  for (const [__type, code] of ofSubmissions)
    it(`takes a ${__type} of a change for ${code}`, async () => {
      answer = () => ({ status: 400, body: { __type, message: 'no' } });
      const refusal = await refusalOf(client().submitTaskStateChange('specs', report()));
      expect(refusal).to.include({ code, type: __type, message: `${__type}: no` });
    });

  it('learns the time of the service from a refusal, so that the next call is signed well', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const headers = { date };
    answer = () => ({ status: 400, body: { __type: 'InvalidSignatureException' }, headers });
    const api = client();
    expect((await refusalOf(api.register(registration()))).code).to.equal('ECS_THROTTLED');
    await refusalOf(api.register(registration()));
    const [before, after] = calls.map((call) => timeOf(String(call.headers['x-amz-date'])));
    expect((after ?? 0) - (before ?? 0)).to.be.within(3_595_000, 3_605_000);
  });

  it('does not mistake wrong keys for a wrong clock', async () => {
    answer = () => ({ status: 400, body: { __type: 'InvalidSignatureException' } });
    expect((await refusalOf(client().register(registration()))).code).to.equal('ECS_DENIED');
  });

  it('says so where something else than ECS answers', async () => {
    answer = () => ({ status: 200, body: '<html>' });
    const refusal = await refusalOf(client().register(registration()));
    expect(refusal.code).to.equal('ECS_FAILED');
    expect(refusal.message).to.equal(`What answers at ${loopback.url} is not the ECS API`);
  });

  it('names the address that nobody answers at', async () => {
    const refusal = await refusalOf(client('http://127.0.0.1:1').register(registration()));
    expect(refusal).to.include({ code: 'ECS_UNREACHABLE', retry: true });
    expect(refusal.message).to.include('http://127.0.0.1:1');
  });

  it('passes on that there are no credentials', async () => {
    const missing = new EcsError('ECS_DENIED', 'CredentialsProviderError', 'no keys');
    const api = client(loopback.url, () => Promise.reject(missing));
    expect(await refusalOf(api.register(registration()))).to.equal(missing);
  });

  it('gives a call 42 seconds in all, the search for keys included', async () => {
    const searching = client(loopback.url, () => new Promise(() => {}));
    const call = refusalOf(searching.register(registration()));
    expect(wakes.map(({ at }) => at)).to.deep.equal([now + 42_000]);
    for (const { wake } of wakes) wake();
    const refusal = await call;
    expect(refusal).to.include({ code: 'ECS_UNREACHABLE', retry: true, type: 'TimeoutError' });
    expect(refusal.message).to.include('within 42 s');
    expect(wakes).to.deep.equal([]);
  });

  it('ends a call when the caller loses interest, and begins none after', async () => {
    const ending = new AbortController();
    answer = () => {
      ending.abort();
      return { status: 200, body: {} };
    };
    for (const _ of ['during', 'before']) {
      const refusal = await refusalOf(client().register(registration(), ending.signal));
      expect(refusal).to.include({ code: 'ECS_UNREACHABLE', type: 'AbortError' });
    }
    expect(calls).to.have.length(1);
  });
});

describe('the local control plane’s ECS API', () => {
  const uncalled = () => {
    throw new Error('not to be called');
  };
  const none = {
    ...{ register: uncalled, discover: uncalled, submit: uncalled },
    ...{ createCluster: uncalled, updateState: uncalled },
  };
  const submit = async ({ url }: Loopback, input: object, operation = 'SubmitTaskStateChange') => {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(input),
      headers: { 'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}` },
    });
    return await response.json();
  };
  const refused = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'taken',
      (error: EcsError) => error.code,
    );

  it('hears what the client says, in the same words', async () => {
    const registered: Registration[] = [];
    const heard: TaskReport[] = [];
    const states: string[][] = [];
    const loopback = await listen(
      ecsServer({
        register: (given) => {
          registered.push(given);
          return 'arn:ci/9';
        },
        discover: () => ({ acs: 'http://acs/', telemetry: null }),
        submit: (given) => {
          heard.push(given);
          return null;
        },
        createCluster: (name) => (name === 'default' ? 'arn:cluster/default' : null),
        updateState: (arns, status) => {
          states.push([...arns, status]);
          return arns.filter((arn) => arn !== 'arn:ci/9');
        },
      }),
    );
    const api = ecsClient({
      endpoint: loopback.url,
      region: 'local',
      credentials: () => Promise.resolve({ accessKeyId: 'A', secretAccessKey: 'S' }),
      userAgent: 'Spec',
      clock: { now: () => 0, at: () => () => {}, afterTurn: (work) => work() },
      wire: direct,
    });
    const tags = { owner: 'lab', stage: '' };
    const given = registration({ containerInstanceArn: 'arn:ci/9', tags });
    expect(await api.register(given)).to.deep.equal({
      containerInstanceArn: 'arn:ci/9',
      availabilityZone: '',
    });
    expect(registered).to.deep.equal([given]);
    const where = { arn: 'arn:ci/9', cluster: 'specs' };
    expect(await api.discoverPollEndpoint(where)).to.deep.equal({
      acs: 'http://acs/',
      telemetry: null,
    });
    const change = report({
      status: 'STOPPED',
      reason: 'why',
      executionStoppedAt: 1_700_000_000_001,
      containers: [
        {
          name: 'main',
          status: 'STOPPED',
          runtimeId: 'r',
          exitCode: 0,
          reason: 'Error: x',
          digest: 'sha256:77af',
          bindings: [
            { bindIP: '0.0.0.0', protocol: 'tcp', containerPort: 80, hostPort: 32_768 },
            {
              bindIP: '0.0.0.0',
              protocol: 'udp',
              containerPortRange: '1-2',
              hostPortRange: '8-9',
            },
          ],
        },
      ],
    });
    await api.createCluster('default');
    expect(await refused(api.createCluster('other'))).to.equal('ECS_INVALID');
    const state = { cluster: 'specs', status: 'DRAINING' } as const;
    await api.updateInstanceState({ ...state, arn: 'arn:ci/9' });
    expect(await refused(api.updateInstanceState({ ...state, arn: 'arn:ci/8' }))).to.equal(
      'ECS_INVALID',
    );
    expect(states).to.deep.equal([
      ['arn:ci/9', 'DRAINING'],
      ['arn:ci/8', 'DRAINING'],
    ]);
    await api.submitTaskStateChange('specs', change);
    const early = report({
      status: 'PENDING',
      containers: [told({ status: 'MANIFEST_PULLED', digest: 'sha256:77af' })],
    });
    await api.submitTaskStateChange('specs', early);
    expect(heard).to.deep.equal([change, early]);
    await loopback.close();
  });

  it('refuses for good what its control plane will never take, and says why', async () => {
    const loopback = await listen(ecsServer({ ...none, submit: () => 'no such task' }));
    const answer = await submit(loopback, { task: 'arn:task/1', status: 'RUNNING' });
    expect(answer).to.deep.equal({ __type: 'InvalidParameterException', message: 'no such task' });
    await loopback.close();
  });

  it('takes what is told of attachments alone as no word on a task’s state', async () => {
    const loopback = await listen(ecsServer(none));
    const attachments = [{ attachmentArn: 'arn:attachment/1', status: 'ATTACHED' }];
    const taken = { acknowledgment: 'ACK' };
    expect(await submit(loopback, { task: 'arn:task/1', attachments })).to.deep.equal(taken);
    expect(await submit(loopback, { attachments }, 'SubmitAttachmentStateChanges')).to.deep.equal(
      taken,
    );
    await loopback.close();
  });

  const wrong: [string, { target: string; body: string }, string][] = [
    [
      'an unknown operation',
      { target: 'AmazonEC2ContainerServiceV20141113.RunTask', body: '{}' },
      'UnknownOperationException',
    ],
    [
      'a state that no container instance has',
      {
        target: 'AmazonEC2ContainerServiceV20141113.UpdateContainerInstancesState',
        body: '{"containerInstances":["arn:ci/1"],"status":"GONE"}',
      },
      'InvalidParameterException',
    ],
    [
      'a body that is no JSON',
      { target: 'AmazonEC2ContainerServiceV20141113.SubmitTaskStateChange', body: '{' },
      'SerializationException',
    ],
    [
      'a body that is no object',
      { target: 'AmazonEC2ContainerServiceV20141113.SubmitTaskStateChange', body: 'null' },
      'SerializationException',
    ],
    [
      'a member of another type',
      {
        target: 'AmazonEC2ContainerServiceV20141113.RegisterContainerInstance',
        body: '{"totalResources":[{"name":"CPU","integerValue":"many"}]}',
      },
      'SerializationException',
    ],
  ];
  for (const [what, { target, body }, type] of wrong)
    it(`answers ${what} as the service would`, async () => {
      const loopback = await listen(ecsServer(none));
      const response = await fetch(loopback.url, {
        method: 'POST',
        body,
        headers: { 'x-amz-target': target },
      });
      expect(response.status).to.equal(400);
      expect(((await response.json()) as { __type: string }).__type).to.equal(type);
      await loopback.close();
    });
});

describe('a text cut to a number of bytes', () => {
  const cuts: [string, number, string][] = [
    ['short', 10, 'short'],
    ['exact', 5, 'exact'],
    ['longer', 5, 'longe'],
    ['a’b', 2, 'a'],
    ['a’b', 4, 'a’'],
    ['😀😀', 7, '😀'],
  ];
  for (const [text, limit, left] of cuts)
    it(`leaves ${JSON.stringify(left)} of ${JSON.stringify(text)} at ${limit}`, () =>
      expect(cut(text, limit)).to.equal(left));
});
