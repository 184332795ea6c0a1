import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readBolt } from '../../../persistence/bolt.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import type { FoundState, FoundTask } from '../../../transport/takeover/port.ts';
import { readBuckets, readFile } from '../../../transport/takeover/state.ts';
import {
  containerRow,
  endedWith,
  type SavedTask,
  savedContainer,
  savedDatabase,
  taskRow,
} from '../../support/amazon-state.ts';
import { boltFile } from '../../support/bolt.ts';
import { taskArn } from '../../support/builders.ts';

const random = simRandom(1);

function found(file: Buffer): FoundState {
  const state = readBuckets(readBolt(file).buckets, random);
  if (!state) throw new Error('the database holds no state');
  return state;
}

/** The one task of a database. */
function foundTask(given: Omit<SavedTask, 'arn'>): FoundTask {
  const { tasks, unread } = found(savedDatabase('specs', [{ arn: taskArn('a'), ...given }]));
  const [task] = tasks;
  if (!task) throw new Error(`the task is unread: ${JSON.stringify(unread)}`);
  return task;
}

const one = (members: object) =>
  foundTask({ containers: [savedContainer('main', 'id-1', { ...members })] });
const containerOf = ({ containers: [first] }: FoundTask) => {
  if (!first) throw new Error('the task has no container');
  return first;
};
const plannedIn = ({ plan }: FoundTask, name = 'main') => {
  const planned = plan.containers.find((container) => container.name === name);
  if (!planned) throw new Error(`there is no plan of ${name}`);
  return planned;
};

describe('the state that Amazon’s agent 1.105.1 wrote', () => {
  const golden = readFileSync(new URL('../../golden/amazon-agent/agent.db', import.meta.url));
  const state = found(golden);
  const task = (family: string): FoundTask => {
    const known = state.tasks.find(({ plan }) => plan.family === family);
    if (!known) throw new Error(`there is no task ${family}`);
    return known;
  };

  it('tells whose it is', () => {
    const { agentVersion, cluster, containerInstanceArn, manifestSequence, unread } = state;
    expect({ agentVersion, cluster, manifestSequence, unread }).to.deep.equal({
      agentVersion: '1.105.1',
      cluster: 'lab-refstate',
      manifestSequence: 0,
      unread: [],
    });
    expect(containerInstanceArn).to.match(/:container-instance\/lab-refstate\/6be85c6f/);
  });

  it('tells of each task what ECS knows of it', () => {
    const known = state.tasks.map(({ plan, desired, sent }) => [plan.family, desired, sent]);
    expect(known).to.deep.equal([
      ['batch', 'STOPPED', 'STOPPED'],
      ['disk', 'RUNNING', 'RUNNING'],
      ['web', 'RUNNING', 'RUNNING'],
    ]);
    expect(task('batch').knownAt).to.equal(Date.parse('2026-11-23T22:06:23.508Z'));
    expect(task('batch').hasCgroup).to.equal(true);
  });

  it('tells of containers what their own rows say, which are newer than their task’s', () => {
    const { containers } = task('web');
    expect(containers.map(({ name, status, sent }) => [name, status, sent])).to.deep.equal([
      ['nginx', 'RUNNING', 'RUNNING'],
      ['log', 'RUNNING', 'RUNNING'],
    ]);
    expect(containerOf(task('batch'))).to.deep.include({
      runtimeId: '7f48e7817e3a129be90868f8a26d4e4e2409ce7d91b57fb1608d3224f065616d',
      status: 'STOPPED',
      sent: 'STOPPED',
      exitCode: 7,
      startedAt: Date.parse('2026-11-23T22:06:23.425Z'),
    });
    expect(containers[0]?.bindings).to.deep.equal([
      { bindIP: '0.0.0.0', protocol: 'tcp', containerPort: 80, hostPort: 32768 },
    ]);
  });

  it('gives plans under the names that the Engine knows', () => {
    expect(plannedIn(task('web'), 'log')).to.deep.include({
      dockerName: 'ecs-web-1-log-eac7dd88a5e3dd951800',
      metadataId: '845381ad-8c7c-45ec-b648-6edba3bf5174',
      essential: false,
      dependsOn: [{ container: 'nginx', condition: 'START' }],
    });
    expect(task('web').plan.roleCredentialsId).to.equal('11111111-2222-3333-4444-555555555555');
    expect(plannedIn(task('disk'), 'db').restartPolicy).to.deep.equal({
      ignoredExitCodes: [],
      attemptPeriodS: 60,
    });
    expect(task('disk').plan.volumes).to.deep.equal([
      {
        kind: 'docker',
        name: 'data',
        driver: 'local',
        driverOpts: {},
        labels: {},
        scope: 'task',
        autoprovision: false,
        dockerName: 'ecs-disk-1-data-d2bfd9e5b3befc8c2b00',
      },
    ]);
  });

  it('tells of its images', () => {
    const at = Date.parse('2026-11-23T22:06:23.085Z');
    const id = 'sha256:ff22d7f1b57bb65ff901ef43d8dbf1998109523ae5c66f00e11bc86cb5947dc7';
    expect(state.images).to.deep.equal([
      { id, references: ['busybox:local'], pulled: false, pulledAt: at, lastUsedAt: at },
    ]);
  });
});

