import { expect } from 'chai';
import type { ContainerPlan } from '../../../machines/container/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import {
  configStructure,
  decodeOverlay,
  hostConfigStructure,
  lay,
} from '../../../transport/docker/overlay.ts';
import { DockerError } from '../../../transport/docker/port.ts';
import { bodyOf, placement, refuses } from './bodies.ts';

const refusal = (run: () => unknown): { code: string; message: string } => {
  try {
    run();
  } catch (error) {
    if (error instanceof DockerError) return { code: error.code, message: error.message };
  }
  throw new Error('not refused');
};

describe('an overlay of a task definition', () => {
  it('matches the fields of the Engine whatever their case', () => {
    const text = '{"HealthCheck":{"Test":["NONE"]},"workingdir":"/tmp","STOPTIMEOUT":3}';
    expect(decodeOverlay(text, configStructure)).to.deep.equal({
      Healthcheck: { Test: ['NONE'] },
      WorkingDir: '/tmp',
      StopTimeout: 3,
    });
  });

  it('drops fields that the Engine does not know', () => {
    const text = '{"Memory":1,"Colour":"blue","__proto__":{"Privileged":true}}';
    expect(decodeOverlay(text, hostConfigStructure)).to.deep.equal({ Memory: 1 });
  });

  it('is empty where there is none', () => {
    for (const text of ['', '{}', 'null']) {
      expect(decodeOverlay(text, configStructure)).to.deep.equal({});
    }
  });

  for (const text of ['{"Env":["TOKEN=s3cret"]', '[1]', '"x"', '{"Tty":"s3cret"}', '{"Env":{}}']) {
    it(`refuses the config ${text} without quoting it`, () => {
      const { code, message } = refusal(() => decodeOverlay(text, configStructure));
      expect(code).to.equal('DOCKER_BAD_CONFIG');
      expect(message).to.match(/^Unable decode given docker config: ./);
      expect(message).to.not.contain('s3cret');
    });
  }

  it('names the field of a host config that is of the wrong kind', () => {
    expect(refusal(() => decodeOverlay('{"memory":"64m"}', hostConfigStructure))).to.deep.equal({
      code: 'DOCKER_BAD_HOST_CONFIG',
      message: 'Unable to decode given host config: Memory is no number',
    });
  });

  it('takes one word where the Engine takes a list of words', () => {
    expect(decodeOverlay('{"Cmd":"date"}', configStructure)).to.deep.equal({ Cmd: 'date' });
  });

  const base = { Image: 'web', Cmd: ['serve'], Memory: 4, ExposedPorts: { '80/tcp': {} } };
  const cases: { of: string; overlay: Record<string, unknown>; gives: Record<string, unknown> }[] =
    [
      { of: 'replaces scalars', overlay: { Memory: 9 }, gives: { ...base, Memory: 9 } },
      { of: 'replaces lists', overlay: { Cmd: ['a', 'b'] }, gives: { ...base, Cmd: ['a', 'b'] } },
      {
        of: 'merges objects key by key',
        overlay: { ExposedPorts: { '81/tcp': {} } },
        gives: { ...base, ExposedPorts: { '80/tcp': {}, '81/tcp': {} } },
      },
      { of: 'leaves a scalar at null', overlay: { Memory: null }, gives: base },
      {
        of: 'clears lists and objects at null',
        overlay: { Cmd: null, ExposedPorts: null },
        gives: { Image: 'web', Memory: 4 },
      },
      { of: 'adds what was not there', overlay: { Tty: true }, gives: { ...base, Tty: true } },
    ];
  for (const { of, overlay, gives } of cases) {
    it(of, () => {
      expect(lay(overlay, base)).to.deep.equal(gives);
    });
  }
});

describe('the log driver of a container', () => {
  const logs = async (
    config: object,
    {
      plan = {},
      task = {},
      region = 'us-west-2',
    }: { plan?: Partial<ContainerPlan>; task?: Partial<TaskPlan>; region?: string } = {},
  ) => {
    const dockerHostConfig = JSON.stringify({ LogConfig: config });
    const where = placement({ region });
    return (await bodyOf({ dockerHostConfig, ...plan }, { task, where })).HostConfig.LogConfig;
  };

  it('is that of the task definition, with its options', async () => {
    const config = { Type: 'json-file', Config: { 'max-size': '1m' } };
    expect(await logs(config)).to.deep.equal(config);
    expect(await logs({ Type: 'none' })).to.deep.equal({ Type: 'none', Config: {} });
    expect((await bodyOf()).HostConfig).to.not.have.property('LogConfig');
  });

  it('holds back 10 MiB where it does not block and says no size', async () => {
    const config = (options: object) => ({
      Type: 'fluentd',
      Config: { mode: 'non-blocking', ...options },
    });
    expect(await logs(config({}))).to.deep.equal(config({ 'max-buffer-size': '10m' }));
    expect(await logs(config({ 'max-buffer-size': '4m' }))).to.deep.equal(
      config({ 'max-buffer-size': '4m' }),
    );
  });

  const byRole = { plan: { logsByExecutionRole: true } };
  const awslogs = { Type: 'awslogs', Config: { 'awslogs-group': 'g' } };

  it('signs with the execution role of the task where it is to', async () => {
    const task = { executionCredentialsId: 'e-1' };
    expect(await logs(awslogs, { ...byRole, task })).to.deep.equal({
      Type: 'awslogs',
      Config: { 'awslogs-group': 'g', 'awslogs-credentials-endpoint': '/v2/credentials/e-1' },
    });
    expect(await logs(awslogs, { task })).to.deep.equal(awslogs);
    const other = { Type: 'json-file', Config: {} };
    expect(await logs(other, { ...byRole, task })).to.deep.equal(other);
  });

  it('cannot sign with a role that the task does not have', async () => {
    const dockerHostConfig = JSON.stringify({ LogConfig: awslogs });
    await refuses(
      bodyOf({ dockerHostConfig, ...byRole.plan }),
      'DOCKER_BAD_HOST_CONFIG',
      'No execution credentials set for the task',
    );
  });

  it('is told where CloudWatch Logs is where it does not know, unless it was told', async () => {
    const region = 'us-iso-east-1';
    expect(await logs(awslogs, { region })).to.deep.include({
      Config: {
        'awslogs-group': 'g',
        'awslogs-endpoint': 'https://logs.us-iso-east-1.c2s.ic.gov',
      },
    });
    const told = { Type: 'awslogs', Config: { 'awslogs-endpoint': 'https://mine' } };
    expect(await logs(told, { region })).to.deep.equal(told);
  });
});

describe('the health check of a container', () => {
  const missing = 'docker health check is nil while container health check type is DOCKER';
  for (const dockerConfig of ['', '{"User":"1"}', '{"HealthCheck":null}']) {
    it(`must be there where ECS heeds it, and is not in ${dockerConfig || 'nothing'}`, async () => {
      await refuses(bodyOf({ healthChecked: true, dockerConfig }), 'DOCKER_BAD_CONFIG', missing);
    });
  }

  it('is that of the task definition', async () => {
    const Test = ['CMD', 'true'];
    const dockerConfig = JSON.stringify({ HealthCheck: { Test } });
    const body = await bodyOf({ healthChecked: true, dockerConfig });
    expect(body.Healthcheck).to.deep.equal({ Test });
  });
});
