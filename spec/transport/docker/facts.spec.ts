import { expect } from 'chai';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { apiVersionFor, bindingsOf, factsOf, listedOf } from '../../../transport/docker/facts.ts';
import { containerPlan } from '../../support/engine-plans.ts';

const never = '0001-01-01T00:00:00Z';
const began = '2026-11-24T12:00:00.123456789Z';
const ended = '2026-11-24T12:00:05Z';

/** An inspect's answer, as far as it is read. */
const inspected = (state: Partial<ContainerInspectInfo['State']>) =>
  ({
    Id: 'abc',
    State: {
      Running: false,
      StartedAt: never,
      FinishedAt: never,
      ExitCode: 0,
      Error: '',
      ...state,
    },
    NetworkSettings: { Ports: {} },
  }) as ContainerInspectInfo;

describe('the facts of a container', () => {
  const cases = [
    { of: 'never started', state: {}, is: 'created', exitCode: null },
    { of: 'running', state: { Running: true, StartedAt: began }, is: 'running', exitCode: null },
    {
      of: 'paused',
      state: { Running: true, Paused: true, StartedAt: began },
      is: 'running',
      exitCode: null,
    },
    {
      of: 'running for the second time',
      state: { Running: true, StartedAt: ended, FinishedAt: ended },
      is: 'running',
      exitCode: null,
    },
    {
      of: 'ended',
      state: { StartedAt: began, FinishedAt: ended, ExitCode: 7 },
      is: 'exited',
      exitCode: 7,
    },
    { of: 'not to be started', state: { Error: 'x', ExitCode: 127 }, is: 'exited', exitCode: null },
    { of: 'dead', state: { Dead: true }, is: 'exited', exitCode: null },
  ];
  for (const { of, state, is, exitCode } of cases) {
    it(`are ${is} for one that is ${of}`, () => {
      const facts = factsOf(inspected(state), containerPlan());
      expect(facts).to.include({ state: is, exitCode });
    });
  }

  it('hold times in milliseconds, and none for what has not come', () => {
    const over = factsOf(inspected({ StartedAt: began, FinishedAt: ended }), containerPlan());
    expect(over.startedAt).to.equal(Date.parse('2026-11-24T12:00:00.123Z'));
    expect(over.finishedAt).to.equal(Date.parse(ended));
    const created = factsOf(inspected({}), containerPlan());
    expect([created.startedAt, created.finishedAt]).to.deep.equal([null, null]);
  });

  it('tell no error of a start before this one', () => {
    const facts = factsOf(
      inspected({ Running: true, StartedAt: began, Error: 'no luck' }),
      containerPlan(),
    );
    expect(facts.error).to.equal('');
  });

  it('tell of lacking memory and of the own words of the Engine', () => {
    const facts = factsOf(inspected({ OOMKilled: true, Error: 'no luck' }), containerPlan());
    expect(facts).to.include({ outOfMemory: true, error: 'no luck' });
  });
});

describe('what an inspect may lack', () => {
  it('is told as empty', () => {
    const bare = { Id: 'abc', State: { Running: true, StartedAt: began } } as ContainerInspectInfo;
    expect(factsOf(bare, containerPlan({ healthChecked: true }))).to.deep.equal({
      runtimeId: 'abc',
      state: 'running',
      exitCode: null,
      startedAt: Date.parse('2026-11-24T12:00:00.123Z'),
      finishedAt: null,
      bindings: [],
      outOfMemory: false,
      error: '',
      health: 'UNKNOWN',
      imageId: '',
      createdAt: null,
      networks: [],
      details: {
        createdAt: null,
        startedAt: began,
        finishedAt: null,
        labels: {},
        mounts: [],
        healthCheck: null,
      },
    });
  });
});

describe('what only those are shown who look at a container', () => {
  it('are its labels, its mounts, its times to the nanosecond and its latest health check', () => {
    const check = (ExitCode: number, Output: string) => ({ ExitCode, Output });
    const info = {
      ...inspected({
        ...{ Running: false, StartedAt: began, FinishedAt: ended },
        Health: { Log: [check(0, 'well'), check(1, 'x'.repeat(2_000))] } as never,
      }),
      Created: began,
      Config: { Labels: { team: 'a' } },
      Mounts: [
        { Name: 'v', Source: '/a', Destination: '/b' },
        { Source: '/c', Destination: '/d' },
      ],
    };
    expect(factsOf(info as unknown as ContainerInspectInfo, containerPlan()).details).to.deep.equal(
      {
        createdAt: began,
        startedAt: began,
        finishedAt: ended,
        labels: { team: 'a' },
        mounts: [
          { name: 'v', source: '/a', destination: '/b' },
          { name: '', source: '/c', destination: '/d' },
        ],
        healthCheck: { exitCode: 1, output: 'x'.repeat(1_024) },
      },
    );
  });
});

describe('the health of a container', () => {
  const statusOf = (Status: string) =>
    inspected({ Running: true, StartedAt: began, Health: { Status, FailingStreak: 0, Log: [] } });
  for (const { status, is } of [
    { status: 'healthy', is: 'HEALTHY' },
    { status: 'unhealthy', is: 'UNHEALTHY' },
    { status: 'starting', is: 'UNKNOWN' },
    { status: 'none', is: 'UNKNOWN' },
  ]) {
    it(`is ${is} where Docker says ${status}`, () => {
      const plan = containerPlan({ healthChecked: true });
      expect(factsOf(statusOf(status), plan)).to.include({ health: is });
    });
  }

  it('is not heeded where ECS does not check it', () => {
    expect(factsOf(statusOf('unhealthy'), containerPlan())).to.include({ health: 'UNKNOWN' });
  });
});