describe('a container that Amazon’s agent has saved', () => {
  const words: [string | null, string][] = [
    ['NONE', 'CREATED'], // its id is there, so it was made
    ['UNKNOWN', 'CREATED'],
    [null, 'CREATED'],
    ['MANIFEST_PULLED', 'CREATED'],
    ['PULLED', 'CREATED'],
    ['CREATED', 'CREATED'],
    ['RUNNING', 'RUNNING'],
    ['RESOURCES_PROVISIONED', 'RUNNING'],
    ['STOPPED', 'STOPPED'],
    ['DEAD', 'STOPPED'],
    ['3', 'RUNNING'],
    ['5', 'STOPPED'],
  ];
  for (const [word, status] of words)
    it(`is ${status} where it was ${word}`, () => {
      expect(containerOf(one({ KnownStatus: word })).status).to.equal(status);
    });

  it('is as far as it says where it was not made yet', () => {
    const task = foundTask({ containers: [savedContainer('main', '', { KnownStatus: 'PULLED' })] });
    expect(containerOf(task)).to.include({ status: 'PULLED', runtimeId: null });
    expect(plannedIn(task).dockerName).to.equal(undefined);
  });

  const sent: [string, string | null][] = [
    ['NONE', null],
    ['PULLED', null],
    ['CREATED', null],
    ['MANIFEST_PULLED', 'MANIFEST_PULLED'],
    ['RUNNING', 'RUNNING'],
    ['RESOURCES_PROVISIONED', 'RUNNING'],
    ['DEAD', 'STOPPED'],
  ];
  for (const [word, status] of sent)
    it(`was told to ECS as ${status ?? 'nothing'} where that agent wrote ${word}`, () => {
      expect(containerOf(one({ SentStatus: word })).sent).to.equal(status);
    });

  it('keeps why it failed, how often it was started again, and its digest', () => {
    const restartTracker = { restartCount: 3, lastRestartAt: '2026-01-01T00:00:01Z' };
    const failure = { name: 'CannotPullContainerError', error: 'no such image' };
    const members = { ApplyingError: failure, restartTracker, ImageDigest: 'sha256:d' };
    expect(containerOf(one(members))).to.deep.include({
      failure: { name: 'CannotPullContainerError', message: 'no such image' },
      restarts: 3,
      lastRestartAt: Date.parse('2026-01-01T00:00:01Z'),
      digest: 'sha256:d',
    });
  });

  it('keeps a failure that has no name', () => {
    const { failure } = containerOf(one({ ApplyingError: { error: 'API error (500)' } }));
    expect(failure).to.deep.equal({ name: 'UnknownError', message: 'API error (500)' });
  });

  it('is given its overrides', () => {
    const planned = plannedIn(one({ Command: ['a'], overrides: { command: ['b', 'c'] } }));
    expect(planned.command).to.deep.equal(['b', 'c']);
  });

  it('is known by its id where it has no name', () => {
    const container = { ...savedContainer('main', 'id-1'), dockerName: '' };
    expect(plannedIn(foundTask({ containers: [container] })).dockerName).to.equal('id-1');
  });
});

