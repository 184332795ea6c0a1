import { expect } from 'chai';
import { createActor, fromTransition } from 'xstate';
import { Incoming } from '../../actors/incoming.ts';
import { Journal } from '../../actors/journal.ts';
import { Plans } from '../../actors/plans.ts';
import { Vault } from '../../actors/vault.ts';
import { FaultyStore } from '../../persistence/faulty.ts';
import type { TaskRole } from '../../transport/acs/port.ts';
import { SimClock } from '../../transport/sim/clock.ts';
import { simRandom } from '../../transport/sim/random.ts';
import { task, taskArn } from '../support/builders.ts';

const role = (credentialsId: string, id = 'a'): TaskRole => ({
  taskArn: taskArn(id),
  credentialsId,
  roleArn: 'arn:role',
  expiration: '2030',
  keys: { accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'TOKEN' },
});

describe('the keys of roles', () => {
  it('are found by their id, the latest of them', () => {
    const vault = new Vault();
    vault.keep(role('app'));
    vault.keep({ ...role('app'), expiration: '2031' });
    expect(vault.of('app')?.expiration).to.equal('2031');
  });

  it('all go with their task, whatever ids they came under, and no others', () => {
    const vault = new Vault();
    for (const each of [role('app'), role('new'), role('other', 'b')]) vault.keep(each);
    vault.forget(taskArn('a'));
    const left = ['app', 'new', 'other'].filter((id) => vault.of(id));
    expect(left).to.deep.equal(['other']);
  });

  it('are kept as they arrive for a task that is known, and not for another', () => {
    const clock = new SimClock();
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    const vault = new Vault();
    const plans = new Plans();
    plans.add(task('a'));
    const journal = new Journal(new FaultyStore(), clock, () => expect.fail('nothing is written'));
    const random = simRandom(1);
    const incoming = new Incoming({ clock, random, plans, vault, journal, log: silent });
    const { system } = createActor(fromTransition((state) => state, null));
    const hear = incoming.of(system);
    for (const each of [role('known'), role('strange', 'b')]) {
      const { credentialsId, expiration } = each;
      const receipt = { credentialsId, expiration };
      hear({ kind: 'credentials', messageId: 'm', taskArn: each.taskArn, receipt }, [each]);
    }
    expect(vault.of('known')).not.to.equal(undefined);
    expect(vault.of('strange')).to.equal(undefined);
  });
});