describe('the networks of a container', () => {
  it('are told by their name, with the addresses that they have', () => {
    const Networks = {
      bridge: { IPAddress: '172.17.0.2', GlobalIPv6Address: '' },
      six: { IPAddress: '', GlobalIPv6Address: '2001:db8::1' },
      host: null,
    };
    const info = { ...inspected({}), NetworkSettings: { Networks } };
    const { networks } = factsOf(info as unknown as ContainerInspectInfo, containerPlan());
    expect(networks).to.deep.equal([
      { mode: 'bridge', ipv4: ['172.17.0.2'], ipv6: [] },
      { mode: 'six', ipv4: [], ipv6: ['2001:db8::1'] },
      { mode: 'host', ipv4: [], ipv6: [] },
    ]);
  });
});

describe('a container in a list', () => {
  const listed = (given: object) => listedOf({ Id: 'abc', ...given } as ContainerInfo);

  for (const { state, is } of [
    { state: 'created', is: 'created' },
    { state: 'running', is: 'running' },
    { state: 'paused', is: 'running' },
    { state: 'restarting', is: 'running' },
    { state: 'removing', is: 'exited' },
    { state: 'exited', is: 'exited' },
    { state: 'dead', is: 'exited' },
  ]) {
    it(`is ${is} where Docker says ${state}`, () => {
      expect(listed({ State: state })).to.include({ state: is });
    });
  }

  it('has its own name, not one that others link to it by', () => {
    expect(listed({ Names: ['/web/db', '/db', '/other/db'] })).to.include({ dockerName: 'db' });
  });

  it('may be of nobody, and lack what it likes', () => {
    const empty = { dockerName: '', taskArn: '', name: '', family: '', version: '' };
    const none = { containerInstanceArn: '', image: '', imageId: '', createdAt: 0 };
    expect(listed({ Labels: null })).to.include({ ...empty, ...none });
  });
});

describe('the network bindings of a container', () => {
  const both = (port: string) => [
    { HostIp: '0.0.0.0', HostPort: port },
    { HostIp: '::', HostPort: port },
  ];

  it('are those of the task definition, once, with a range told as one', () => {
    const published = {
      '80/tcp': both('8080'),
      '9000/tcp': both('40000'),
      '9001/tcp': both('40001'),
      '9002/tcp': both('40002'),
      '53/udp': null,
      '443/tcp': both('4430'),
      '5000/sctp': both('5000'),
    };
    const bindings = bindingsOf(
      [
        { kind: 'single', containerPort: 80, hostPort: 8080, protocol: 'tcp' },
        { kind: 'single', containerPort: 53, hostPort: null, protocol: 'udp' },
        { kind: 'range', from: 9000, to: 9002, protocol: 'tcp' },
      ],
      published,
    );
    expect(bindings).to.deep.equal([
      { bindIP: '0.0.0.0', protocol: 'tcp', containerPort: 80, hostPort: 8080 },
      {
        bindIP: '0.0.0.0',
        protocol: 'tcp',
        containerPortRange: '9000-9002',
        hostPortRange: '40000-40002',
      },
    ]);
  });

  it('are told of `::` as well where that is asked for, or of it alone', () => {
    const mapping = { kind: 'single', containerPort: 80, hostPort: 8080, protocol: 'tcp' } as const;
    const hosts = (told: object) =>
      bindingsOf([mapping], { '80/tcp': both('8080') }, told).map(({ bindIP }) => bindIP);
    expect(hosts({ ipv6Bindings: true })).to.deep.equal(['0.0.0.0', '::']);
    expect(hosts({ ipv6Bindings: false })).to.deep.equal(['0.0.0.0']);
    expect(hosts({ ipv6Bindings: true, ipv4Bindings: false })).to.deep.equal(['::']);
  });

  it('tell a container port that is bound twice once for each host port', () => {
    const mapping = { kind: 'single', containerPort: 80, protocol: 'tcp' } as const;
    const bindings = bindingsOf(
      [
        { ...mapping, hostPort: 8080 },
        { ...mapping, hostPort: 8081 },
      ],
      { '80/tcp': [...both('8080'), ...both('8081')] },
    );
    expect(bindings.map((each) => 'hostPort' in each && each.hostPort)).to.deep.equal([8080, 8081]);
  });
});

describe('the version of the API', () => {
  for (const { api, min, gives } of [
    { api: '1.41', min: '1.12', gives: '1.41' },
    { api: '1.51', min: '1.24', gives: '1.44' },
    { api: '1.60', min: '1.48', gives: '1.48' },
    { api: '1.9', min: '1.1', gives: '1.9' },
  ]) {
    it(`is ${gives} with an Engine that speaks ${min} to ${api}`, () => {
      const version = { version: 'x', apiVersion: api, minApiVersion: min };
      expect(apiVersionFor(version)).to.equal(gives);
    });
  }
});