describe('a task that Amazon’s agent has saved', () => {
  it('has the containers that this agent had added', () => {
    const task = foundTask({
      containers: [
        savedContainer('app', 'id-1'),
        savedContainer('~internal~ecs~pause', 'id-2', {
          IsInternal: 'CNI_PAUSE',
          KnownStatus: 'RESOURCES_PROVISIONED',
        }),
      ],
      members: { NetworkMode: 'awsvpc', ENI: { ec2Id: 'eni-1' } },
    });
    const pause = plannedIn(task, '~internal~ecs~pause');
    expect(pause).to.include({ internal: true, essential: true });
    expect(pause.dockerName).to.match(/^ecs-web-1-~internal~ecs~pause-id-2/);
    expect(plannedIn(task, 'app').dependsOn).to.deep.equal([
      { container: '~internal~ecs~pause', condition: 'START' },
    ]);
    expect(task.lacks).to.include.members(['network mode awsvpc', 'elastic network interfaces']);
    expect(task.warnings.join('\n')).to.contain('no CNI plugin');
  });

  it('has the one container that holds its namespaces, not two', () => {
    const name = '~internal~ecs~pause~namespace';
    const task = foundTask({
      containers: [
        savedContainer('app', 'id-1'),
        savedContainer(name, 'id-2', { IsInternal: 'NAMESPACE_PAUSE' }),
      ],
      members: { PidMode: 'task' },
    });
    expect(task.plan.containers.map((container) => container.name)).to.deep.equal(['app', name]);
    expect(plannedIn(task, name)).to.include({ internal: true, essential: true });
    expect(plannedIn(task, name).dockerName).to.match(/id-2/);
    expect(plannedIn(task, 'app').dependsOn).to.deep.equal([
      { container: name, condition: 'START' },
    ]);
  });

  const lacking: [string, object, object, string][] = [
    ['secrets', { secrets: [{ name: 's' }] }, {}, 'secrets'],
    ['FireLens', { firelensConfiguration: { type: 'fluentd' } }, {}, 'FireLens'],
    ['an App Mesh proxy', {}, { AppMesh: { appPorts: ['80'] } }, 'an App Mesh proxy'],
    ['Service Connect', {}, { ServiceConnectConfig: { containerName: 'main' } }, 'Service Connect'],
    [
      'nothing for a Service Connect that no container is for',
      {},
      { ServiceConnectConfig: { containerName: 'service-connect' } },
      '',
    ],
  ];
  for (const [what, container, members, lacks] of lacking)
    it(`tells that it needs ${what}`, () => {
      const containers = [savedContainer('main', 'id-1', { ...container })];
      const task = foundTask({ containers, members: { ...members } });
      expect(task.lacks.join()).to.equal(lacks);
      expect(task.plan.unsupported).to.deep.equal([]);
    });

  it('is watched and stopped where its definition cannot be read', () => {
    const dependsOn = [{ containerName: 'other', condition: 'NEW_CONDITION' }];
    const task = one({ dependsOn, Essential: false });
    expect(plannedIn(task)).to.deep.include({ essential: false, dependsOn: [] });
    expect(plannedIn(task).dockerName).to.match(/id-1/);
    expect(task.warnings.join()).to.match(/cannot be read .*NEW_CONDITION.* stopped as it is/);
  });

  it('names the volumes that were made for it', () => {
    const containers = [savedContainer('main', 'id-1')];
    const volumes = [{ name: 'local', type: 'host', host: { hostPath: 'ecs-web-1-local-1' } }];
    const [volume] = foundTask({ containers, members: { volumes } }).plan.volumes;
    expect(volume).to.include({ name: 'local', scope: 'task', dockerName: 'ecs-web-1-local-1' });
  });
});

