import { expect } from 'chai';
import type { VolumePlan } from '../../../machines/task/model.ts';
import { readTask } from '../../../transport/acs/task.ts';
import { Members } from '../../../transport/wire/members.ts';
import { container, payloadOf, planOf, reasonOf, task } from './wire.ts';

describe('a task of a payload', () => {
  const desires: [unknown, string][] = [
    ['RUNNING', 'RUNNING'],
    ['STOPPED', 'STOPPED'],
    ['DEAD', 'STOPPED'],
  ];
  for (const [wire, desired] of desires)
    it(`with desired status ${wire} is wanted ${desired}`, () => {
      expect(payloadOf(task({ desiredStatus: wire })).tasks[0]?.desired).to.equal(desired);
    });

  it('has the sizes it is given, and no limit where it is given none', () => {
    expect(planOf({ cpu: 0.25, memory: 512 })).to.include({ cpu: 0.25, memoryMiB: 512 });
    expect(planOf({})).to.include({ cpu: null, memoryMiB: null });
  });

  describe('that shares namespaces', () => {
    const pause = '~internal~ecs~pause~namespace';
    const two = { containers: [container(), container({ name: 'side', links: ['main'] })] };

    for (const mode of [{ pidMode: 'task' }, { ipcMode: 'task' }])
      it(`by ${Object.keys(mode)[0]} gets a container that holds them, which starts first`, () => {
        const [main, side, holder] = planOf({ ...two, ...mode }).containers;
        const start = { container: pause, condition: 'START' };
        expect(main?.dependsOn).to.deep.equal([start]);
        expect(side?.dependsOn).to.deep.equal([{ container: 'main', condition: 'START' }, start]);
        expect(holder).to.deep.include({
          name: pause,
          image: 'amazon/amazon-ecs-pause:0.1.0',
          essential: true,
          internal: true,
          environment: {},
          dependsOn: [],
          dockerHostConfig: '{"NetworkMode":"none"}',
        });
      });

    it('gives each container an id of its own', () => {
      const wire = task({ ...two, pidMode: 'task' });
      const ids = ['a', 'b', 'c'];
      const random = { roll: () => 0, uuid: () => ids.shift() ?? '' };
      const read = readTask(new Members(wire, 'task'), random);
      expect(read?.plan.containers.map(({ metadataId }) => metadataId)).to.deep.equal([
        'a',
        'b',
        'c',
      ]);
    });

    it('with its host, or has none to share, needs no such container', () => {
      const plan = planOf({ pidMode: 'host', ipcMode: 'none' });
      expect(plan).to.include({ pidMode: 'host', ipcMode: 'none' });
      expect(plan.containers).to.have.length(1);
      expect(planOf({ ipcMode: 'host' }).ipcMode).to.equal('host');
    });

    it('has none where the mode is not known', () => {
      expect(planOf({ pidMode: 'none', ipcMode: 'TASK' })).to.include({ pidMode: '', ipcMode: '' });
      expect(planOf({ pidMode: null })).to.include({ pidMode: '', ipcMode: '' });
    });
  });

  describe('with a volume', () => {
    const volumeOf = (volume: object) => planOf({ volumes: [volume] }).volumes[0];
    const docker = (more: object = {}): VolumePlan => ({
      kind: 'docker',
      name: 'data',
      driver: 'local',
      driverOpts: {},
      labels: {},
      scope: 'task',
      autoprovision: false,
      ...more,
    });

    it('of its host mounts the folder that is named', () => {
      const bind = { kind: 'bind', name: 'data', sourcePath: '/srv' };
      const host = { sourcePath: '/srv' };
      expect(volumeOf({ name: 'data', host })).to.deep.equal(bind);
      expect(volumeOf({ name: 'data', type: 'host', host })).to.deep.equal(bind);
    });

    it('of its host without a folder gets a volume of its own', () => {
      for (const host of [{}, { sourcePath: '' }, { sourcePath: null }])
        expect(volumeOf({ name: 'data', host })).to.deep.equal(docker());
    });

    it('of Docker has it made as it says', () => {
      const dockerVolumeConfiguration = {
        scope: 'shared',
        autoprovision: true,
        driver: 'rexray/ebs',
        driverOpts: { size: '5' },
        labels: { team: 'blue' },
      };
      expect(volumeOf({ name: 'data', type: 'docker', dockerVolumeConfiguration })).to.deep.equal(
        docker({ ...dockerVolumeConfiguration }),
      );
    });

    it('of Docker shares it with others unless it is for the task', () => {
      const scopeOf = (scope: string | null) => {
        const volume = { name: 'data', type: 'docker', dockerVolumeConfiguration: { scope } };
        const read = volumeOf(volume);
        return read?.kind === 'docker' ? read.scope : read?.kind;
      };
      expect(scopeOf('task')).to.equal('task');
      for (const scope of ['shared', 'other', null]) expect(scopeOf(scope)).to.equal('shared');
    });

    it('of its own that others might have made is faulty', () => {
      const dockerVolumeConfiguration = { scope: 'task', autoprovision: true };
      const volumes = [
        { name: 'logs', host: {} },
        { name: 'data', type: 'docker', dockerVolumeConfiguration },
      ];
      expect(planOf({ volumes }).fault).to.equal(
        'volume [data] : task scoped volume could not be autoprovisioned',
      );
    });

    it('of an attachment has nothing but its name', () => {
      const plan = planOf({ volumes: [{ name: 'data' }], attachments: [{}] });
      expect(plan.volumes).to.deep.equal([{ kind: 'bind', name: 'data', sourcePath: '' }]);
      expect(plan.unsupported).to.deep.equal(['attachments']);
    });

    const bad: [string, object | null, string][] = [
      ['that is null', null, 'invalid Volume; must include a name'],
      ['without a name', { host: {} }, 'invalid Volume; must include a name'],
      ['of a name only', { name: 'v' }, 'invalid volume: empty volume configuration'],
      [
        'of Docker alone',
        { name: 'v', type: 'docker' },
        'invalid volume: empty volume configuration',
      ],
      ['of another type', { name: 'v', type: 'ebs' }, 'unrecognized volume type: "ebs"'],
    ];
    for (const [what, volume, why] of bad)
      it(`${what} is not understood`, () => {
        expect(reasonOf({ volumes: [volume] })).to.equal(
          `UnrecogniedTaskError: Error loading task - ${why}`,
        );
      });
  });
});

