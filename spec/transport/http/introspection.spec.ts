import { expect } from 'chai';
import type { Health } from '../../../machines/agent/model.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { openIntrospection } from '../../../transport/http/introspection.ts';
import type { Explanation, IntrospectedTask } from '../../../transport/http/port.ts';
import type { OpenServer } from '../../../transport/http/server.ts';
import { arnOf, container, explanation, task, withId } from './introspected.ts';

describe('the introspection endpoint', () => {
  let server: OpenServer;
  let tasks: IntrospectedTask[];
  let explained: (string | null)[];
  let explanations: Explanation[];
  let containerInstanceArn: string | null;
  let health: Health;
  let licence: () => Promise<string>;
  let failures: unknown[];

  const options = () => ({
    address: '127.0.0.1',
    port: 0,
    clock: realClock(),
    licence: () => licence(),
    failed: (reason: unknown) => failures.push(reason),
    source: {
      metadata: () => ({
        ...{ cluster: 'prod', containerInstanceArn, version: 'Amazon ECS Agent - v1 (*0)' },
      }),
      health: () => health,
      tasks: () => tasks,
      explain: (of: string | null) => {
        explained.push(of);
        return of === 'unknown' ? [] : explanations;
      },
    },
  });

  beforeEach(async () => {
    tasks = [];
    health = { healthy: true, sentence: 'ACS is connected' };
    explained = [];
    failures = [];
    licence = () => Promise.resolve('Apache License');
    explanations = [];
    containerInstanceArn = 'arn:aws:ecs:us-west-2:1:container-instance/prod/i';
    server = await openIntrospection(options());
  });
  afterEach(() => server.close());

  const ask = async (path: string) => {
    const response = await fetch(`${server.url}${path}`);
    const { status, headers } = response;
    return { status, type: headers.get('content-type'), text: await response.text() };
  };
  const askJson = async (path: string) => {
    const { status, type, text } = await ask(path);
    expect(type).to.equal('application/json');
    return { status, body: JSON.parse(text) };
  };

  it('answers /license with the licences of the agent', async () => {
    expect(await ask('/license')).to.deep.equal({
      ...{ status: 200, type: 'text/plain', text: 'Apache License' },
    });
  });

  it('answers /license with 500 where they cannot be read, and tells why', async () => {
    const reason = new Error('no such file');
    licence = () => Promise.reject(reason);
    expect(await ask('/license')).to.include({ status: 500, text: '' });
    expect(failures).to.deep.equal([reason]);
  });

  for (const path of [
    '/',
    '/v1',
    '/v1/',
    '/v1/metadata/',
    '/V1/tasks',
    '/license/',
    '/constructor',
  ])
    it(`answers ${path} with the list of what can be asked`, async () => {
      expect(await ask(path)).to.deep.equal({
        status: 200,
        type: 'text/plain; charset=utf-8',
        text: '{"AvailableCommands":["/v1/metadata","/v1/tasks","/license","/v1/health","/v1/explain"]}',
      });
    });

  it('tells the cluster, the container instance and the version', async () => {
    expect((await ask('/v1/metadata')).text).to.equal(
      '{"Cluster":"prod","ContainerInstanceArn":"arn:aws:ecs:us-west-2:1:container-instance/prod/i",' +
        '"Version":"Amazon ECS Agent - v1 (*0)"}',
    );
  });

  it('tells null for the container instance before it is registered', async () => {
    containerInstanceArn = null;
    expect(await askJson('/v1/metadata?any=thing')).to.deep.equal({
      status: 200,
      body: {
        Cluster: 'prod',
        ContainerInstanceArn: null,
        Version: 'Amazon ECS Agent - v1 (*0)',
      },
    });
  });

  it('says 200 while it is in touch with ECS, and why not with 503', async () => {
    expect(await askJson('/v1/health')).to.deep.equal({
      status: 200,
      body: { Healthy: true, Reason: 'ACS is connected' },
    });
    health = { healthy: false, sentence: 'ACS is gone' };
    expect(await askJson('/v1/health')).to.deep.equal({
      status: 503,
      body: { Healthy: false, Reason: 'ACS is gone' },
    });
    const head = await fetch(`${server.url}/v1/health`, { method: 'HEAD' });
    expect(head.status).to.equal(503);
  });

  describe('asked for tasks', () => {
    it('has an empty list for none', async () => {
      expect((await ask('/v1/tasks')).text).to.equal('{"Tasks":[]}');
    });

    it('has all members of a task, in the order of the Amazon ECS agent', async () => {
      const web = container({
        restarts: 0,
        bindings: [
          { bindIP: '0.0.0.0', protocol: 'tcp', containerPort: 80, hostPort: 32_768 },
          { bindIP: '0.0.0.0', protocol: 'udp', containerPort: 53, hostPort: 53 },
        ],
        mappings: [{ containerPort: 80, hostPort: null, protocol: 'tcp' }],
      });
      tasks = [task('t1', [web])];
      expect((await ask('/v1/tasks')).text).to.equal(
        `{"Tasks":[{"Arn":"${arnOf('t1')}","DesiredStatus":"RUNNING","KnownStatus":"RUNNING",` +
          '"Family":"site","Version":"3","Containers":[{' +
          `"DockerId":"${web.dockerId}","DockerName":"ecs-site-3-web-90b6","Name":"web",` +
          '"Image":"nginx:1","ImageID":"sha256:123","CreatedAt":"2026-06-01T12:00:00.000Z",' +
          '"StartedAt":"2026-06-01T12:00:01.005Z","Ports":[' +
          '{"ContainerPort":80,"Protocol":"tcp","HostPort":32768},' +
          '{"ContainerPort":53,"Protocol":"udp","HostPort":53}],"RestartCount":0}]}]}',
      );
    });

    it('leaves out what is not known of a container yet', async () => {
      const fresh = { dockerId: '', dockerName: '', imageId: '', createdAt: null, startedAt: null };
      tasks = [task('t1', [container(fresh)])];
      const { body } = await askJson('/v1/tasks');
      expect(body.Tasks[0].Containers).to.deep.equal([
        { DockerId: '', DockerName: '', Name: 'web', Image: 'nginx:1', ImageID: '' },
      ]);
    });

    it('has an empty list of containers for a task of which none is shown', async () => {
      tasks = [task('t1', [])];
      expect((await askJson('/v1/tasks')).body.Tasks[0].Containers).to.deep.equal([]);
    });

    it('tells the mappings of the task definition while there are no bindings', async () => {
      const mappings = [
        { containerPort: 80, hostPort: null, protocol: 'tcp' as const },
        { containerPort: 81, hostPort: 0, protocol: 'tcp' as const },
        { containerPort: 82, hostPort: 8_082, protocol: 'udp' as const },
      ];
      tasks = [task('t1', [container({ mappings })])];
      expect((await askJson('/v1/tasks')).body.Tasks[0].Containers[0].Ports).to.deep.equal([
        { ContainerPort: 80, Protocol: 'tcp' },
        { ContainerPort: 81, Protocol: 'tcp' },
        { ContainerPort: 82, Protocol: 'udp', HostPort: 8_082 },
      ]);
    });

    it('tells a range of ports one by one', async () => {
      const range = { containerPortRange: '8000-8002', hostPortRange: '40000-40002' };
      const bindings = [{ bindIP: '0.0.0.0', protocol: 'tcp' as const, ...range }];
      tasks = [task('t1', [container({ bindings })])];
      expect((await askJson('/v1/tasks')).body.Tasks[0].Containers[0].Ports).to.deep.equal([
        { ContainerPort: 8_000, Protocol: 'tcp', HostPort: 40_000 },
        { ContainerPort: 8_001, Protocol: 'tcp', HostPort: 40_001 },
        { ContainerPort: 8_002, Protocol: 'tcp', HostPort: 40_002 },
      ]);
    });

    const statuses: [
      IntrospectedTask['desired'],
      IntrospectedTask['known'],
      'RUNNING' | 'STOPPED' | undefined,
    ][] = [
      ['RUNNING', 'PENDING', 'RUNNING'],
      ['RUNNING', 'RUNNING', 'RUNNING'],
      ['RUNNING', 'STOPPED', undefined],
      ['STOPPED', 'PENDING', 'STOPPED'],
      ['STOPPED', 'RUNNING', 'STOPPED'],
      ['STOPPED', 'STOPPED', 'STOPPED'],
    ];
    for (const [desired, known, told] of statuses)
      it(`tells ${told} as what is wanted of a ${known} task that is wanted ${desired}`, async () => {
        tasks = [task('t1', [], { desired, known })];
        const [found] = (await askJson('/v1/tasks')).body.Tasks;
        expect(found.KnownStatus).to.equal(known);
        expect(found.DesiredStatus).to.equal(told);
      });

    const whole = withId('ab12').dockerId;
    const named = container({ dockerId: '', dockerName: 'ecs-site-3-log-77' });
    const known = () => [
      task('t1', [withId('ab12'), withId('cd')]),
      task('t2', [withId('ab34'), named]),
      task('t3', [withId('ef01'), withId('ef02')]),
      task('t4', [container({ dockerId: '', dockerName: '' })]),
    ];
    const queries: [what: string, query: string, answer: 'ambiguous' | 'missing' | string][] = [
      ['an ARN', `taskarn=${arnOf('t2')}`, 't2'],
      ['an encoded ARN', `taskarn=${encodeURIComponent(arnOf('t2'))}`, 't2'],
      ['an ARN of nothing', `taskarn=${arnOf('t9')}`, 'missing'],
      ['a part of an ARN', 'taskarn=t2', 'missing'],
      ['an empty ARN', 'taskarn=', 'missing'],
      ['a whole container id', `dockerid=${whole}`, 't1'],
      ['a whole id that is not quite right', `dockerid=${whole.slice(0, -1)}1`, 'missing'],
      ['more than a short id', `dockerid=${whole.slice(0, 13)}`, 'missing'],
      ['a short id', `dockerid=${whole.slice(0, 12)}`, 't1'],
      ['the beginning of an id', 'dockerid=c', 't1'],
      ['the beginning of two ids', 'dockerid=ab', 'ambiguous'],
      ['the beginning of two ids of one task', 'dockerid=ef0', 'ambiguous'],
      ['the beginning of no id', 'dockerid=zz', 'missing'],
      ['the beginning of a name, while there is no id', 'dockerid=ecs-site', 't2'],
      ['the name, while there is no id', 'dockerid=ecs-site-3-log-77', 't2'],
      ['the name of a container that has an id', 'dockerid=ecs-site-3-web-90b6', 'missing'],
      ['an empty id', 'dockerid=', 'ambiguous'],
      ['an ARN and an id', `taskarn=${arnOf('t1')}&dockerid=${whole}`, 'ambiguous'],
      ['an ARN and an empty id', `taskarn=${arnOf('t1')}&dockerid=`, 'ambiguous'],
    ];
    const none = '{"Arn":"","KnownStatus":"","Family":"","Version":"","Containers":null}';
    for (const [what, query, answer] of queries)
      it(`by ${what} finds: ${answer}`, async () => {
        tasks = known();
        const { status, text } = await ask(`/v1/tasks?${query}`);
        if (answer === 'ambiguous') expect([status, text]).to.deep.equal([400, none]);
        else if (answer === 'missing') expect([status, text]).to.deep.equal([404, none]);
        else {
          expect(status).to.equal(200);
          expect(JSON.parse(text)).to.include({ Arn: arnOf(answer), KnownStatus: 'RUNNING' });
        }
      });

    it('by an empty id finds the only container, but none without an id', async () => {
      tasks = [
        task('t1', [withId('ab')]),
        task('t4', [container({ dockerId: '', dockerName: '' })]),
      ];
      expect((await askJson('/v1/tasks?dockerid=')).body.Arn).to.equal(arnOf('t1'));
    });

    it('answers a HEAD of one that is missing with 404', async () => {
      const response = await fetch(`${server.url}/v1/tasks?taskarn=x`, { method: 'HEAD' });
      expect(response.status).to.equal(404);
    });

    it('looks at the tasks of the agent once a question, however many there are', async () => {
      let looks = 0;
      const thousand = Array.from({ length: 1_000 }, (_, nth) => task(`t${nth}`));
      const { source, ...rest } = options();
      const counted = {
        ...source,
        tasks: () => {
          looks += 1;
          return thousand;
        },
      };
      const large = await openIntrospection({ ...rest, source: counted });
      const response = await fetch(`${large.url}/v1/tasks`);
      expect(await response.json())
        .to.have.property('Tasks')
        .with.length(1_000);
      expect(looks).to.equal(1);
      await large.close();
    });
  });

  describe('asked to explain', () => {
    it('tells all there is, with times where they are known', async () => {
      const at = Date.UTC(2026, 5, 1, 12);
      const next = 'the pull has failed';
      const part = { subject: 'container web', since: at, until: at + 60_000, next };
      explanations = [explanation({ steady: true, parts: [explanation(part)] })];
      expect((await ask('/v1/explain')).text).to.equal(
        '{"Explanations":[{"Subject":"task t1","State":"pending",' +
          '"Sentence":"It waits for its containers","Steady":true,"Next":"","Parts":[' +
          '{"Subject":"container web","State":"pending","Sentence":"It waits for its containers",' +
          '"Steady":false,"Since":"2026-06-01T12:00:00.000Z","Until":"2026-06-01T12:01:00.000Z",' +
          '"Next":"the pull has failed","Parts":[]}]}]}',
      );
      expect(explained).to.deep.equal([null]);
    });

    it('asks for the task that is named', async () => {
      explanations = [explanation()];
      expect((await askJson(`/v1/explain?task=${arnOf('t1')}`)).status).to.equal(200);
      expect(explained).to.deep.equal([arnOf('t1')]);
    });

    it('has an empty list where there is nothing to explain', async () => {
      expect(await askJson('/v1/explain')).to.deep.equal({
        status: 200,
        body: { Explanations: [] },
      });
    });

    it('says 404 for a task that is unknown', async () => {
      expect(await askJson('/v1/explain?task=unknown')).to.deep.equal({
        status: 404,
        body: { Explanations: [] },
      });
    });

    it('leaves out an end that no calendar has', async () => {
      explanations = [explanation({ until: Number.MAX_SAFE_INTEGER })];
      expect((await askJson('/v1/explain')).body.Explanations[0]).not.to.have.property('Until');
    });
  });

  const listening: [string, () => { address?: string; port?: number }, RegExp][] = [
    [
      'the port is taken',
      () => ({ port: Number(new URL(server.url).port) }),
      /^The introspection endpoint cannot listen on 127\.0\.0\.1, as something else listens on port \d+: end it, or set ECS_INTROSPECTION_PORT/,
    ],
    [
      'the host does not have the address',
      () => ({ address: '192.0.2.1' }),
      /cannot listen on 192\.0\.2\.1, as this host has no such address: set ECS_INTROSPECTION_BIND_ADDRESS/,
    ],
  ];
  for (const [what, more, message] of listening)
    it(`is refused with the remedy where ${what}`, async () => {
      const error: Error = await openIntrospection({ ...options(), ...more() }).then(
        () => new Error('it listens'),
        (reason) => reason,
      );
      expect(error).to.include({ code: 'INTROSPECTION_PORT', retry: true });
      expect(error.message).to.match(message);
    });

  it('is reached on loopback where it listens on all addresses', async () => {
    const wide = await openIntrospection({ ...options(), address: '0.0.0.0' });
    expect(wide.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(wide.url)).status).to.equal(200);
    await wide.close();
  });
});