describe('what cannot be understood of saved state', () => {
  const arn = taskArn('a');
  const main = savedContainer('main', 'id-1');
  const database = (tasks: Record<string, string>, containers: Record<string, string>) =>
    boltFile({ metadata: { 'agent-version': '"1"' }, tasks, containers });
  const task = JSON.stringify(taskRow({ arn, containers: [main] }));

  it('harms nothing else', () => {
    const row = JSON.stringify(containerRow(main));
    const { tasks, unread } = found(database({ a: task, b: '{"Arn":' }, { 'a-main': row }));
    expect(tasks.map(({ plan }) => plan.arn)).to.deep.equal([arn]);
    expect(unread).to.deep.equal([{ what: 'tasks/b', why: 'it is not a JSON object' }]);
  });

  const cases: [string, Record<string, string>, Record<string, string>, RegExp][] = [
    [
      'a container without its task',
      { a: task },
      { 'b-main': JSON.stringify(containerRow(main)) },
      /container ecs-web-1-main.*its task is not there/,
    ],
    [
      'a status that no version had',
      { a: task.replaceAll('"KnownStatus":"RUNNING"', '"KnownStatus":"ODD"') },
      {},
      /task a.*KnownStatus is .*ODD/,
    ],
    ['a task without its ARN', { a: '{}' }, {}, /task.*it has no Arn/],
  ];
  for (const [what, tasks, containers, told] of cases)
    it(`is told: ${what}`, () => {
      expect(JSON.stringify(found(database(tasks, containers)).unread)).to.match(told);
    });

  it('is nothing in a database that was never written', () => {
    const { buckets } = readBolt(boltFile({ metadata: {} }));
    expect(readBuckets(buckets, random)).to.equal(null);
  });
});