describe('a task that needs what this agent does not have', () => {
  const hostConfig = (text: string) => ({
    containers: [container({ dockerConfig: { hostConfig: text } })],
  });
  const gpu = { type: 'gpu', name: 'GPU-1', containers: ['main'] };
  const needs: [string, object][] = [
    ['network mode awsvpc', { networkMode: 'awsvpc' }],
    ['attachments', { attachments: [{}] }],
    ['elastic network interfaces', { elasticNetworkInterfaces: [{}] }],
    ['GPUs or other associations', { associations: [gpu] }],
    ['an App Mesh proxy', { proxyConfiguration: {} }],
    ['secrets', { containers: [container({ secrets: [{}] })] }],
    ['environment files', { containers: [container({ environmentFiles: [{}] })] }],
    ['credential specs', { containers: [container({ credentialSpecs: ['x'] })] }],
    ['managed agents (ECS Exec)', { containers: [container({ managedAgents: [{}] })] }],
    ['FireLens', { containers: [container({ firelensConfiguration: {} })] }],
    ['FireLens', hostConfig('{"LogConfig":{"Type":"awsfirelens"}}')],
    ['FireLens', hostConfig('{"logconfig":{"type":"awsfirelens"}}')],
    [
      'registry credentials in AWS Secrets Manager',
      { containers: [container({ registryAuthentication: { type: 'asm' } })] },
    ],
    ['EFS volumes', { volumes: [{ name: 'v', type: 'efs' }] }],
    [
      'FSx for Windows File Server volumes',
      { volumes: [{ name: 'v', type: 'fsxWindowsFileServer' }] },
    ],
    ['EBS volumes', { volumes: [{ name: 'v', type: 'amazonebs' }] }],
    ['S3 Files volumes', { volumes: [{ name: 'v', type: 's3files' }] }],
  ];
  for (const [feature, more] of needs)
    it(`names ${feature} (${JSON.stringify(more).slice(0, 60)})`, () => {
      expect(planOf(more).unsupported).to.deep.equal([feature]);
    });

  it('names each feature once', () => {
    const containers = ['a', 'b'].map((name) => container({ name, secrets: [{}, {}] }));
    expect(planOf({ networkMode: 'awsvpc', containers }).unsupported).to.deep.equal([
      'network mode awsvpc',
      'secrets',
    ]);
  });

  it('does not need what it only mentions', () => {
    const plan = planOf({
      volumes: [{ name: 'unused', host: {} }],
      attachments: [],
      associations: null,
      containers: [container({ links: [], secrets: null, registryAuthentication: {} })],
    });
    expect(plan.unsupported).to.deep.equal([]);
  });

  for (const text of ['', 'not json', '{"LogConfig":null}', '{"LogConfig":{"Type":7}}', '[]'])
    it(`does not name a log driver by what Docker is told as ${JSON.stringify(text)}`, () => {
      expect(planOf(hostConfig(text)).unsupported).to.deep.equal([]);
    });
});
