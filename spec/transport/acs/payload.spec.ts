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

  it('without its own or its addressee’s name is not valid', () => {
    for (const name of Object.keys(head))
      expect(
        decode({ type: 'PayloadMessage', message: { ...head, [name]: '', tasks: [task()] } }),
      ).to.deep.equal({
        kind: 'other',
        type: 'PayloadMessage',
        is: 'invalid',
        remark: `it has no ${name}`,
      });
  });

  it('may have a place in the order of messages', () => {
    const seqNumOf = (seqNum?: unknown) => {
      const message = decode({ type: 'PayloadMessage', message: { ...head, seqNum } });
      return message.kind === 'payload' && message.payload.seqNum;
    };
    expect([seqNumOf(17), seqNumOf(0), seqNumOf(), seqNumOf(null)]).to.deep.equal([
      17,
      0,
      null,
      null,
    ]);
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
      { taskArn: task().arn, credentialsId: 'app', roleArn, expiration: '2030', keys },
      { taskArn: task().arn, credentialsId: 'exec', roleArn: '', expiration: 'later', keys },
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

  for (const desiredStatus of ['NONE', 'UNKNOWN', 'MANIFEST_PULLED', 'CREATED', null])
    it(`asks for nothing yet with desired status ${desiredStatus}, and keeps no keys for it`, () => {
      const early = task({ desiredStatus, roleCredentials: { credentialsId: 'app' } });
      const { message, roles } = decoded({
        type: 'PayloadMessage',
        message: { ...head, tasks: [early] },
      });
      expect(roles).to.deep.equal([]);
      expect(message.kind === 'payload' && message.payload).to.deep.equal({
        ...head,
        seqNum: null,
        tasks: [],
        refused: [],
        credentials: [{ credentialsId: 'app', expiration: '' }],
      });
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
    ['an empty desired status', { desiredStatus: '' }, /unknown desired status ""/],
    ['less than no memory', { memory: -1 }, /memory must be at least 0, not -1/],
    ['fewer than no processors', { cpu: -0.5 }, /cpu must be at least 0, not -0.5/],
    [
      'a volume of a type of the language',
      { volumes: [{ name: 'v', type: 'constructor' }] },
      /unrecognized volume type/,
    ],
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

describe('a task that is not of the model', () => {
  const wrong: [string, unknown, string][] = [
    [
      'overrides as an object',
      task({ containers: [container({ overrides: {} })] }),
      'frame.message.tasks[0].containers[0].overrides must be a string',
    ],
    [
      'an environment of numbers',
      task({ containers: [container({ environment: { A: 1 } })] }),
      'frame.message.tasks[0].containers[0].environment must be a map of strings',
    ],
    [
      'a family that is a number',
      task({ family: 1 }),
      'frame.message.tasks[0].family must be a string',
    ],
    [
      'essential as a text',
      task({ containers: [container({ essential: 'yes' })] }),
      'frame.message.tasks[0].containers[0].essential must be true or false',
    ],
    ['an ARN that is a number', task({ arn: 7 }), 'frame.message.tasks[0].arn must be a string'],
  ];
  for (const [what, bad, reason] of wrong)
    it(`for ${what} is refused without a word to ECS, and its sibling is taken`, () => {
      const { tasks, refused } = payloadOf(bad, task({ arn: 'arn:task/sibling' }));
      expect(tasks.map(({ plan }) => plan.arn)).to.deep.equal(['arn:task/sibling']);
      expect(refused).to.deep.equal([{ arn: null, reason }]);
    });

  for (const odd of [7, 'task', [], true])
    it(`but ${JSON.stringify(odd)} is refused, and its sibling is taken`, () => {
      const { tasks, refused } = payloadOf(odd, task());
      expect(tasks).to.have.length(1);
      expect(refused.map(({ arn }) => arn)).to.deep.equal([null]);
    });

  for (const arn of ['arn:task/a b', 'arn:task/\ud800', `arn:task/${'x'.repeat(2_048)}`, '\n'])
    it(`for the ARN ${JSON.stringify(arn).slice(0, 20)} is refused namelessly`, () => {
      expect(payloadOf(task({ arn })).refused.map((each) => each.arn)).to.deep.equal([null]);
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
    ...[1.5, 2 ** 64, '7', 1e300].map((seqNum): [string, unknown, string] => [
      `with the number ${JSON.stringify(seqNum)}`,
      { type: 'PayloadMessage', message: { ...head, seqNum } },
      'ACS_MALFORMED_FRAME',
    ]),
    [
      'with a number beyond all numbers',
      '{"type":"PayloadMessage","message":{"messageId":"m","clusterArn":"c","containerInstanceArn":"i","seqNum":1e999}}',
      'ACS_MALFORMED_FRAME',
    ],
    [
      'with tasks that are no list',
      { type: 'PayloadMessage', message: { ...head, tasks: {} } },
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
    const { message } = errorOf({ type: 'PayloadMessage', message: { ...head, messageId: ['x'] } });
    expect(message).to.equal(
      'A message of ACS was dropped: frame.message.messageId must be a string',
    );
  });

  it('that is a heartbeat is told with its message id', () => {
    expect(
      decode({ type: 'HeartbeatMessage', message: { messageId: 'h', healthy: true } }),
    ).to.deep.equal({ kind: 'heartbeat', messageId: 'h' });
  });

  it('that is an error is read in either form, and told with as much as a line can hold', () => {
    const error = (type: string, remark: string) => ({ kind: 'other', type, is: 'error', remark });
    expect(decode({ InactiveInstanceException: 'gone' })).to.deep.equal(
      error('InactiveInstanceException', 'gone'),
    );
    expect(decode({ type: 'ErrorMessage', message: {} })).to.deep.equal(error('ErrorMessage', ''));
    expect(
      decode({ type: 'ServerException', message: { message: 'x'.repeat(600) } }),
    ).to.deep.equal(error('ServerException', 'x'.repeat(512)));
  });

  const known = [
    'CloseMessage',
    'ErrorMessage',
    'ServerException',
    'BadRequestException',
    'InvalidClusterException',
    'InvalidInstanceException',
    'AccessDeniedException',
    'InactiveInstanceException',
  ];
  for (const type of known)
    it(`of type ${type} is an error`, () =>
      expect(decode({ type, message: { message: 'why' } })).to.include({ is: 'error' }));

  const ours = [
    'HeartbeatAckRequest',
    'AckRequest',
    'NackRequest',
    'IAMRoleCredentialsAckRequest',
    'TaskStopVerificationMessage',
  ];
  for (const type of ours)
    it(`of type ${type} is not for an agent`, () =>
      expect(decode({ type, message: {} })).to.deep.equal({
        kind: 'other',
        type,
        is: 'invalid',
        remark: 'it is one that agents send',
      }));
});
