import { expect } from 'chai';
import type { ContainerPlan } from '../../../machines/container/model.ts';
import { container, planOf, reasonOf } from './wire.ts';

/** The only container of a task, as it is read. */
function read(more: object): ContainerPlan {
  const [first] = planOf({ containers: [container(more)] }).containers;
  if (!first) throw new Error('the task has no container');
  return first;
}

describe('a container of a payload', () => {
  it('takes the command of its overrides in place of its own', () => {
    const commandOf = (overrides: string | null) => read({ command: ['a'], overrides }).command;
    expect(commandOf('{"command":["b","c"]}')).to.deep.equal(['b', 'c']);
    for (const none of ['{}', 'null', '{"command":null}', null])
      expect(commandOf(none)).to.deep.equal(['a']);
  });

  it('is not essential and asks for nothing unless it says so', () => {
    expect(read({})).to.include({ essential: false, cpu: 0, memoryMiB: 0, command: null });
  });

  it('takes a timeout of nothing for none', () => {
    expect(read({ startTimeout: 0, stopTimeout: 0 })).to.include({
      startTimeoutS: null,
      stopTimeoutS: null,
    });
    expect(read({ startTimeout: 8, stopTimeout: 120 })).to.include({
      startTimeoutS: 8,
      stopTimeoutS: 120,
    });
  });

  it('has its mounts and the volumes of others, by their names', () => {
    const mountPoints = [
      { sourceVolume: 'data', containerPath: '/data', readOnly: true },
      null,
      { sourceVolume: 'logs', containerPath: '/logs' },
    ];
    expect(read({ mountPoints }).mountPoints).to.deep.equal([
      { volume: 'data', containerPath: '/data', readOnly: true },
      { volume: 'logs', containerPath: '/logs', readOnly: false },
    ]);
    const [, user] = planOf({
      containers: [
        container({ name: 'db' }),
        container({ volumesFrom: [{ sourceContainer: 'db', readOnly: true }] }),
      ],
    }).containers;
    expect(user?.volumesFrom).to.deep.equal([{ container: 'db', readOnly: true }]);
  });

  it('depends on others as it says', () => {
    const conditions = ['START', 'COMPLETE', 'SUCCESS', 'HEALTHY'];
    const dependsOn = conditions.map((condition) => ({ containerName: 'db', condition }));
    expect(read({ dependsOn }).dependsOn).to.deep.equal(
      conditions.map((condition) => ({ container: 'db', condition })),
    );
  });

  it('heeds its health check only where the type is docker to the letter', () => {
    expect(read({ healthCheckType: 'docker' }).healthChecked).to.equal(true);
    for (const healthCheckType of ['DOCKER', 'elb', '', null])
      expect(read({ healthCheckType }).healthChecked).to.equal(false);
  });

  it('is started again by its policy where that is enabled', () => {
    const restartPolicy = { enabled: true, ignoredExitCodes: [0, 3], restartAttemptPeriod: 90 };
    expect(read({ restartPolicy }).restartPolicy).to.deep.equal({
      ignoredExitCodes: [0, 3],
      attemptPeriodS: 90,
    });
    expect(read({ restartPolicy: { enabled: true } }).restartPolicy).to.deep.equal({
      ignoredExitCodes: [],
      attemptPeriodS: 0,
    });
    for (const none of [{ ...restartPolicy, enabled: false }, {}, null])
      expect(read({ restartPolicy: none }).restartPolicy).to.equal(null);
  });

  it('knows where Amazon ECR gives the credentials for its image', () => {
    const ecrAuthData = {
      region: 'eu-west-1',
      registryId: '123456789012',
      endpointOverride: 'ecr.example',
      useExecutionRole: true,
    };
    expect(read({ registryAuthentication: { type: 'ecr', ecrAuthData } }).ecr).to.deep.equal(
      ecrAuthData,
    );
    expect(
      read({ registryAuthentication: { type: 'ecr', ecrAuthData: { region: 'eu-west-1' } } }).ecr,
    ).to.deep.equal({
      region: 'eu-west-1',
      registryId: '',
      endpointOverride: '',
      useExecutionRole: false,
    });
    for (const none of [{ type: 'other', ecrAuthData }, { type: 'ecr' }, {}, null])
      expect(read({ registryAuthentication: none }).ecr).to.equal(null);
  });

  it('logs with the execution role where it is told to', () => {
    expect(read({ logsAuthStrategy: 'ExecutionRole' }).logsByExecutionRole).to.equal(true);
    expect(read({ logsAuthStrategy: 'None' }).logsByExecutionRole).to.equal(false);
  });

  it('passes over what the Engine is told otherwise', () => {
    const ignored = { privileged: true, linuxParameters: {}, networkInterfaceNames: ['eth0'] };
    expect(read(ignored)).to.deep.equal(read({}));
  });

  describe('that links to others', () => {
    const linked = (links: string[]) =>
      planOf({ containers: [container({ name: 'db' }), container({ links })] });

    it('starts after them, and reaches them by their own names or others', () => {
      const [, web] = linked(['db', 'db:store']).containers;
      expect(web?.links).to.deep.equal([
        { container: 'db', alias: 'db' },
        { container: 'db', alias: 'store' },
      ]);
      const start = { container: 'db', condition: 'START' };
      expect(web?.dependsOn).to.deep.equal([start, start]);
    });

    const faults: [string, string, string][] = [
      ['of three parts', 'db:a:b', 'invalid link format'],
      ['of nothing', '', 'invalid link format'],
      ['to nobody', 'ghost', 'could not find container for link ghost'],
    ];
    for (const [what, link, fault] of faults)
      it(`makes its task faulty by a link ${what}`, () => {
        const plan = linked([link]);
        expect(plan.fault).to.equal(fault);
        expect(plan.containers[1]?.dependsOn).to.deep.equal([]);
      });
  });

  describe('that takes volumes from others', () => {
    const taking = (sourceContainer: string | null, more: object = {}) =>
      planOf({
        containers: [
          container({ name: 'db' }),
          container({ volumesFrom: [{ sourceContainer }], ...more }),
        ],
      });

    it('is created after them, and depends on whom it says before', () => {
      const dependsOn = [{ containerName: 'db', condition: 'HEALTHY' }];
      const [, web] = taking('db', { dependsOn, links: ['db'] }).containers;
      expect(web?.dependsOn).to.deep.equal([
        { container: 'db', condition: 'HEALTHY' },
        { container: 'db', condition: 'CREATE' },
        { container: 'db', condition: 'START' },
      ]);
    });

    it('makes its task faulty when there is nobody of that name', () => {
      const fault = (name: string) => `could not find volume source container with name ${name}`;
      expect(taking('ghost').fault).to.equal(fault('ghost'));
      expect(taking(null).fault).to.equal(fault(''));
      // The first fault is told.
      expect(taking('ghost', { links: ['other'] }).fault).to.equal(fault('ghost'));
    });
  });

  const bad: [string, object, RegExp][] = [
    ['no name', { name: null }, /a container has no name/],
    ['a negative cpu', { cpu: -1 }, /cpu must be a whole number of at least 0, not -1/],
    ['half a MiB', { memory: 0.5 }, /memory must be/],
    ['a negative timeout', { stopTimeout: -1 }, /stopTimeout must be/],
    ['half a second', { startTimeout: 0.5 }, /startTimeout must be/],
    ['a port beyond 65535', { portMappings: [{ containerPort: 70_000 }] }, /port number/],
    ['a negative host port', { portMappings: [{ hostPort: -1 }] }, /hostPort must be/],
    [
      'a protocol in capitals',
      { portMappings: [{ protocol: 'TCP' }] },
      /"tcp" or "udp"; Got "TCP"/,
    ],
    ['a null port mapping', { portMappings: [null] }, /mapping is null/],
    ['a range backwards', { portMappings: [{ containerPortRange: '9-8' }] }, /lower first/],
    ['a range from nothing', { portMappings: [{ containerPortRange: '0-8' }] }, /lower first/],
    ['a range of words', { portMappings: [{ containerPortRange: 'a-b' }] }, /port number/],
    ['overrides with another key', { overrides: '{"cpu":1}' }, /Unrecognized key: cpu/],
    ['empty overrides', { overrides: '' }, /not JSON/],
    ['overrides that are a text', { overrides: '"{}"' }, /not an object/],
    ['overrides that are a list', { overrides: '[]' }, /not an object/],
    ['a command of numbers', { overrides: '{"command":[1]}' }, /list of strings/],
    [
      'an unknown condition',
      { dependsOn: [{ containerName: 'db', condition: 'READY' }] },
      /unknown dependency condition "READY"/,
    ],
    [
      'a condition in small letters',
      { dependsOn: [{ containerName: 'db', condition: 'start' }] },
      /unknown dependency condition "start"/,
    ],
    ['no condition', { dependsOn: [{ containerName: 'db' }] }, /unknown dependency condition null/],
    [
      'a period of less than nothing',
      { restartPolicy: { enabled: true, restartAttemptPeriod: -1 } },
      /restartAttemptPeriod must be/,
    ],
  ];
  for (const [what, more, why] of bad)
    it(`with ${what} spoils its task`, () => {
      expect(reasonOf({ containers: [container(more)] })).to.match(why);
    });
});
