import { expect } from 'chai';
import type { Origin } from '../../../bin/config/sources.ts';
import type { Environment } from '../../../bin/variables/variables.ts';
import { type Given, path, readFrom, refusal } from './given.ts';

describe('user data', () => {
  const others = ['#!/bin/sh\necho', '#cloud-config\n', 'e30=', '{', '[]', '{"other":{}}', '', ' '];
  for (const userData of [...others, '{"ECSAgentConfiguration":"x"}'])
    it(`is passed over where it is ${JSON.stringify(userData)}`, () => {
      expect(readFrom({ userData })).to.deep.equal(readFrom({}));
    });
});

describe('of several sources', () => {
  const all = {
    environment: { ECS_CLUSTER: 'environment' },
    file: { Cluster: 'file' },
    userData: { Cluster: 'user data' },
  };

  const firsts: [Given, Origin][] = [
    [all, 'environment'],
    [{ ...all, environment: {} }, 'file'],
    [{ userData: all.userData }, 'user data'],
  ];
  for (const [given, origin] of firsts)
    it(`the ${origin} counts before those below it`, () => {
      const { config, origins } = readFrom(given);
      expect(config.cluster).to.equal(origin);
      expect(origins.ECS_CLUSTER).to.equal(origin);
    });

  const regions: [Given, string, Origin][] = [
    [{ environment: { AWS_DEFAULT_REGION: 'e' }, region: 'm' }, 'e', 'environment'],
    [{ file: { AWSRegion: 'f' }, region: 'm' }, 'f', 'file'],
    [{ userData: { AWSRegion: 'u' }, region: 'm' }, 'u', 'user data'],
    [{ region: 'm' }, 'm', 'instance metadata'],
    [{}, '', 'default'],
  ];
  for (const [given, region, origin] of regions)
    it(`the region is from the ${origin} where that is the first to know it`, () => {
      const { config, origins } = readFrom(given);
      expect([config.region, origins.AWS_DEFAULT_REGION]).to.deep.equal([region, origin]);
    });

  it('none may leave the region unknown once all were asked', () => {
    expect(refusal({ region: null })).to.match(/^The AWS region is not known: set AWS_DEFAULT_REG/);
  });

  const yields: [what: string, Environment, file: object, setting: string, value: unknown][] = [
    [
      'a list that is empty',
      { ECS_RESERVED_PORTS: '[]' },
      { ReservedPorts: [1] },
      'ECS_RESERVED_PORTS',
      [1],
    ],
    [
      'a number that is zero',
      { ECS_RESERVED_MEMORY: '0' },
      { ReservedMemory: 5 },
      'ECS_RESERVED_MEMORY',
      5,
    ],
    [
      'a duration that is zero',
      { ECS_IMAGE_PULL_TIMEOUT: '0s' },
      { ImagePullTimeout: 1e9 },
      'ECS_IMAGE_PULL_TIMEOUT',
      1_000,
    ],
    [
      'a plain switch that is off',
      { ECS_AUDIT_LOGFILE_DISABLED: 'false' },
      { CredentialsAuditLogDisabled: true },
      'ECS_AUDIT_LOGFILE_DISABLED',
      true,
    ],
    [
      'the first word of a few',
      { ECS_IMAGE_PULL_BEHAVIOR: 'default' },
      { ImagePullBehavior: 2 },
      'ECS_IMAGE_PULL_BEHAVIOR',
      'once',
    ],
    [
      'a wrong value',
      { ECS_RESERVED_MEMORY: 'x' },
      { ReservedMemory: 5 },
      'ECS_RESERVED_MEMORY',
      5,
    ],
  ];
  for (const [what, environment, file, setting, value] of yields)
    it(`${what} leaves it to the next`, () => {
      const { settings } = readFrom({ environment, file });
      expect((settings as unknown as Record<string, unknown>)[setting]).to.deep.equal(value);
    });

  it('a switch that says false counts before one that says true', () => {
    const environment = { ECS_DISABLE_METRICS: 'false', ECS_CHECKPOINT: 'false' };
    const file = { DisableMetrics: true, Checkpoint: true };
    const { config, origins } = readFrom({ environment, file });
    expect(config).to.include({ metricsDisabled: false, checkpoint: false });
    expect(origins.ECS_CHECKPOINT).to.equal('environment');
  });

  it('a warning of a wrong value tells which one is used instead', () => {
    const environment = { ECS_RESERVED_MEMORY: 'x' };
    const { warnings } = readFrom({ environment, file: { ReservedMemory: 5 } });
    expect(warnings).to.deep.equal([
      `ECS_RESERVED_MEMORY must be a whole number of at most 65535, not "x": that of ${path} is used`,
    ]);
  });

  it('only the environment turns checkpoints on by a data directory', () => {
    expect(readFrom({ file: { DataDir: '/data' } }).config.checkpoint).to.equal(false);
    expect(readFrom({ environment: { ECS_DATADIR: '/data' } }).config.checkpoint).to.equal(true);
  });

  it('the file alone says to register without an identity document', () => {
    expect(readFrom({}).config.identityDocumentDisabled).to.equal(false);
    expect(readFrom({ environment: { NoIID: 'true' } }).config.identityDocumentDisabled).to.equal(
      false,
    );
    expect(readFrom({ file: { NoIID: true } }).config.identityDocumentDisabled).to.equal(true);
  });

  it('all wrong values are told at once', () => {
    const environment = { ECS_INSTANCE_ATTRIBUTES: 'x' };
    const message = refusal({ environment, file: { Cluster: 5 }, region: null });
    expect(message.split('; ')).to.have.length(3);
  });
});
