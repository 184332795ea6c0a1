import { expect } from 'chai';
import type { ContainerInspectInfo } from 'dockerode';
import { bindingsOf, factsOf } from '../../../transport/docker/facts.ts';
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

  it('tell of lacking memory and of the own words of the Engine', () => {
    const facts = factsOf(inspected({ OOMKilled: true, Error: 'no luck' }), containerPlan());
    expect(facts).to.include({ outOfMemory: true, error: 'no luck' });
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
