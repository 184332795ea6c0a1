import { expect } from 'chai';
import { AcsError } from '../../../transport/acs/port.ts';
import { container, decode, decoded, head, payloadOf, planOf, random, task } from './wire.ts';

const errorOf = (frame: unknown): AcsError => {
  try {
    decode(frame);
  } catch (error) {
    if (error instanceof AcsError) return error;
    throw error;
  }
  throw new Error('the frame was taken');
};

describe('a payload message', () => {
  it('becomes the plan of its task', () => {
    const plan = planOf({
      cpu: 0.5,
      memory: 128,
      networkMode: 'bridge',
      containers: [
        container({
          essential: true,
          cpu: 256,
          memory: 96,
          command: ['serve'],
          entryPoint: ['/app'],
          environment: { STAGE: 'prod' },
          stopTimeout: 7,
          portMappings: [
            { containerPort: 80, hostPort: 8080, protocol: 'tcp' },
            { containerPort: 53, hostPort: 0, protocol: 'udp' },
            { containerPortRange: '9000-9002' },
          ],
          dockerConfig: { config: '{"User":"0"}', hostConfig: '{"Init":true}', version: '1.24' },
        }),
      ],
    });
    expect(plan).to.deep.equal({
      arn: 'arn:aws:ecs:us-west-2:123456789012:task/specs/1',
      family: 'web',
      version: '7',
      networkMode: 'bridge',
      cpu: 0.5,
      memoryMiB: 128,
      volumes: [],
      pidMode: '',
      ipcMode: '',
      roleCredentialsId: null,
      executionCredentialsId: null,
      fault: null,
      unsupported: [],
      containers: [
        {
          name: 'main',
          image: 'busybox:local',
          essential: true,
          internal: false,
          cpu: 256,
          memoryMiB: 96,
          command: ['serve'],
          entryPoint: ['/app'],
          environment: { STAGE: 'prod' },
          portMappings: [
            { kind: 'single', containerPort: 80, hostPort: 8080, protocol: 'tcp' },
            { kind: 'single', containerPort: 53, hostPort: null, protocol: 'udp' },
            { kind: 'range', from: 9000, to: 9002, protocol: 'tcp' },
          ],
          links: [],
          volumesFrom: [],
          mountPoints: [],
          dependsOn: [],
          startTimeoutS: null,
          stopTimeoutS: 7,
          dockerConfig: '{"User":"0"}',
          dockerHostConfig: '{"Init":true}',
          dockerVersion: '1.24',
          healthChecked: false,
          restartPolicy: null,
          ecr: null,
          logsByExecutionRole: false,
          metadataId: random.uuid(),
        },
      ],
    });
  });

  it('is read whatever the letter case of its members, and whatever else it holds', () => {
    const { tasks } = payloadOf({
      ...task(),
      ARN: undefined,
      zone: 'a',
      Family: 'x',
      family: 'web',
    });
    expect(tasks[0]?.plan.family).to.equal('web');
    const [inCapitals] = payloadOf({
      Arn: 'arn:task/1',
      DesiredStatus: 'RUNNING',
      Containers: [{ Name: 'main', Image: 'i', Essential: true }],
    }).tasks;
    expect(inCapitals?.plan.containers[0]?.essential).to.equal(true);
  });

  it('without its own or its addressee’s name is passed over', () => {
    for (const name of Object.keys(head))
      expect(
        decode({ type: 'PayloadMessage', message: { ...head, [name]: '', tasks: [task()] } }),
      ).to.deep.equal({ kind: 'other', type: 'PayloadMessage' });
  });

  it('brings receipts for the credentials of both roles, and keeps none of their keys', () => {
    const keys = { accessKeyId: 'ASIA', secretAccessKey: 'top-secret', sessionToken: 'token' };
    const roleArn = 'arn:aws:iam::123456789012:role/app';
    const { message, roles } = decoded({
      type: 'PayloadMessage',
      message: {
        ...head,
        tasks: [
          task({
            roleCredentials: { credentialsId: 'app', expiration: '2030', roleArn, ...keys },
            executionRoleCredentials: { credentialsId: 'exec', expiration: 'later', ...keys },
          }),
        ],
      },
    });
    if (message.kind !== 'payload') throw new Error('no payload');
    expect(message.payload.credentials).to.deep.equal([
      { credentialsId: 'app', expiration: '2030' },
      { credentialsId: 'exec', expiration: 'later' },
    ]);
    expect(message.payload.tasks[0]?.plan).to.include({
      roleCredentialsId: 'app',
      executionCredentialsId: 'exec',
    });
    expect(JSON.stringify(message)).not.to.match(/top-secret|ASIA|"token"/);
    expect(roles).to.deep.equal([
      { credentialsId: 'app', roleArn, expiration: '2030', keys },
      { credentialsId: 'exec', roleArn: '', expiration: 'later', keys },
    ]);
  });

  it('brings no keys of a task that is not understood', () => {
    const { message, roles } = decoded({
      type: 'PayloadMessage',
      message: {
        ...head,
        tasks: [task({ containers: [], roleCredentials: { credentialsId: 'app' } })],
      },
    });
    expect(roles).to.deep.equal([]);
    expect(message.kind === 'payload' && message.payload.credentials).to.deep.equal([]);
  });

  const desires: [unknown, string][] = [
    ['RUNNING', 'RUNNING'],
    ['STOPPED', 'STOPPED'],
    ['DEAD', 'STOPPED'],
  ];
  for (const [wire, desired] of desires)
    it(`with desired status ${wire} wants the task ${desired}`, () => {
      expect(payloadOf(task({ desiredStatus: wire })).tasks[0]?.desired).to.equal(desired);
    });
});