describe('the state file of older releases', () => {
  /** A file of version 1, whose words and members are those of its time. */
  const first = {
    Version: 1,
    Data: {
      Cluster: 'old',
      ContainerInstanceArn: 'arn:aws:ecs:us-west-2:123456789012:container-instance/abc',
      EC2InstanceID: 'i-1',
      Unheard: {},
      TaskEngine: {
        Tasks: [
          {
            Arn: 'arn:aws:ecs:us-west-2:123456789012:task/t1',
            Family: 'web',
            Version: '2',
            Containers: [
              {
                ...{ Name: 'main', Image: 'busybox', Cpu: 10, Memory: 10, Essential: true },
                volumesFrom: [{ sourceContainer: '~internal~volumes', readOnly: false }],
                portMappings: [{ ContainerPort: 80, HostPort: 80, BindIp: '' }],
                ...{ desiredStatus: 'RUNNING', KnownStatus: 'RUNNING', SentStatus: 'CREATED' },
              },
              {
                ...{ Name: '~internal~volumes', Image: 'scratch', IsInternal: true },
                ...{ Essential: false, KnownStatus: 'CREATED', SentStatus: 'UNKNOWN' },
              },
            ],
            volumes: [{ name: 'local', type: 'host', host: {} }],
            ...{ DesiredStatus: 'RUNNING', KnownStatus: 'CREATED', SentStatus: 'CREATED' },
            KnownTime: '2015-04-28T17:29:48.129140193Z',
          },
          {
            Arn: 'arn:aws:ecs:us-west-2:123456789012:task/t2',
            Family: 'gone',
            Version: '1',
            Containers: [
              {
                ...{ Name: 'main', Image: 'busybox', Essential: true, IsInternal: false },
                ...{ desiredStatus: 'DEAD', KnownStatus: 'DEAD', SentStatus: 'DEAD' },
                KnownExitCode: 137,
              },
            ],
            ...{ DesiredStatus: 'DEAD', KnownStatus: 'DEAD', SentStatus: 'DEAD' },
          },
        ],
        IdToContainer: {
          c1: { DockerId: 'c1', DockerName: 'ecs-web-2-main-f00', Container: { Name: 'main' } },
          c2: { DockerId: 'c2', DockerName: 'v', Container: { Name: '~internal~volumes' } },
          c3: { DockerId: 'c3', DockerName: 'nobody', Container: { Name: 'x' } },
        },
        IdToTask: {
          c1: 'arn:aws:ecs:us-west-2:123456789012:task/t1',
          c2: 'arn:aws:ecs:us-west-2:123456789012:task/t1',
        },
      },
    },
  };

  it('of version 1 is understood', () => {
    const state = readFile(JSON.stringify(first), random);
    expect(state).to.include({ agentVersion: '', cluster: 'old', ec2InstanceId: 'i-1' });
    const [web, gone] = state.tasks;
    expect(web).to.include({ desired: 'RUNNING', sent: null });
    const known = web?.containers.map(({ name, status, runtimeId }) => [name, status, runtimeId]);
    expect(known).to.deep.equal([
      ['main', 'RUNNING', 'c1'],
      ['~internal~volumes', 'STOPPED', 'c2'], // it is there for its volumes, and never ran
    ]);
    const planned = web?.plan.containers.map(({ dockerName, internal }) => [dockerName, internal]);
    expect(planned).to.deep.equal([
      ['ecs-web-2-main-f00', false],
      ['v', true],
    ]);
    expect(gone).to.include({ desired: 'STOPPED', sent: 'STOPPED' });
    expect(gone && containerOf(gone)).to.include({ status: 'STOPPED', exitCode: 137 });
    expect(state.unread).to.deep.equal([
      { what: 'container nobody', why: 'its task is not there' },
    ]);
  });

  it('of version 31 has what came later', () => {
    const containers = [savedContainer('main', 'c9', endedWith(2))];
    const arn = 'arn:aws:ecs:us-west-2:123456789012:task/c/t9';
    const state = readFile(
      JSON.stringify({
        Version: 31,
        Data: {
          Cluster: 'c',
          ContainerInstanceArn: 'arn:i',
          latestSeqNumberTaskManifest: 12,
          TaskEngine: {
            Tasks: [taskRow({ arn, containers, members: { Version: '4' } })],
            IdToContainer: { c9: containers[0] && containerRow(containers[0]) },
            IdToTask: { c9: arn },
            ImageStates: [{ Image: { ImageID: 'sha256:1', Names: ['a:1'] }, PullSucceeded: true }],
            ENIAttachments: null,
          },
        },
      }),
      random,
    );
    expect(state.manifestSequence).to.equal(12);
    expect(state.images).to.deep.equal([
      { id: 'sha256:1', references: ['a:1'], pulled: true, pulledAt: 0, lastUsedAt: 0 },
    ]);
    expect(state.tasks[0]?.plan.version).to.equal('4');
    expect(state.tasks[0]?.containers[0]).to.include({ exitCode: 2, sent: 'STOPPED' });
  });

  const refused: [string, string, RegExp][] = [
    ['that is no JSON', '{"Data":', /no JSON object/],
    ['without its data', '{"Version":5}', /no Data/],
    ['of a version that never was', '{"Version":32,"Data":{}}', /version is 32/],
  ];
  for (const [what, text, told] of refused)
    it(`is refused ${what}`, () => {
      expect(() => readFile(text, random))
        .to.throw(told)
        .with.property('code', 'TAKEOVER_UNREADABLE');
    });
});
