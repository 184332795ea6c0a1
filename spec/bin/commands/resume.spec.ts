import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { resume } from '../../../bin/commands/resume.ts';
import { taskActorId } from '../../../machines/names/arn.ts';
import { LevelStore } from '../../../persistence/level.ts';
import { task, taskArn } from '../../support/builders.ts';

describe('what an earlier run has saved', () => {
  let folder: string;
  let store: LevelStore;
  let warnings: string[];
  const log = { warn: (message: string) => warnings.push(message) };
  const identity = {
    cluster: 'specs',
    containerInstanceArn: 'arn:ci/1',
    ec2InstanceId: 'i-1',
  };
  const plan = task('one');

  const opened = async () => {
    const { rows } = await store.open();
    return { store, rows, log };
  };

  beforeEach(async () => {
    warnings = [];
    folder = mkdtempSync(join(tmpdir(), 'resume-'));
    store = new LevelStore(folder);
    await store.open();
    await store.write([
      { key: 'agent', body: identity },
      { key: `plan/${taskArn('one')}`, body: plan },
      { key: taskActorId(plan.arn), body: { status: 'active' } },
    ]);
    await store.close();
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('is used on the same instance', async () => {
    const resumed = await resume(await opened(), { cluster: 'specs', ec2InstanceId: 'i-1' });
    expect(resumed).to.have.nested.property('saved.identity').that.deep.equals(identity);
    expect(resumed).to.have.nested.property('saved.plans').that.deep.equals([plan]);
    expect(warnings).to.deep.equal([]);
  });

  it('is dropped for good on another, with a warning', async () => {
    const resumed = await resume(await opened(), { cluster: 'other', ec2InstanceId: 'i-2' });
    expect(resumed).to.have.nested.property('saved.identity', null);
    expect(resumed).to.have.nested.property('saved.plans').that.deep.equals([]);
    expect(warnings.join()).to.match(/EC2 instance i-1, but this is i-2/);
    await store.close();
    expect((await store.open()).rows).to.deep.equal([]);
  });

  it('ends the agent where it is of another cluster, and is left as it is', async () => {
    const resumed = await resume(await opened(), { cluster: 'other', ec2InstanceId: null });
    expect(resumed).to.have.nested.property('exit.code', 5);
    await store.close();
    expect((await store.open()).rows).to.have.length(3);
  });
});
