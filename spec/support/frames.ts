import fc from 'fast-check';
import { taskArn } from './builders.ts';

const arn = (resource: string) => `arn:aws:ecs:us-west-2:123456789012:${resource}`;

/** Whom every frame of these is from and for. */
export const addressed = {
  messageId: 'm-1',
  clusterArn: arn('cluster/specs'),
  containerInstanceArn: arn('container-instance/specs/1'),
};

/** A task as ACS carries it, with much of what it can have, that runs until it is stopped. */
export const wireTask = (id: string, more: object = {}) => ({
  arn: taskArn(id),
  family: 'web',
  version: '7',
  desiredStatus: 'RUNNING',
  networkMode: 'bridge',
  roleCredentials: { credentialsId: `role-${id}`, expiration: '2030-01-01T00:00:00Z' },
  volumes: [{ name: 'data', host: {} }],
  containers: [
    {
      name: 'main',
      image: 'busybox:local',
      essential: true,
      cpu: 0,
      memory: 0,
      command: ['/bin/busybox', 'sh', '-c', 'while :; do /bin/busybox sleep 1; done'],
      environment: { STAGE: 'prod' },
      overrides: '{}',
      portMappings: [],
      mountPoints: [{ sourceVolume: 'data', containerPath: '/data', readOnly: false }],
      dependsOn: [],
      stopTimeout: 5,
      dockerConfig: { config: '{"User":"0"}', hostConfig: '{"CapAdd":[]}', version: '1.24' },
    },
  ],
  ...more,
});

const identifier = { taskArn: taskArn('listed'), desiredStatus: 'RUNNING' };
const eni = {
  ec2Id: 'eni-1',
  macAddress: '02:7b:64:49:b1:40',
  ipv4Addresses: [{ primary: true, privateAddress: '10.0.0.7' }],
  subnetGatewayIpv4Address: '10.0.0.1/24',
};
const interfaces = { ...addressed, waitTimeoutMs: 300_000, elasticNetworkInterfaces: [eni] };
const attachment = {
  attachmentArn: arn('attachment/1'),
  attachmentType: 'amazonebs',
  attachmentProperties: [
    'volumeId',
    'volumeSizeGib',
    'deviceName',
    'sourceVolumeHostPath',
    'volumeName',
  ].map((name) => ({ name, value: name })),
};
const update = { ...addressed, updateInfo: { location: 'https://a/b.tar', signature: 'c0ffee' } };
const role = {
  messageId: 'm-1',
  taskArn: taskArn('listed'),
  roleType: 'TaskApplication',
  roleCredentials: { credentialsId: 'c-1', secretAccessKey: 'secret', expiration: '2030' },
};

/** A valid message of each type of the model. */
export const validFrames: { type: string; message: object }[] = [
  { type: 'PayloadMessage', message: { ...addressed, seqNum: 1, tasks: [wireTask('placed')] } },
  { type: 'HeartbeatMessage', message: { messageId: 'h', healthy: true } },
  { type: 'IAMRoleCredentialsMessage', message: role },
  { type: 'TaskManifestMessage', message: { ...addressed, timeline: 7, tasks: [identifier] } },
  { type: 'TaskStopVerificationAck', message: { messageId: 'm-1', stopTasks: [identifier] } },
  {
    type: 'AttachTaskNetworkInterfacesMessage',
    message: { ...interfaces, taskArn: taskArn('listed') },
  },
  { type: 'AttachInstanceNetworkInterfacesMessage', message: interfaces },
  { type: 'ConfirmAttachmentMessage', message: { ...addressed, attachment } },
  { type: 'StageUpdateMessage', message: update },
  { type: 'PerformUpdateMessage', message: update },
  { type: 'ErrorMessage', message: { message: 'no' } },
  { type: 'InactiveInstanceException', message: { message: 'gone' } },
  { type: 'AckRequest', message: { messageId: 'a' } },
];

