import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import type { AuditEntry } from '../../../transport/audit/port.ts';
import { realClock } from '../../../transport/host/clock.ts';
import type { OpenServer } from '../../../transport/http/server.ts';
import type { TaskServerSource } from '../../../transport/tmds/port.ts';
import { openTaskServer } from '../../../transport/tmds/server.ts';
import { keys, servedContainer, servedTask, sourceOf, taskArn } from './served.ts';

describe('the task metadata server', () => {
  let server: OpenServer;
  let audited: AuditEntry[];
  let failures: unknown[];

  const open = async (
    source: Partial<TaskServerSource> = {},
    rates = { steady: 40, burst: 60 },
  ): Promise<void> => {
    audited = [];
    failures = [];
    const refused = { status: 404, contentType: 'application/json' as const, body: '{}' };
    server = await openTaskServer({
      address: '127.0.0.1',
      port: 0,
      source: sourceOf(source),
      agentApi: {
        protection: ({ method, body }, id) => ({ ...refused, body: `${method} ${id} ${body}` }),
        fault: (_, { fault, operation }) => ({ ...refused, body: `${operation} ${fault}` }),
      },
      audit: { write: (entry) => audited.push(entry), close: () => {} },
      rates,
      clock: realClock(),
      failed: (reason) => failures.push(reason),
    });
  };
  afterEach(() => server.close());

  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${server.url}${path}`, { redirect: 'manual', ...init });
    const text = await response.text();
    const type = response.headers.get('content-type');
    return { status: response.status, type, text, headers: response.headers };
  };
  const askJson = async (path: string) => {
    const { status, type, text } = await ask(path);
    expect(type).to.equal('application/json');
    return { status, body: JSON.parse(text) };
  };

  describe('asked for credentials', () => {
    const known = (id: string) => {
      if (id === 'own') return keys();
      if (id === 'execution') return keys({ role: 'execution' });
      return id === 'late' ? 'pending' : null;
    };

    const served = {
      RoleArn: 'arn:aws:iam::1:role/r',
      AccessKeyId: 'AKIA',
      SecretAccessKey: 'secret',
      Token: 'token',
      Expiration: '2026-06-01T18:00:00Z',
    };
    for (const path of ['/v2/credentials/own', '/v1/credentials?id=own', '/v2/credentials/%6Fwn'])
      it(`gives the keys of the task’s role at ${path}`, async () => {
        await open({ credentials: known });
        expect(await askJson(path)).to.deep.equal({ status: 200, body: served });
      });

    const refusals: [path: string, status: number, code: string, message: string][] = [
      [
        '/v1/credentials',
        400,
        'NoIdInRequest',
        'CredentialsV1Request: No Credential ID in the request',
      ],
      [
        '/v2/credentials/',
        400,
        'NoIdInRequest',
        'CredentialsV2Request: No Credential ID in the request',
      ],
      [
        '/v2/credentials/nope',
        400,
        'InvalidIdInRequest',
        'CredentialsV2Request: Credentials not found',
      ],
      [
        '/v2/credentials/late',
        503,
        'CredentialsUninitialized',
        'CredentialsV2Request: Credentials uninitialized for ID',
      ],
    ];
    for (const [path, status, code, message] of refusals)
      it(`refuses ${path} with ${status} ${code}`, async () => {
        await open({ credentials: known });
        expect(await askJson(path)).to.deep.equal({
          status,
          body: { code, message, HTTPErrorCode: status },
        });
      });

    it('says when keys that have not arrived are worth asking for again', async () => {
      await open({ credentials: known });
      expect((await ask('/v2/credentials/late')).headers.get('retry-after')).to.equal('1');
    });

    it('writes down every answer, with neither id nor key', async () => {
      await open({ credentials: known });
      const paths = ['/v2/credentials/own', '/v1/credentials?id=own', '/v2/credentials/execution'];
      for (const path of [...paths, '/v2/credentials/nope', '/v2/credentials/late'])
        await ask(path, { headers: { 'user-agent': 'lab/1 "x"' } });
      const lines = audited.map(({ status, path, taskArn: arn, event, userAgent }) =>
        [status, path, arn, event, userAgent].join(' '),
      );
      expect(lines).to.deep.equal([
        `200 /v2/credentials ${taskArn} GetCredentials lab/1 "x"`,
        `200 /v1/credentials ${taskArn} GetCredentials lab/1 "x"`,
        `200 /v2/credentials ${taskArn} GetCredentialsExecutionRole lab/1 "x"`,
        '400 /v2/credentials  GetCredentials lab/1 "x"',
        '503 /v2/credentials  GetCredentials lab/1 "x"',
      ]);
    });
  });

  describe('that is asked too often', () => {
    const rates = { steady: 0.001, burst: 1 };
    const twoTasks = (id: string) => (id === 'b' ? `${taskArn}b` : taskArn);

    it('refuses with 429, and says what the rate is', async () => {
      await open({ taskOf: twoTasks }, rates);
      expect((await ask('/v4/a')).status).to.equal(404);
      const { status, type, text, headers } = await ask('/v4/a', {
        headers: { 'x-forwarded-for': '1.2.3.4' },
      });
      expect({ status, type, text }).to.deep.equal({
        status: 429,
        type: 'text/plain; charset=utf-8',
        text: 'You have reached maximum request limit.',
      });
      expect(headers.get('x-rate-limit-limit')).to.equal('0.00');
      expect(headers.get('x-rate-limit-duration')).to.equal('1');
      expect(headers.get('x-rate-limit-request-forwarded-for')).to.equal('1.2.3.4');
      expect(headers.get('x-rate-limit-request-remote-addr')).to.match(/^127\.0\.0\.1:\d+$/);
    });

    it('goes on answering other tasks and other paths, whatever address they share', async () => {
      await open({ taskOf: twoTasks }, rates);
      await ask('/v4/a');
      expect((await ask('/v4/b')).status).to.equal(404);
      expect((await ask('/v4/a/task')).status).to.equal(500);
    });

    it('counts all unknown ids of an address together', async () => {
      await open({}, rates);
      await ask('/v2/credentials/guess-1');
      expect((await ask('/v2/credentials/guess-2')).status).to.equal(429);
    });

    it('writes it down, with an event only for credentials', async () => {
      await open({ taskOf: twoTasks }, rates);
      for (const path of ['/v4/a', '/v2/credentials/x']) for (const _ of [1, 2]) await ask(path);
      const lines = audited.map(({ status, path, event }) => [status, path, event].join(' '));
      expect(lines).to.deep.equal([
        '429 /v4 ',
        '400 /v2/credentials GetCredentials',
        '429 /v2/credentials GetCredentials',
      ]);
    });
  });

  it('tells the rate with every answer', async () => {
    await open();
    expect((await ask('/v4/a')).headers.get('x-rate-limit-limit')).to.equal('40.00');
    expect((await ask('/nothing')).headers.get('x-rate-limit-limit')).to.equal('40.00');
  });

  it('answers a path that it does not have with 404, in plain text', async () => {
    await open();
    const { status, type, text, headers } = await ask('/nothing');
    expect({ status, type, text }).to.deep.equal({
      ...{ status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    });
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
  });

  it('sends who writes a path with doubled slashes to the plain one', async () => {
    await open();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end(
      'GET //v4/../v2//credentials/a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    await once(socket, 'close');
    expect(answer).to.match(/^HTTP\/1\.1 301 /);
    expect(answer).to.match(/\r\nlocation: \/v2\/credentials\/a\?b=c\r\n/i);
  });

  const unknown: [path: string, status: number, text: string][] = [
    [
      '/v4/nope',
      404,
      'V4 container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: nope',
    ],
    [
      '/v3/nope',
      500,
      'V3 container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: nope',
    ],
    [
      '/v4/nope/task',
      404,
      'V4 task metadata handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: nope',
    ],
    [
      '/v3/nope/task',
      500,
      'V3 task metadata handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: nope',
    ],
    [
      '/v4/nope/stats',
      404,
      'V4 container stats handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: nope',
    ],
    [
      '/v3/nope/stats',
      400,
      'V3 container stats handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: nope',
    ],
    [
      '/v4/nope/task/stats',
      404,
      'V4 task stats handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: nope',
    ],
    [
      '/v2/metadata',
      400,
      "Unable to get task arn from request: unable to associate '127.0.0.1' with task",
    ],
    [
      '/v4/nope/associations/t',
      400,
      'V4 container associations handler: unable to get container id from request: unable to get docker ID from v3 endpoint ID: nope',
    ],
    [
      '/v3/nope/associations/t/n',
      400,
      'V3 container associations handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: nope',
    ],
  ];
  for (const [path, status, text] of unknown)
    it(`answers ${path} with ${status} and a sentence, as JSON`, async () => {
      await open();
      expect(await askJson(path)).to.deep.equal({ status, body: text });
    });

  it('describes a container to itself', async () => {
    await open({ container: async (id) => (id === 'a' ? servedContainer() : null) });
    const { status, body } = await askJson('/v4/a');
    expect(status).to.equal(200);
    expect(body).to.include({ DockerId: 'cd18', Name: 'nginx', KnownStatus: 'RUNNING' });
  });

  it('describes its task to it, and tells its tags and what ECS would not tell', async () => {
    const containerInstanceArn = 'arn:aws:ecs:us-west-2:1:container-instance/prod/9f';
    const asked: string[] = [];
    await open({
      taskOf: () => taskArn,
      task: async () => servedTask({ containerInstanceArn, containers: [servedContainer()] }),
      container: async () => servedContainer(),
      tags: async (arn, forContainer) => {
        asked.push(forContainer);
        if (arn === taskArn) return { team: 'a' };
        throw new Error('not allowed');
      },
    });
    expect((await askJson('/v4/a/task')).body).to.not.have.property('TaskTags');
    const { status, body } = await askJson('/v4/a/taskWithTags');
    expect(status).to.equal(200);
    expect(body.TaskTags).to.deep.equal({ team: 'a' });
    expect(body.Errors).to.deep.equal([
      {
        ErrorField: 'ContainerInstanceTags',
        ErrorMessage: 'not allowed',
        ResourceARN: containerInstanceArn,
      },
    ]);
    expect(asked).to.deep.equal(['nginx', 'nginx']);
    expect((await askJson('/v3/a/taskWithTags')).body).to.not.have.property('Errors');
  });

  it('answers 500 for a task that has just gone', async () => {
    await open({ taskOf: () => taskArn });
    expect(await askJson('/v4/a/task')).to.deep.equal({
      status: 500,
      body: `Unable to generate metadata for v4 task: '${taskArn}'`,
    });
  });

  describe('asked for statistics', () => {
    const text = '{"read":"x","memory_stats":{"limit":9223372036854771712}}';
    const rates = { received: 1.5, sent: 0 };
    const withSample = (
      sample: { text: string; rates: typeof rates | null } | 'pending' | null,
    ) => ({
      taskOf: () => taskArn,
      container: async () => servedContainer(),
      sample: () => sample,
      samples: () =>
        new Map([
          ['d2', sample],
          ['d1', null],
        ]),
    });

    it('gives the latest sample with every digit, in version 4 with the rates', async () => {
      await open(withSample({ text, rates }));
      expect((await ask('/v3/a/stats')).text).to.equal(text);
      expect((await ask('/v4/a/stats')).text).to.equal(
        `${text.slice(0, -1)},"network_rate_stats":{"rx_bytes_per_sec":1.5,"tx_bytes_per_sec":0}}`,
      );
    });

    it('gives those of the task by the ids of its containers', async () => {
      await open(withSample({ text, rates: null }));
      expect((await ask('/v4/a/task/stats')).text).to.equal(`{"d1":{},"d2":${text}}`);
      expect((await ask('/v3/a/task/stats')).text).to.equal(`{"d1":null,"d2":${text}}`);
    });

    it('gives an empty one before the first', async () => {
      await open(withSample('pending'));
      expect((await ask('/v3/a/stats')).text).to.equal('null');
      expect((await ask('/v4/a/stats')).text).to.equal('{}');
      expect((await ask('/v4/a/task/stats')).text).to.equal('{"d1":{},"d2":{}}');
    });

    it('says so where there are none', async () => {
      await open(withSample(null));
      const body = 'Unable to get container stats for: cd18';
      expect(await askJson('/v4/a/stats')).to.deep.equal({ status: 500, body });
      expect(await askJson('/v3/a/stats')).to.deep.equal({ status: 400, body });
    });
  });

  it('knows no associations of a task', async () => {
    await open({ taskOf: () => taskArn });
    expect((await askJson('/v4/a/associations/t')).body).to.deep.equal({ Associations: null });
    expect(await askJson('/v4/a/associations/t/n')).to.deep.equal({
      status: 400,
      body:
        'Unable to write container association response: unable to get association from ' +
        'association type t and association name n',
    });
    expect(await askJson('/v4/a/associations/t/')).to.deep.equal({
      status: 400,
      body: 'V4 container associations handler: unable to get association name from request',
    });
  });

  it('hands on what a task asks of itself, with its body', async () => {
    await open();
    const put = await ask('/api/a/task-protection/v1/state', { method: 'PUT', body: '{"x":1}' });
    expect(put.text).to.equal('PUT a {"x":1}');
    const fault = await ask('/api/a/fault/v1/network-latency/start', { method: 'POST' });
    expect(fault.text).to.equal('start network-latency');
  });

  it('reads no body that is too long', async () => {
    await open();
    const body = 'x'.repeat(65_537);
    const { status } = await ask('/api/a/task-protection/v1/state', { method: 'PUT', body });
    expect(status).to.equal(413);
  });

  it('answers 500 where the agent fails, and tells why', async () => {
    await open({ container: () => Promise.reject(new Error('broken')) });
    expect((await ask('/v4/a')).status).to.equal(500);
    expect(failures.map(String)).to.deep.equal(['Error: broken']);
  });

  it('says which port it cannot have', async () => {
    await open();
    const { port } = new URL(server.url);
    const again = openTaskServer({
      ...{ address: '127.0.0.1', port: Number(port), source: sourceOf(), clock: realClock() },
      agentApi: { protection: () => Promise.reject(), fault: () => Promise.reject() },
      audit: { write: () => {}, close: () => {} },
      rates: { steady: 1, burst: 1 },
    });
    const error = await again.then(
      () => null,
      (caught: Error & { code: string }) => caught,
    );
    expect(error?.code).to.equal('TASK_SERVER_PORT');
    expect(error?.message).to.contain(`127.0.0.1:${port}`);
  });
});