describe('a task that cannot be understood', () => {
  const bad: [string, object, RegExp][] = [
    ['an unknown desired status', { desiredStatus: 'MAYBE' }, /unknown desired status "MAYBE"/],
    ['no desired status', { desiredStatus: null }, /unknown desired status null/],
    ['no containers', { containers: [] }, /no containers/],
    ['a null container', { containers: [null] }, /container is null/],
    ['two containers of one name', { containers: [container(), container()] }, /same name/],
    [
      'role credentials without an id',
      { roleCredentials: { expiration: 'x' } },
      /CredentialsId is empty/,
    ],
    [
      'execution role credentials without an id',
      { executionRoleCredentials: { credentialsId: '' } },
      /CredentialsId is empty/,
    ],
  ];
  for (const [what, more, why] of bad)
    it(`for ${what} is refused with the reason, and its sibling is taken`, () => {
      const sibling = task({ arn: 'arn:task/sibling' });
      const { tasks, refused } = payloadOf(task(more), sibling);
      expect(tasks.map(({ plan }) => plan.arn)).to.deep.equal(['arn:task/sibling']);
      expect(refused.map(({ arn }) => arn)).to.deep.equal([task().arn]);
      expect(refused[0]?.reason).to.match(/^UnrecogniedTaskError: Error loading task - /);
      expect(refused[0]?.reason).to.match(why);
    });

  it('without an ARN is refused namelessly', () => {
    expect(payloadOf(task({ arn: null }), null).refused.map(({ arn }) => arn)).to.deep.equal([
      null,
      null,
    ]);
  });
});