const oddKeys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'TYPE', '\u0000'];
const oddNumbers = [-1, 0.5, 2 ** 53 + 2, 2 ** 63, 1e300, -0, 65_536, 1e-7];
const oddTexts = ['', ' ', '\ud800', '\u202e', '💥'.repeat(99), '\n', '../..', '{}', 'null', '{'];

/** Any JSON value, and often one that programs trip over. */
const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, true, [], {}, [null], ...oddNumbers, ...oddTexts),
  fc.constantFrom(...oddKeys).map((key) => JSON.parse(`{${JSON.stringify(key)}:{"a":1}}`)),
);

/** What is changed somewhere in a value: where, by which way, to what. */
const anyChange = fc.record({
  path: fc.array(fc.nat({ max: 30 }), { maxLength: 7 }),
  way: fc.constantFrom('replace' as const, 'remove' as const, 'add' as const),
  key: fc.constantFrom(...oddKeys, 'arn', 'name', 'type', 'desiredStatus', 'messageId'),
  value: anyValue,
});
type Change = typeof anyChange extends fc.Arbitrary<infer Value> ? Value : never;

/** The value with a change at the end of a path, each step of which picks one of what is there. */
function changed(value: unknown, { path, way, key, value: to }: Change): unknown {
  if (typeof value !== 'object' || value === null) return to;
  const [step, ...rest] = path;
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const found = keys[(step ?? 0) % keys.length];
  if (step === undefined || found === undefined) {
    if (way === 'replace') return to;
    // Defined, because an assignment to `__proto__` would be none.
    if (way === 'add')
      Object.defineProperty(copy, key, { value: to, enumerable: true, configurable: true });
    return copy;
  }
  if (way === 'remove' && rest.length === 0) delete copy[found];
  else copy[found] = changed(copy[found], { path: rest, way, key, value: to });
  return copy;
}

const mutated = (valid: unknown) =>
  fc.array(anyChange, { minLength: 1, maxLength: 3 }).map((all) => all.reduce(changed, valid));

/** A task that is wrong in one way or another, and cannot be taken for one of the others. */
export const anyBadTask = (id: string): fc.Arbitrary<unknown> => {
  const arn = taskArn(id);
  return fc.oneof(
    mutated(wireTask(id)).map((task) =>
      typeof task === 'object' && task !== null && 'arn' in task && task.arn !== arn
        ? { ...task, arn: null }
        : task,
    ),
    fc.constantFrom(
      null,
      7,
      {},
      { arn },
      wireTask(id, { containers: [] }),
      wireTask(id, { desiredStatus: 'MAYBE' }),
    ),
  );
};

/** The text of a valid message after an accident: cut, doubled, or with something put in. */
const broken = fc
  .tuple(fc.constantFrom(...validFrames), fc.nat(), fc.constantFrom('', '{', '"', '\\', '\u0000'))
  .map(([frame, at, more]) => {
    const text = JSON.stringify(frame);
    const place = at % text.length;
    return more === '' ? text.slice(0, place) : text.slice(0, place) + more + text.slice(place);
  });

const nested = fc
  .tuple(fc.constantFrom('[', '{"message":', '{"a":['), fc.integer({ min: 1, max: 5_000 }))
  .map(([open, depth]) => open.repeat(depth));
const closedNest = fc
  .integer({ min: 1, max: 5_000 })
  .map((depth) => `{"type":"PayloadMessage","message":${'['.repeat(depth)}${']'.repeat(depth)}}`);
const hugeNumber = fc
  .constantFrom('1e999', '-1e999', '9'.repeat(400), '9223372036854775808', '0.1e-999')
  .map((n) => `{"type":"TaskManifestMessage","message":{"messageId":"m","timeline":${n}}}`);

/** What may come over the wire, valid messages among it. */
export const anyFrame: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...validFrames)
      .chain(mutated)
      .map(stringified),
  },
  { weight: 2, arbitrary: broken },
  { weight: 1, arbitrary: anyValue.map(stringified) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.oneof(nested, closedNest, hugeNumber) },
  { weight: 1, arbitrary: fc.constantFrom(...validFrames).map(stringified) },
);

function stringified(value: unknown): string {
  return JSON.stringify(value) ?? '';
}
