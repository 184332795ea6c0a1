import { expect } from 'chai';
import type { InboundMessage } from '../../../machines/session/model.ts';
import type { AcsListener, TaskRole } from '../../../transport/acs/port.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { SimPlane } from '../../../transport/sim/plane.ts';
import { task, wanted } from '../../support/builders.ts';

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
    const listener: AcsListener = {
      opened: () => {},
      message: (message, roles) => heard.push({ message, roles }),
      malformed: () => {},
      closed: () => {},
    };
    plane.acs.connect({} as Parameters<typeof plane.acs.connect>[0], listener);
    await clock.advance(10);
    return { plane, heard };
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
