import { expect } from 'chai';
import type { InboundMessage, Payload } from '../../../machines/session/model.ts';
import { decodeFrame } from '../../../transport/acs/codec.ts';
import { AcsError } from '../../../transport/acs/port.ts';

const random = { roll: () => 0.25, uuid: () => 'f3d7b2c4-1e0a-4c3b-8f44-9a2e5d6c7b80' };

const head = { messageId: 'm-1', clusterArn: 'arn:cluster', containerInstanceArn: 'arn:instance' };
const task = (more: object = {}) => ({
  arn: 'arn:aws:ecs:us-west-2:123456789012:task/specs/1',
  family: 'web',
  version: '7',
  desiredStatus: 'RUNNING',
  containers: [container()],
  ...more,
});
const container = (more: object = {}) => ({ name: 'main', image: 'busybox:local', ...more });

const decode = (frame: unknown): InboundMessage =>
  decodeFrame(typeof frame === 'string' ? frame : JSON.stringify(frame), random);
const payloadOf = (...tasks: unknown[]): Payload => {
  const message = decode({ type: 'PayloadMessage', message: { ...head, tasks } });
  if (message.kind !== 'payload') throw new Error(`a ${message.kind}, not a payload`);
  return message.payload;
};
const planOf = (more: object) => {
  const [arrival] = payloadOf(task(more)).tasks;
  if (!arrival) throw new Error('the task was refused');
  return arrival.plan;
};
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
      roleCredentialsId: null,
      unsupported: [],
      containers: [
        {
          name: 'main',
          image: 'busybox:local',
          essential: true,
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
          stopTimeoutS: 7,
          dockerConfig: '{"User":"0"}',
          dockerHostConfig: '{"Init":true}',
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
    const payload = payloadOf(
      task({
        roleCredentials: { credentialsId: 'app', expiration: '2030-01-01T00:00:00Z', ...keys },
        executionRoleCredentials: { credentialsId: 'exec', expiration: 'later', ...keys },
      }),
    );
    expect(payload.credentials).to.deep.equal([
      { credentialsId: 'app', expiration: '2030-01-01T00:00:00Z' },
      { credentialsId: 'exec', expiration: 'later' },
    ]);
    expect(payload.tasks[0]?.plan.roleCredentialsId).to.equal('app');
    expect(JSON.stringify(payload)).not.to.match(/top-secret|ASIA|"token"/);
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

  it('takes the command of a container’s overrides in place of its own', () => {
    const commandOf = (overrides: string | null) =>
      planOf({ containers: [container({ command: ['a'], overrides })] }).containers[0]?.command;
    expect(commandOf('{"command":["b","c"]}')).to.deep.equal(['b', 'c']);
    for (const none of ['{}', 'null', '{"command":null}', null])
      expect(commandOf(none)).to.deep.equal(['a']);
  });
});

describe('a task that cannot be understood', () => {
  const bad: [string, object, RegExp][] = [
    ['an unknown desired status', { desiredStatus: 'MAYBE' }, /unknown desired status "MAYBE"/],
    ['no containers', { containers: [] }, /no containers/],
    ['a null container', { containers: [null] }, /container is null/],
    ['a container without a name', { containers: [{ image: 'i' }] }, /no name/],
    ['two containers of one name', { containers: [container(), container()] }, /same name/],
    ['a negative cpu', { containers: [container({ cpu: -1 })] }, /cpu must be/],
    ['half a MiB', { containers: [container({ memory: 0.5 })] }, /memory must be/],
    [
      'a port beyond 65535',
      { containers: [container({ portMappings: [{ containerPort: 70_000 }] })] },
      /port number/,
    ],
    [
      'a protocol in capitals',
      { containers: [container({ portMappings: [{ protocol: 'TCP' }] })] },
      /"tcp" or "udp"; Got "TCP"/,
    ],
    [
      'a null port mapping',
      { containers: [container({ portMappings: [null] })] },
      /mapping is null/,
    ],
    [
      'a range backwards',
      { containers: [container({ portMappings: [{ containerPortRange: '9-8' }] })] },
      /lower first/,
    ],
    [
      'a range of words',
      { containers: [container({ portMappings: [{ containerPortRange: 'a-b' }] })] },
      /port number/,
    ],
    [
      'overrides with another key',
      { containers: [container({ overrides: '{"cpu":1}' })] },
      /Unrecognized key: cpu/,
    ],
    ['empty overrides', { containers: [container({ overrides: '' })] }, /not JSON/],
    [
      'overrides that are a text',
      { containers: [container({ overrides: '"{}"' })] },
      /not an object/,
    ],
    [
      'overrides with a command of numbers',
      { containers: [container({ overrides: '{"command":[1]}' })] },
      /list of strings/,
    ],
    [
      'role credentials without an id',
      { roleCredentials: { expiration: 'x' } },
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

describe('a task that needs what this agent does not have', () => {
  const needs: [string, object][] = [
    ['network mode awsvpc', { networkMode: 'awsvpc' }],
    ['pidMode or ipcMode', { pidMode: 'host' }],
    ['pidMode or ipcMode', { ipcMode: 'task' }],
    ['attachments', { attachments: [{}] }],
    ['elastic network interfaces', { elasticNetworkInterfaces: [{}] }],
    ['GPUs or other associations', { associations: [{}] }],
    ['an App Mesh proxy', { proxyConfiguration: {} }],
    ['container dependencies (dependsOn)', { containers: [container({ dependsOn: [{}] })] }],
    ['links', { containers: [container({ links: ['db'] })] }],
    ['volumesFrom', { containers: [container({ volumesFrom: [{}] })] }],
    ['mount points', { containers: [container({ mountPoints: [{}] })] }],
    ['secrets', { containers: [container({ secrets: [{}] })] }],
    ['environment files', { containers: [container({ environmentFiles: [{}] })] }],
    ['credential specs', { containers: [container({ credentialSpecs: ['x'] })] }],
    ['managed agents (ECS Exec)', { containers: [container({ managedAgents: [{}] })] }],
    ['FireLens', { containers: [container({ firelensConfiguration: {} })] }],
    [
      'private registry authentication',
      { containers: [container({ registryAuthentication: {} })] },
    ],
    ['restart policies', { containers: [container({ restartPolicy: { enabled: true } })] }],
  ];
  for (const [feature, more] of needs)
    it(`names ${feature} (${Object.keys(more)[0]})`, () => {
      expect(planOf(more).unsupported).to.deep.equal([feature]);
    });

  it('does not need what it only mentions', () => {
    const plan = planOf({
      volumes: [{ name: 'unused' }],
      attachments: [],
      containers: [container({ links: [], secrets: null, restartPolicy: { enabled: false } })],
    });
    expect(plan.unsupported).to.deep.equal([]);
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