describe('new keys of a role', () => {
  const keys = { accessKeyId: 'ASIA', secretAccessKey: 'top-secret', sessionToken: 'token' };
  const fresh = {
    messageId: 'k-1',
    taskArn: task().arn,
    roleType: 'TaskExecution',
    roleCredentials: { credentialsId: 'exec', expiration: 'later', roleArn: 'arn:role', ...keys },
  };
  const frame = (more: object = {}) => ({
    type: 'IAMRoleCredentialsMessage',
    message: { ...fresh, ...more },
  });

  it('come apart from the message that is to be acknowledged', () => {
    expect(decoded(frame())).to.deep.equal({
      message: {
        kind: 'credentials',
        messageId: 'k-1',
        receipt: { credentialsId: 'exec', expiration: 'later' },
      },
      roles: [{ credentialsId: 'exec', roleArn: 'arn:role', expiration: 'later', keys }],
    });
  });

  it('may be those of the task itself', () => {
    expect(decode(frame({ roleType: 'TaskApplication' })).kind).to.equal('credentials');
  });

  const unclear: [string, object][] = [
    ['its own name', { messageId: '' }],
    ['a task', { taskArn: null }],
    ['a kind of role', { roleType: null }],
    ['a known kind of role', { roleType: 'TaskMaster' }],
    ['credentials', { roleCredentials: null }],
    ['an id of the credentials', { roleCredentials: { ...keys } }],
  ];
  for (const [what, more] of unclear)
    it(`are passed over without ${what}`, () => {
      expect(decoded(frame(more))).to.deep.equal({
        message: { kind: 'other', type: 'IAMRoleCredentialsMessage' },
        roles: [],
      });
    });
});

describe('a frame of ACS', () => {
  const frames: [string, unknown, string][] = [
    ['that is no JSON', 'this is not json', 'ACS_MALFORMED_FRAME'],
    ['that is a list', '[]', 'ACS_MALFORMED_FRAME'],
    ['whose type is a number', { type: 7 }, 'ACS_MALFORMED_FRAME'],
    ['of an unknown type', { type: 'NoSuchMessage', message: {} }, 'ACS_UNKNOWN_MESSAGE'],
    ['without a type', { message: {} }, 'ACS_UNKNOWN_MESSAGE'],
    ['of an error without a text', { ServerException: 7 }, 'ACS_UNKNOWN_MESSAGE'],
    [
      'with overrides as an object',
      {
        type: 'PayloadMessage',
        message: { ...head, tasks: [task({ containers: [container({ overrides: {} })] })] },
      },
      'ACS_MALFORMED_FRAME',
    ],
    [
      'with tasks that are no list',
      { type: 'PayloadMessage', message: { ...head, tasks: {} } },
      'ACS_MALFORMED_FRAME',
    ],
    [
      'with an environment of numbers',
      {
        type: 'PayloadMessage',
        message: { ...head, tasks: [task({ containers: [container({ environment: { A: 1 } })] })] },
      },
      'ACS_MALFORMED_FRAME',
    ],
    [
      'with a name that is a number',
      { type: 'PayloadMessage', message: { ...head, tasks: [task({ family: 1 })] } },
      'ACS_MALFORMED_FRAME',
    ],
    [
      'with essential as a text',
      {
        type: 'PayloadMessage',
        message: { ...head, tasks: [task({ containers: [container({ essential: 'yes' })] })] },
      },
      'ACS_MALFORMED_FRAME',
    ],
  ];
  for (const [what, frame, code] of frames)
    it(`${what} is refused as ${code}`, () => expect(errorOf(frame).code).to.equal(code));

  it('of an unknown type is refused by the name of its type', () => {
    const { message } = errorOf({ type: 'NoSuchMessage', message: { a: 'secret' } });
    expect(message).to.equal('A message of ACS was dropped: its type "NoSuchMessage" is not known');
  });

  it('with a member of another type is refused by the place of the member only', () => {
    const containers = [container({ environment: { PASSWORD: ['secret'] } })];
    const { message } = errorOf({
      type: 'PayloadMessage',
      message: { ...head, tasks: [task({ containers })] },
    });
    expect(message).to.equal(
      'A message of ACS was dropped: ' +
        'frame.message.tasks[0].containers[0].environment must be a map of strings',
    );
  });

  it('that is a heartbeat is told with its message id', () => {
    expect(
      decode({ type: 'HeartbeatMessage', message: { messageId: 'h', healthy: true } }),
    ).to.deep.equal({ kind: 'heartbeat', messageId: 'h' });
  });

  it('that is an error in either form is known', () => {
    for (const frame of [
      { InactiveInstanceException: 'gone' },
      { type: 'ErrorMessage', message: {} },
    ])
      expect(decode(frame).kind).to.equal('other');
  });
});
