import { expect } from 'chai';
import type { ContainerStatus } from '../../../machines/container/model.ts';
import * as decide from '../../../machines/task/decide.ts';
import type { KnownContainer, TaskPlan } from '../../../machines/task/model.ts';
import { container, task as taskPlan, wanted } from '../../support/builders.ts';
import {
  change,
  known,
  noNeeds,
  planned,
  report,
  resourceChange,
  rules,
  taskContext,
  taskInput,
  told,
} from '../../support/chart-contexts.ts';

const essential = (name: string, status: ContainerStatus) => known(name, status);
const sidecar = (name: string, status: ContainerStatus) =>
  known(name, status, { essential: false });
/** The refusal of a task of these members where tasks have limits of their own. */
const refusalOf = (more: Partial<TaskPlan>, taskLimits = true) =>
  decide.refusalOf(taskPlan('one', more.containers, more), rules({ taskLimits }));
const arn = taskPlan('one').arn;

describe('what a task becomes', () => {
  it('may run when nothing that it needs is missing', () => {
    expect(refusalOf({})).to.equal(null);
  });

  it('is refused with the names of all that is missing', () => {
    expect(refusalOf({ unsupported: ['volumes', 'secrets'], fault: 'odd' })).to.equal(
      'TaskNotSupportedError: this agent does not support volumes, secrets',
    );
  });

  it('is refused with what is wrong with it', () => {
    expect(refusalOf({ fault: 'invalid link format' })).to.equal(
      `resource cannot be initialized for task ${arn}: invalid link format`,
    );
  });

  const dependsOn = (...names: string[]) => ({
    dependsOn: names.map((container) => ({ container, condition: 'START' as const })),
  });
  const tangled: [string, ReturnType<typeof container>[]][] = [
    ['itself', [container('a', dependsOn('a'))]],
    ['one that depends on it', [container('a', dependsOn('b')), container('b', dependsOn('a'))]],
    ['nobody', [container('a', dependsOn('ghost'))]],
  ];
  for (const [on, containers] of tangled)
    it(`is refused when a container depends on ${on}`, () => {
      expect(refusalOf({ containers })).to.equal(
        `Task dependencies cannot be resolved, taskArn: ${arn}`,
      );
    });

  describe('with limits', () => {
    const containers = [container('a', { memoryMiB: 300 }), container('b', { memoryMiB: 513 })];

    it('is refused when one of its containers may have more memory than all', () => {
      expect(refusalOf({ containers, memoryMiB: 512 })).to.equal(
        `resource cannot be initialized for task ${arn}: cgroup resource: ` +
          'unable to build resource spec for task: task memory spec builder: ' +
          'container memory limit(513) greater than task memory limit(512)',
      );
    });

    const fitting: [string, Partial<TaskPlan>, boolean][] = [
      ['its containers fit in', { containers, memoryMiB: 513 }, true],
      ['it has no limit', { containers, memoryMiB: null }, true],
      ['its limit is nothing', { containers, memoryMiB: 0 }, true],
      ['tasks have no limits of their own', { containers, memoryMiB: 512 }, false],
    ];
    for (const [what, more, taskLimits] of fitting)
      it(`may run when ${what}`, () => expect(refusalOf(more, taskLimits)).to.equal(null));
  });

  it('begins with what its plan and the configuration say', () => {
    const ecr = { region: 'r', registryId: '1', endpointOverride: '', useExecutionRole: true };
    const web = container('web', {
      ecr,
      image: 'nginx',
      cpu: 256,
      memoryMiB: 128,
      healthChecked: true,
      startTimeoutS: 20,
      restartPolicy: { ignoredExitCodes: [0], attemptPeriodS: 60 },
      mountPoints: [{ volume: 'data', containerPath: '/data', readOnly: false }],
      portMappings: [{ kind: 'single', containerPort: 80, hostPort: 8080, protocol: 'tcp' }],
      ...dependsOn('log'),
    });
    const plan = taskPlan('story', [web, container('log', { essential: false })], {
      volumes: [
        {
          kind: 'docker',
          name: 'data',
          driver: 'local',
          driverOpts: {},
          labels: {},
          scope: 'task',
          autoprovision: false,
        },
      ],
    });
    const by = rules({
      pullBehavior: 'once',
      pullUpfront: true,
      taskLimits: true,
      cleanupJitterMs: 1_001,
    });
    expect(decide.taskInput(wanted(plan), by, 1_000)).to.deep.equal(
      taskInput({
        containers: [
          planned('web', {
            image: 'nginx',
            healthChecked: true,
            startTimeoutS: 20,
            restartPolicy: { ignoredExitCodes: [0], attemptPeriodS: 60 },
            needsRole: true,
            ...dependsOn('log'),
          }),
          planned('log', { essential: false }),
        ],
        resources: [
          { kind: 'cgroup', name: 'cgroup' },
          { kind: 'volume', name: 'data' },
        ],
        needs: { ...noNeeds, cpuUnits: 256, memoryMiB: 128, tcpPorts: [8080] },
        pullBehavior: 'once',
        pullUpfront: true,
        cleanupAfterMs: 60_501,
      }),
    );
  });

  it('begins with containers and resources of which nothing was done', () => {
    const volume = { kind: 'volume' as const, name: 'data' };
    const input = taskInput({
      containers: [planned('web'), planned('log', { essential: false })],
      resources: [volume],
      reason: 'why',
      begins: 'halted',
      pullBehavior: 'once',
      pullUpfront: true,
    });
    expect(decide.newTask(input)).to.deep.equal(
      taskContext(
        [
          known('web', 'NONE', { told: 'nothing' }),
          known('log', 'NONE', { told: 'nothing', essential: false }),
        ],
        {
          resources: [{ ...volume, status: 'NONE' }],
          reason: 'why',
          begins: 'halted',
          pullBehavior: 'once',
          pullUpfront: true,
        },
      ),
    );
  });

  it('begins stopped, for its own reason and with nothing to do, when it is refused', () => {
    const resources = [{ kind: 'cgroup' as const, name: 'cgroup' }];
    const input = taskInput({ refusal: 'not here', reason: 'why', resources });
    expect(decide.newTask(input)).to.deep.equal(
      taskContext([], { desired: 'STOPPED', reason: 'not here' }),
    );
  });

  describe('a change of a container', () => {
    const context = taskContext([essential('web', 'RUNNING'), sidecar('log', 'RUNNING')]);

    it('is taken over, but for what only the plan says', () => {
      const after = decide.withChange(context, change('log', 'STOPPED', { exitCode: 1 }));
      expect(after).to.deep.equal({
        ...context,
        containers: {
          ...context.containers,
          log: { ...sidecar('log', 'STOPPED'), exitCode: 1, at: 2_000 },
        },
        knownAt: 2_000,
      });
    });

    it('that ends it leaves how far it had come', () => {
      const pulled = taskContext([essential('web', 'PULLED')]);
      const { web } = decide.withChange(pulled, change('web', 'STOPPED')).containers;
      expect(web).to.include({ status: 'STOPPED', reached: 'PULLED' });
    });

    it('that ends one that is not essential is not the end of the task', () => {
      const after = decide.withChange(context, change('log', 'STOPPED', { fatal: true }));
      expect(after.executionStoppedAt).to.equal(null);
    });

    it('that ends an essential one is the end of the task', () => {
      const after = decide.withChange(context, change('web', 'STOPPED'));
      expect(after.executionStoppedAt).to.equal(2_000);
    });

    it('that ends a second essential one does not move the end of the task', () => {
      const ended = { ...context, executionStoppedAt: 1_500 };
      expect(decide.withChange(ended, change('web', 'STOPPED')).executionStoppedAt).to.equal(1_500);
    });

    it('is passed over when the task has no such container', () => {
      expect(decide.withChange(context, change('other', 'STOPPED'))).to.equal(context);
    });
  });

  describe('a verdict of a health check', () => {
    const context = taskContext([essential('web', 'RUNNING')]);

    it('is taken over with its time', () => {
      const news = { name: 'web', health: 'HEALTHY' as const, at: 2_000 };
      expect(decide.withHealth(context, news)).to.deep.equal({
        ...context,
        containers: { web: { ...essential('web', 'RUNNING'), health: 'HEALTHY' } },
        knownAt: 2_000,
      });
    });

    it('is passed over when the task has no such container', () => {
      const news = { name: 'other', health: 'HEALTHY' as const, at: 2_000 };
      expect(decide.withHealth(context, news)).to.equal(context);
    });
  });

  describe('a change of a resource', () => {
    const volume = { kind: 'volume' as const, name: 'data', status: 'NONE' as const };
    const cgroup = { kind: 'cgroup' as const, name: 'cgroup', status: 'NONE' as const };
    const context = taskContext([], { resources: [volume, cgroup] });

    it('is taken over, and gives the task no reason while nothing fails', () => {
      expect(decide.withResource(context, resourceChange('CREATED'))).to.deep.equal({
        ...context,
        resources: [{ ...volume, status: 'CREATED' }, cgroup],
        knownAt: 2_000,
      });
    });

    it('that is a failure gives the task its reason, unless it has one', () => {
      const failed = resourceChange('FAILED', { reason: 'no room' });
      expect(decide.withResource(context, failed).reason).to.equal('no room');
      expect(decide.withResource({ ...context, reason: 'first' }, failed).reason).to.equal('first');
    });

    it('is not one of another kind or name', () => {
      const other = resourceChange('CREATED', { kind: 'cgroup', name: 'data' });
      expect(decide.withResource(context, other).resources).to.deep.equal([volume, cgroup]);
    });

    it('need not come from one that was never made', () => {
      expect(decide.withoutResource(context, volume)).to.deep.equal({
        resources: [{ ...volume, status: 'REMOVED' }, cgroup],
      });
    });
  });

  const verdicts = [
    ['pending', [essential('web', 'NONE')]],
    ['pending', [essential('web', 'RUNNING'), essential('log', 'CREATED')]],
    ['pending', [essential('web', 'CREATED'), sidecar('log', 'STOPPED')]],
    ['running', [essential('web', 'RUNNING')]],
    ['running', [essential('web', 'RUNNING'), sidecar('log', 'RUNNING')]],
    ['running', [essential('web', 'RUNNING'), sidecar('log', 'STOPPED')]],
    ['stopping', [essential('web', 'STOPPED'), sidecar('log', 'RUNNING')]],
    ['stopping', [essential('web', 'STOPPED'), essential('log', 'PULLED')]],
    ['stopped', [essential('web', 'STOPPED'), sidecar('log', 'STOPPED')]],
    ['stopped', [sidecar('log', 'STOPPED')]],
    ['stopped', []],
  ] as const;
  for (const [verdict, containers] of verdicts) {
    const list = containers.map(
      ({ essential, status }) => `${essential ? 'an essential' : 'another'} one ${status}`,
    );
    it(`is ${verdict} with ${list.join(' and ') || 'no container'}`, () => {
      expect(decide.verdict(taskContext([...containers]))).to.equal(verdict);
    });
  }

  it('is stopping with one STOPPED that failed it although it is not essential', () => {
    const failed = known('log', 'STOPPED', { essential: false, fatal: true });
    expect(decide.verdict(taskContext([essential('web', 'RUNNING'), failed]))).to.equal('stopping');
  });

  it('is stopping with a resource that failed', () => {
    const resources = [{ kind: 'volume' as const, name: 'data', status: 'FAILED' as const }];
    expect(decide.verdict(taskContext([essential('web', 'NONE')], { resources }))).to.equal(
      'stopping',
    );
  });

  const moves: [string, KnownContainer[], ContainerStatus, boolean][] = [
    ['runs', [essential('web', 'CREATED')], 'RUNNING', true],
    ['is stopped', [essential('web', 'RUNNING')], 'STOPPED', true],
    ['must stop', [essential('web', 'RUNNING'), essential('log', 'RUNNING')], 'STOPPED', false],
    ['is pending', [essential('web', 'CREATED'), essential('log', 'NONE')], 'RUNNING', false],
    ['runs on', [sidecar('web', 'RUNNING'), essential('log', 'RUNNING')], 'STOPPED', false],
  ];
  for (const [what, containers, status, expected] of moves)
    it(`is told at once (${expected}) when it ${what} by a change to ${status}`, () => {
      const context = taskContext(containers);
      expect(decide.movesTask(context, change('web', status))).to.equal(expected);
    });

  it('is told at once when the last digest is settled, and one was found out', () => {
    const resolved = change('web', 'MANIFEST_PULLED', { digestResolved: true });
    const moves = (log: ContainerStatus) =>
      decide.movesTask(taskContext([essential('web', 'NONE'), essential('log', log)]), resolved);
    expect(moves('NONE')).to.equal(false);
    expect(moves('MANIFEST_PULLED')).to.equal(true);
  });

  it('goes by its own time where an event has none', () => {
    expect(decide.timeOf({ type: 'report.settled', at: 0 }, taskContext([]))).to.equal(1_000);
    expect(decide.timeOf({ type: 'task.stop', at: 2_000 }, taskContext([]))).to.equal(2_000);
  });

  describe('the digests of images', () => {
    const found = { digest: 'sha256:d', digestResolved: true };
    const resolved = (name: string, status: ContainerStatus) => known(name, status, found);
    const given = known('log', 'PULLED', { digest: 'sha256:d' });
    const due: [string, KnownContainer[], boolean][] = [
      ['all are settled and one was found out', [resolved('web', 'MANIFEST_PULLED'), given], true],
      ['one is not settled', [resolved('web', 'PULLED'), essential('log', 'NONE')], false],
      ['none was found out', [given], false],
      ['the container that one was found out for is over', [resolved('web', 'STOPPED')], false],
      ['another container is over', [resolved('web', 'PULLED'), sidecar('log', 'STOPPED')], true],
    ];
    for (const [what, containers, expected] of due)
      it(`are told (${expected}) when ${what}`, () => {
        expect(decide.manifestIsDue(taskContext(containers))).to.equal(expected);
        const told = taskContext(containers, { manifestTold: true });
        expect(decide.manifestIsDue(told)).to.equal(false);
      });
  });

  const ever: [ContainerStatus, boolean, string | null][] = [
    ['NONE', false, null],
    ['MANIFEST_PULLED', false, 'MANIFEST_PULLED'],
    ['PULLED', false, 'MANIFEST_PULLED'],
    ['CREATED', false, 'MANIFEST_PULLED'],
    ['RUNNING', true, 'RUNNING'],
    ['STOPPED', true, 'STOPPED'],
  ];
  for (const [status, alone, withDigest] of ever)
    it(`tells ECS of a container that is ${status}`, () => {
      const context = taskContext([essential('web', 'NONE')]);
      expect(decide.isTold(context, change('web', status))).to.equal(alone);
      const resolved = change('web', status, { digestResolved: true });
      expect(decide.isTold(context, resolved)).to.equal(alone || status === 'MANIFEST_PULLED');
      expect(decide.toldStatus({ status, digestResolved: true })).to.equal(withDigest);
      expect(decide.toldStatus({ status, digestResolved: false })).to.equal(alone ? status : null);
    });

  it('tells ECS nothing of a container that it adds itself', () => {
    const context = taskContext([known('pause', 'CREATED', { internal: true })]);
    expect(decide.isTold(context, change('pause', 'RUNNING'))).to.equal(false);
  });

  describe('the report of a task', () => {
    const context = taskContext(
      [
        {
          ...known('web', 'RUNNING'),
          runtimeId: 'c0ffee',
          pullStartedAt: 1_200,
          pullStoppedAt: 1_300,
        },
        { ...known('log', 'CREATED'), pullStartedAt: 1_100, pullStoppedAt: 1_900 },
        known('init', 'STOPPED', { exitCode: 0 }),
        known('late', 'PULLED', { digest: 'sha256:d', digestResolved: true }),
        known('pause', 'RUNNING', { internal: true }),
      ],
      { reason: 'why', executionStoppedAt: 1_950 },
    );

    it('spans all pulls, and has its own containers that run, have ended or have a digest', () => {
      expect(decide.reportOf(context, 'RUNNING')).to.deep.equal(
        report('RUNNING', {
          reason: 'why',
          containers: [
            told('web', 'RUNNING', { runtimeId: 'c0ffee' }),
            told('init', 'STOPPED', { exitCode: 0 }),
            told('late', 'MANIFEST_PULLED', { digest: 'sha256:d' }),
          ],
          pullStartedAt: 1_100,
          pullStoppedAt: 1_900,
        }),
      );
    });

    it('tells when the task ended only once it is stopped', () => {
      expect(decide.reportOf(context, 'STOPPED').executionStoppedAt).to.equal(1_950);
    });

    it('has no times of pulls where none was needed', () => {
      const { pullStartedAt, pullStoppedAt } = decide.reportOf(
        taskContext([known('web', 'RUNNING')]),
        'RUNNING',
      );
      expect([pullStartedAt, pullStoppedAt]).to.deep.equal([null, null]);
    });
  });
});
