import { expect } from 'chai';
import type { InboundMessage } from '../../../machines/session/model.ts';
import type { AcsListener, TaskRole } from '../../../transport/acs/port.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { SimPlane } from '../../../transport/sim/plane.ts';
import { task, wanted } from '../../support/builders.ts';
import { report } from '../../support/chart-contexts.ts';

describe('the simulated control plane', () => {
  const plan = task('a', [], { roleCredentialsId: 'app' });
  const role: TaskRole = {
    taskArn: plan.arn,
    credentialsId: 'app',
    roleArn: 'arn:aws:iam::123456789012:role/app',
    expiration: '2030-01-01T00:00:00Z',
    keys: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
  };
  const receipt = { credentialsId: 'app', expiration: role.expiration };
  const connected = async () => {
    const clock = new SimClock();
    const plane = new SimPlane(clock);
    const heard: { message: InboundMessage; roles: TaskRole[] }[] = [];
    const ends: object[] = [];
    const listener: AcsListener = {
      opened: () => {},
      message: (message, roles) => heard.push({ message, roles }),
      malformed: () => {},
      closed: (end) => ends.push(end),
    };
    const connect = () =>
      plane.acs.connect({} as Parameters<typeof plane.acs.connect>[0], { ...listener });
    const line = connect();
    await clock.advance(10);
    return { clock, plane, heard, ends, connect, line };
  };

  it('sends the keys of roles beside the payload, and only their receipts in it', async () => {
    const { plane, heard } = await connected();
    const messageId = plane.deliver(
      [wanted(plan)],
      [],
      [role, { ...receipt, credentialsId: 'bare' }],
    );
    const [{ message, roles } = { message: undefined, roles: undefined }] = heard;
    expect(message).to.have.nested.property('payload.messageId', messageId);
    expect(message)
      .to.have.nested.property('payload.credentials')
      .that.deep.equals([receipt, { ...receipt, credentialsId: 'bare' }]);
    expect(JSON.stringify(message)).not.to.include('secret');
    expect(roles).to.deep.equal([role]);
  });

  const unheard = report('RUNNING', { reason: 'unheard' });

  it('answers a call that hangs not before its deadline, and does nothing of it', async () => {
    const { plane, clock } = await connected();
    plane.api.plan('submit', [{ is: 'hang' }]);
    const told = plane.ecs.submitTaskStateChange('specs', unheard).catch((error) => error);
    await clock.advance(41_999);
    expect(plane.api.mostAtOnce.submit).to.equal(1);
    await clock.advance(1);
    expect(await told).to.include({ code: 'ECS_UNREACHABLE', type: 'TimeoutError' });
    expect(plane.reports).to.deep.equal([]);
  });

  it('takes what it is told even where its reply is lost', async () => {
    const { plane, clock } = await connected();
    plane.api.plan('submit', [{ is: 'lost reply' }]);
    const told = plane.ecs.submitTaskStateChange('specs', unheard).catch((error) => error);
    await clock.advance(10);
    expect(await told).to.include({ code: 'ECS_UNREACHABLE', type: 'ECONNRESET' });
    expect([...plane.unheard]).to.deep.equal(plane.reports);
    expect(plane.reports).to.deep.equal([unheard]);
  });

  it('refuses connections, and says how', async () => {
    const { plane, clock, ends, connect } = await connected();
    plane.refusal = { clean: false, reason: '1006 status 503' };
    connect();
    await clock.advance(10);
    expect(ends).to.deep.equal([
      { clean: false, inactiveInstance: false, reason: '1006 status 503' },
    ]);
    expect(plane.connections).to.equal(1);
  });

  it('falls silent in both directions until the agent connects anew', async () => {
    const { plane, clock, heard, connect, line } = await connected();
    plane.silence();
    plane.heartbeat('1');
    line.send({ kind: 'heartbeat', messageId: '1' });
    expect([heard, plane.acknowledgements]).to.deep.equal([[], []]);
    connect();
    expect(plane.redeliver('m2', [])).to.equal(false);
    await clock.advance(10);
    expect(plane.redeliver('m2', [])).to.equal(true);
    expect(heard).to.have.length(1);
  });

  it('tells its own chart what it notices of the agent', async () => {
    const { plane, clock, line, connect } = await connected();
    const events: string[] = [];
    plane.follow(({ type }) => events.push(type));
    line.send({ kind: 'heartbeat', messageId: '1' });
    line.send({ kind: 'payload', messageId: '2', clusterArn: '', containerInstanceArn: '' });
    plane.drop({ clean: true });
    connect();
    void plane.ecs.submitTaskStateChange('specs', unheard);
    await clock.advance(10);
    expect(events).to.deep.equal([
      'payload.acknowledged',
      'agent.disconnected',
      'agent.connected',
      'task.reported',
    ]);
  });

  it('sends new keys for a role of a task that it has placed', async () => {
    const { plane, heard } = await connected();
    plane.deliver([wanted(plan)]);
    heard.length = 0;
    const messageId = plane.refresh(role);
    expect(heard).to.deep.equal([
      { message: { kind: 'credentials', messageId, taskArn: plan.arn, receipt }, roles: [role] },
    ]);
  });
});
