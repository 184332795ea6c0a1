import { expect } from 'chai';
import { World, type WorldSettings } from '../../bin/world/world.ts';
import type { RoleCredentials } from '../../transport/acs/port.ts';
import { container, task, taskArn, unwanted, wanted } from '../support/builders.ts';
import { addressed, wireTask } from '../support/frames.ts';

const minute = 60_000;

describe('what ACS sends', () => {
  let world: World;
  const begin = async (settings?: WorldSettings) => {
    world = new World(settings);
    await world.start();
  };
  beforeEach(() => begin());

  const say = (type: string, message: object) => world.plane.say(JSON.stringify({ type, message }));
  const kinds = () => world.plane.acknowledgements.map(({ kind }) => kind);
  /** What was warned of, without what came with it. */
  const warnings = () =>
    world.logged.filter((line) => /^(warn|error) /.test(line)).map((line) => line.slice(5));
  const running = async (...ids: string[]) => {
    world.plane.deliver(ids.map((id) => wanted(task(id))));
    for (const id of ids) await world.untilTold(id, 'RUNNING');
    world.plane.acknowledgements.length = 0;
  };

  describe('while the disk does not answer', () => {
    it('a heartbeat is acknowledged at once, and a payload when its tasks are on disk', async () => {
      world.store.hold();
      const messageId = world.plane.deliver([wanted(task('a'))]);
      world.plane.heartbeat('h-1');
      await world.clock.advance(30_000);
      world.plane.heartbeat('h-2');
      expect(world.plane.acknowledgements).to.deep.equal([
        { kind: 'heartbeat', messageId: 'h-1' },
        { kind: 'heartbeat', messageId: 'h-2' },
      ]);
      world.store.release();
      await world.clock.settle();
      expect(world.plane.acknowledgements.at(-1)).to.include({ kind: 'payload', messageId });
    });

    it('a manifest is acknowledged when its place is on disk', async () => {
      await running('a', 'b');
      world.store.hold();
      const messageId = world.plane.manifest([taskArn('a')]);
      await world.clock.advance(1_000);
      expect(kinds()).to.deep.equal([]);
      world.store.release();
      await world.clock.settle();
      expect(kinds()).to.deep.equal(['received', 'stopVerification']);
      expect(world.plane.acknowledgements[0]).to.include({ messageId });
    });
  });

  describe('as a manifest', () => {
    const candidates = () =>
      world.plane.acknowledgements.flatMap((said) =>
        said.kind === 'stopVerification' ? said.stopCandidates : [],
      );

    it('stops a task that it leaves out, once ECS has said so, and no other', async () => {
      await running('a', 'b');
      const messageId = world.plane.manifest([taskArn('a')]);
      await world.clock.advance(minute / 2);
      expect(candidates()).to.deep.equal([
        {
          taskArn: taskArn('b'),
          taskClusterArn: 'arn:aws:ecs:sim:000000000000:cluster/simulated',
          desiredStatus: 'STOPPED',
        },
      ]);
      expect(world.stateOf('task/b')).to.equal('running');
      say('TaskStopVerificationAck', { messageId, stopTasks: [{ taskArn: taskArn('b') }] });
      await world.untilTold('b', 'STOPPED');
      expect(world.stateOf('task/a')).to.equal('running');
    });

    it('asks about tasks that wait for the host, and not of those that stop or have stopped', async () => {
      world.plane.deliver([
        wanted(task('waits', [container('main', { memoryMiB: 3_000 })])),
        wanted(task('waits-too', [container('main', { memoryMiB: 3_000 })])),
        wanted(task('stops')),
        wanted(task('ends', [container('main', { command: ['/bin/busybox', 'true'] })])),
      ]);
      await world.untilTold('ends', 'STOPPED');
      await world.untilTold('stops', 'RUNNING');
      world.plane.deliver([unwanted(task('stops'))]);
      world.plane.manifest([]);
      await world.clock.settle();
      expect(candidates().map((each) => each.taskArn)).to.deep.equal([
        taskArn('waits'),
        taskArn('waits-too'),
      ]);
    });

    it('is dropped without a word when it is older than a payload', async () => {
      await running('a');
      say('PayloadMessage', { ...addressed, seqNum: 50, tasks: [null] });
      world.plane.manifest([], 50);
      await world.clock.settle();
      expect(kinds()).to.deep.equal([]);
      world.plane.manifest([], 51);
      await world.clock.settle();
      expect(kinds()).to.deep.equal(['received', 'stopVerification']);
    });

    it('counts for the tasks of a payload that came just before it', async () => {
      world.plane.deliver([wanted(task('a'))]);
      world.plane.manifest([]);
      await world.clock.settle();
      expect(candidates().map((each) => each.taskArn)).to.deep.equal([taskArn('a')]);
    });

    it('is answered once: a second answer, or one to another manifest, stops nothing', async () => {
      await running('a', 'b');
      const first = world.plane.manifest([]);
      const second = world.plane.manifest([]);
      const verify = (messageId: string, id: string) =>
        say('TaskStopVerificationAck', { messageId, stopTasks: [{ taskArn: taskArn(id) }] });
      verify(first, 'a');
      verify(second, 'strange');
      verify(second, 'b');
      await world.clock.advance(minute / 2);
      expect(['a', 'b'].map((id) => world.stateOf(`task/${id}`))).to.deep.equal([
        'running',
        'running',
      ]);
    });

    it('has its place over a restart, and its question has not', async () => {
      await running('a');
      const messageId = world.plane.manifest([], 7);
      await world.clock.settle();
      await world.kill();
      await world.start();
      world.plane.acknowledgements.length = 0;
      say('TaskStopVerificationAck', { messageId, stopTasks: [{ taskArn: taskArn('a') }] });
      world.plane.manifest([], 7);
      await world.clock.advance(minute / 2);
      expect(kinds()).to.deep.equal([]);
      expect(world.stateOf('task/a')).to.equal('running');
      world.plane.manifest([], 8);
      await world.clock.settle();
      expect(kinds()).to.deep.equal(['received', 'stopVerification']);
    });

    const beginnings: [boolean, number][] = [
      [true, 1],
      [false, 0],
    ];
    for (const [checkpoint, first] of beginnings)
      it(`begins at ${first} with checkpointing ${checkpoint ? 'on' : 'off'}`, async () => {
        await begin({ checkpoint });
        for (const timeline of [first - 1, first]) world.plane.manifest([], timeline);
        await world.clock.settle();
        expect(kinds()).to.deep.equal(['received']);
      });
  });

  describe('as new keys', () => {
    const role: RoleCredentials = {
      credentialsId: 'app',
      roleArn: 'arn:aws:iam::123456789012:role/app',
      expiration: 'whatever ECS writes',
      keys: { accessKeyId: 'AKIA', secretAccessKey: 'key', sessionToken: 'token' },
    };

    it('is acknowledged for a task that is known, with the expiration as it came', async () => {
      world.plane.deliver([wanted(task('a', undefined, { roleCredentialsId: 'app' }))]);
      await world.untilTold('a', 'RUNNING');
      const messageId = world.plane.refresh(role);
      expect(world.plane.acknowledgements.at(-1)).to.deep.equal({
        kind: 'credentials',
        messageId,
        credentialsId: 'app',
        expiration: 'whatever ECS writes',
      });
    });

    it('is not acknowledged for a task that is not known, and complained of once', async () => {
      for (let i = 0; i < 3; i++) world.plane.refresh(role);
      expect(kinds()).to.deep.equal([]);
      expect(warnings()).to.deep.equal([
        'Credentials of a task that is not known were dropped {"task":"arn:aws:ecs:sim:000000000000:task/simulated"}',
      ]);
    });
  });

  describe('as an attachment', () => {
    const interfaces = {
      ...addressed,
      waitTimeoutMs: 300_000,
      elasticNetworkInterfaces: [
        {
          ec2Id: 'eni-1',
          macAddress: '02:7B:64:49:B1:40',
          ipv4Addresses: [{ privateAddress: '10.0.0.7' }],
          subnetGatewayIpv4Address: '10.0.0.1/24',
        },
      ],
    };

    it('is acknowledged each time, and the feature that is missing is named once', () => {
      for (let i = 0; i < 3; i++) {
        say('AttachTaskNetworkInterfacesMessage', { ...interfaces, taskArn: taskArn('a') });
        world.plane.heartbeat('h');
      }
      expect(kinds().filter((kind) => kind === 'received')).to.have.length(3);
      expect(warnings()).to.deep.equal([
        'Nothing is attached: ECS announced a network interface for a task, and this agent has no ' +
          `network mode awsvpc {"id":"02:7b:64:49:b1:40","task":"${taskArn('a')}"}`,
      ]);
    });

    it('that is not valid is not acknowledged, and told why', () => {
      say('AttachInstanceNetworkInterfacesMessage', { ...interfaces, waitTimeoutMs: 0 });
      expect(kinds()).to.deep.equal([]);
      expect(warnings()).to.deep.equal([
        'A message of ACS is not valid: it has no waitTimeoutMs ' +
          '{"type":"AttachInstanceNetworkInterfacesMessage"}',
      ]);
    });

    it('of a kind that asks for nothing is acknowledged without a word', () => {
      const properties = { resourceType: 'ElasticBlockStorage', volumeID: 'v', deviceName: 'd' };
      const attachmentProperties = Object.entries(properties).map(([name, value]) => ({
        name,
        value,
      }));
      const attachment = { attachmentArn: addressed.clusterArn, attachmentProperties };
      say('ConfirmAttachmentMessage', { ...addressed, attachment });
      expect(kinds()).to.deep.equal(['received']);
      expect(warnings()).to.deep.equal([]);
    });
  });

  describe('as an update', () => {
    it('is handed to the updater, whose answer goes to ACS', () => {
      say('StageUpdateMessage', { ...addressed, updateInfo: { signature: 'c0ffee' } });
      say('PerformUpdateMessage', { ...addressed, updateInfo: {} });
      const nack = { kind: 'nack', ...addressed };
      expect(world.plane.acknowledgements).to.deep.equal([
        { ...nack, reason: 'Invalid update: no location given' },
        { ...nack, reason: 'Cannot perform update; update not downloaded' },
      ]);
    });
  });

  describe('that makes no sense', () => {
    it('does not keep a connection alive on which nothing else is heard', async () => {
      for (let i = 0; i < 12; i++) {
        world.plane.say('this is not json');
        world.plane.say('{"type":"NoSuchMessage","message":{}}');
        await world.clock.advance(minute / 6);
      }
      expect(world.plane.connections).to.equal(2);
    });

    it('is complained of once a minute, and the session goes on', async () => {
      for (let i = 0; i < 100; i++) world.plane.say('this is not json');
      expect(warnings()).to.deep.equal([
        'A message of ACS was dropped: frame is not a JSON object {"code":"ACS_MALFORMED_FRAME"}',
      ]);
      await world.clock.advance(minute / 2);
      world.plane.heartbeat('h');
      await world.clock.advance(minute / 2);
      world.plane.say('nor is this');
      expect(warnings().slice(1)).to.deep.equal([
        'Warnings about messages were left out {"count":99}',
        warnings()[0],
      ]);
      expect(world.plane.connections).to.equal(1);
    });

    it('cannot fill the log by being different each time', () => {
      for (let i = 0; i < 1_000; i++) world.plane.say(`{"type":"NoSuch${i}"}`);
      expect(warnings()).to.have.length(50);
    });
  });

  it('is, as an error, told once a kind and connection, and keeps the connection alive', async () => {
    const ill = () => {
      say('CloseMessage', { message: 'maintenance' });
      world.plane.say('{"ServerException":"ill"}');
    };
    for (let i = 0; i < 12; i++) {
      ill();
      await world.clock.advance(minute / 6);
    }
    const lines = [
      'ACS tells of an error {"type":"CloseMessage","message":"maintenance"}',
      'ACS tells of an error {"type":"ServerException","message":"ill"}',
    ];
    expect(warnings()).to.deep.equal(lines);
    expect(world.plane.connections).to.equal(1);
    world.plane.drop({ clean: true });
    await world.clock.until(() => world.plane.connections === 2);
    ill();
    expect(warnings()).to.deep.equal([...lines, ...lines]);
  });

  it('as bad tasks is told to ECS once, however often it comes, and good ones run', async () => {
    const tasks = [wireTask('good'), wireTask('bad', { containers: [] }), null];
    for (let i = 0; i < 3; i++) {
      say('PayloadMessage', { ...addressed, seqNum: 1, tasks });
      await world.clock.advance(10_000);
    }
    expect(kinds()).to.deep.equal([]);
    expect(world.told('good').at(-1)).to.equal('RUNNING: main RUNNING');
    expect(world.told('bad')).to.deep.equal([
      'STOPPED (UnrecogniedTaskError: Error loading task - the task has no containers)',
    ]);
    expect(warnings()).to.deep.equal([
      'A task of ECS was not taken ' +
        `{"task":"${taskArn('bad')}","reason":"UnrecogniedTaskError: Error loading task - the task has no containers"}`,
      'A task of ECS was not taken ' +
        '{"task":null,"reason":"UnrecogniedTaskError: Error loading task - the task is null"}',
    ]);
  });

  it('as two tasks of one id runs as one', async () => {
    const twin = wireTask('a', { arn: `${taskArn('other')}/a` });
    say('PayloadMessage', { ...addressed, tasks: [wireTask('a'), twin] });
    await world.untilTold('a', 'RUNNING');
    expect(kinds()).to.deep.equal(['payload', 'credentials', 'credentials']);
    expect(world.happened()).to.deep.equal(['create main', 'start main']);
  });

  it('begins with the credentials of running tasks until a connection has been opened', async () => {
    world.plane.drop({ clean: true });
    await world.clock.until(() => world.plane.connections === 2);
    await world.kill();
    await world.begin();
    await world.clock.until(() => world.plane.addresses.length === 3);
    world.plane.drop({ clean: false });
    await world.clock.until(() => world.plane.addresses.length === 4);
    await world.clock.advance(10);
    world.plane.drop({ clean: false });
    await world.clock.until(() => world.plane.addresses.length === 5);
    expect(world.plane.addresses.map(({ sendCredentials }) => sendCredentials)).to.deep.equal([
      true,
      false,
      // A new process: the first connection of it is refused.
      true,
      true,
      false,
    ]);
  });

  it('is that the instance is not active: its tasks go on, and it asks again in an hour', async () => {
    await running('a');
    world.plane.drop({ clean: false });
    await world.clock.until(() => world.plane.addresses.length === 2);
    world.plane.drop({ clean: false, inactiveInstance: true });
    await world.clock.advance(59 * minute);
    expect(world.plane.addresses).to.have.length(2);
    expect(world.stateOf('task/a')).to.equal('running');
    expect(world.stateOf('session')).to.equal('dormant');
    await world.clock.advance(2 * minute);
    expect(world.plane.addresses).to.have.length(3);
    expect(world.exit).to.equal(undefined);
  });
});
