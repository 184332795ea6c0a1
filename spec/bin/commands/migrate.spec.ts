import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sortRows } from '../../../actors/restore.ts';
import { migrate } from '../../../bin/commands/migrate.ts';
import { LevelStore } from '../../../persistence/level.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import {
  savedBuckets,
  savedContainer,
  savedDatabase,
  savedInstance,
} from '../../support/amazon-state.ts';
import { boltFile } from '../../support/bolt.ts';
import { taskArn } from '../../support/builders.ts';
import { skipBecause } from '../../support/needs.ts';

const golden = readFileSync(new URL('../../golden/amazon-agent/agent.db', import.meta.url));

describe('ecs-agent migrate', () => {
  let folder: string;
  let from: string;
  let data: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'migrate-'));
    from = join(folder, 'amazon');
    data = join(folder, 'data');
    mkdirSync(from);
    writeFileSync(join(from, 'agent.db'), golden);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(
    words: string[] = ['--from', from],
    environment: Record<string, string> = {},
  ): Promise<string> {
    let said = '';
    const write = (text: string) => {
      said += text;
    };
    const all = { ECS_CLUSTER: 'lab-refstate', ECS_DATADIR: data, ...environment };
    expect(await migrate(words, all, { clock: realClock(), random: realRandom, write })).to.equal(
      0,
    );
    return said;
  }

  const codeOf = (running: Promise<unknown>): Promise<unknown> =>
    running.then(
      () => 'done',
      (error: { code?: unknown }) => error.code,
    );

  async function saved() {
    const store = new LevelStore(data);
    const { rows, damage } = await store.open();
    await store.close();
    expect(damage).to.equal(null);
    return sortRows(rows);
  }

  it('writes all that the agent needs to go on as that container instance', async () => {
    expect(await run()).to.match(/All of this was taken over: start the agent\.\n$/);
    const { identity, plans, images, snapshots } = await saved();
    expect(identity).to.include({
      cluster: 'lab-refstate',
      containerInstanceArn:
        'arn:aws:ecs:us-west-2:123456789012:container-instance/lab-refstate/6be85c6f5ae74a7689a23fcaffe7933a',
    });
    expect(plans.map(({ family }) => family)).to.deep.equal(['batch', 'disk', 'web']);
    expect(images).to.have.length(1);
    expect([...snapshots.keys()].sort()).to.deep.equal([
      ...['container/batch/job', 'container/disk/db', 'container/web/log', 'container/web/nginx'],
      ...['outbox/disk', 'outbox/web'],
      ...['resource/batch/cgroup/cgroup', 'resource/disk/cgroup/cgroup'],
      ...['resource/disk/volume/data', 'resource/web/cgroup/cgroup'],
      ...['task/batch', 'task/disk', 'task/web'],
    ]);
  });

  it('never changes what it reads', async () => {
    await run();
    expect(readFileSync(join(from, 'agent.db')).equals(golden)).to.equal(true);
    expect(readdirSync(from)).to.deep.equal(['agent.db']);
  });

  it('tells what it would do, and writes nothing', async () => {
    const said = await run(['--from', from, '--dry-run']);
    expect(said.split('\n').slice(2, 6)).to.deep.equal([
      'Task arn:aws:ecs:us-west-2:123456789012:task/lab-refstate/batch (batch:1) has ended; its ' +
        'remains are kept for a while, then removed',
      '  container job (7f48e7817e3a) was STOPPED with 7',
      '  ECS knows it as STOPPED; there is no more to tell',
      'Task arn:aws:ecs:us-west-2:123456789012:task/lab-refstate/disk (disk:1) is watched and ' +
        'goes on as it is',
    ]);
    expect(said).to.match(/Nothing was written\.\n$/);
    expect(readdirSync(folder)).to.deep.equal(['amazon']);
  });

  it('tells the same as JSON', async () => {
    const told = JSON.parse(await run(['--from', from, '--dry-run', '--json']));
    expect(told).to.include({ agentVersion: '1.105.1', written: false, images: 1 });
    expect(told.tasks[0]).to.deep.include({
      family: 'batch',
      course: 'stopped',
      knownToEcs: 'STOPPED',
      tells: null,
      lacks: [],
    });
  });

  it('shows nothing of what containers are given', async () => {
    const tasks = [{ arn: taskArn('a'), containers: [savedContainer('main', 'id-1')] }];
    writeFileSync(join(from, 'agent.db'), savedDatabase('lab-refstate', tasks));
    for (const words of [[], ['--json']])
      expect(await run(['--from', from, '--dry-run', ...words])).not.to.contain('not to be shown');
    await run();
    const [plan] = (await saved()).plans;
    expect(plan?.containers[0]?.environment).to.include({ TOKEN: 'not to be shown' });
  });

  it('finds the state in the data directory itself', async () => {
    mkdirSync(data);
    writeFileSync(join(data, 'agent.db'), golden);
    await run([]);
    expect((await saved()).plans).to.have.length(3);
  });

  it('reads the old state file where the database was never written', async () => {
    writeFileSync(join(from, 'agent.db'), boltFile({ metadata: {} }));
    const old = { Cluster: 'lab-refstate', ContainerInstanceArn: 'arn:old', TaskEngine: {} };
    writeFileSync(join(from, 'ecs_agent_data.json'), JSON.stringify({ Version: 5, Data: old }));
    await run();
    expect((await saved()).identity?.containerInstanceArn).to.equal('arn:old');
  });

  const refused: [string, () => { words?: string[]; more?: Record<string, string> }, string][] = [
    ['of another cluster', () => ({ more: { ECS_CLUSTER: 'other' } }), 'MIGRATE_CLUSTER'],
    ['that is not there', () => ({ words: ['--from', join(folder, 'no')] }), 'MIGRATE_NOTHING'],
    ['in an empty folder', () => ({ words: ['--from', folder] }), 'MIGRATE_NOTHING'],
    [
      'of an agent that never registered',
      () => {
        const content = savedBuckets('lab-refstate', []);
        const metadata = { ...content.metadata, 'container-instance-arn': '""' };
        writeFileSync(join(from, 'agent.db'), boltFile({ ...content, metadata }));
        return {};
      },
      'MIGRATE_NOTHING',
    ],
    [
      'that is damaged',
      () => {
        writeFileSync(join(from, 'agent.db'), golden.subarray(0, 20_000));
        return {};
      },
      'BOLT_DAMAGED',
    ],
    [
      'which the agent would not read',
      () => ({ more: { ECS_CHECKPOINT: 'false' } }),
      'MIGRATE_NOT_KEPT',
    ],
    ['with a word that it does not know', () => ({ words: ['--now'] }), 'USAGE'],
  ];
  for (const [what, prepare, code] of refused)
    it(`refuses state ${what}`, async () => {
      const { words, more } = prepare();
      expect(await codeOf(run(words, more))).to.equal(code);
      expect(readdirSync(folder)).to.deep.equal(['amazon']);
    });

  it('refuses state that is in use', async function () {
    const path = join(from, 'agent.db');
    const holder = spawn('flock', [path, 'sh', '-c', 'echo held; exec sleep 60']);
    try {
      const [first] = await Promise.race([
        once(holder.stdout, 'data'),
        once(holder, 'error').then(() => [null]),
      ]);
      if (first === null) skipBecause(this, 'there is no flock');
      expect(await codeOf(run(['--from', from, '--force']))).to.equal('MIGRATE_IN_USE');
    } finally {
      holder.kill('SIGKILL');
    }
  });

  describe('where the agent has state of its own', () => {
    beforeEach(async () => {
      const store = new LevelStore(data);
      await store.open();
      await store.write([{ key: 'agent', body: { cluster: 'lab-refstate', mine: true } }]);
      await store.close();
    });

    it('refuses', async () => {
      expect(await codeOf(run())).to.equal('MIGRATE_STORE_IN_USE');
      expect((await saved()).identity).to.include({ mine: true });
      expect(await run(['--from', from, '--dry-run'])).to.contain(
        'It would be refused: This agent',
      );
    });

    it('sets that aside with --force, and loses nothing of it', async () => {
      const said = await run(['--from', from, '--force']);
      const [, name = ''] = /was set aside as (\S+)/.exec(said) ?? [];
      expect((await saved()).plans).to.have.length(3);
      const suffix = name.replace('agent.level', '');
      for (const part of ['agent.level', 'agent.identity', 'agent.generation'])
        expect(readdirSync(data)).to.include(`${part}${suffix}`);
    });

    it('refuses even with --force while that agent runs', async () => {
      const store = new LevelStore(data);
      await store.open();
      expect(await codeOf(run(['--from', from, '--force']))).to.equal('STORE_LOCKED');
      await store.close();
      expect((await saved()).identity).to.include({ mine: true });
    });
  });

  it('leaves behind what it does not understand only where that is wanted', async () => {
    const tasks = [{ arn: taskArn('a'), containers: [savedContainer('main', 'id-1')] }];
    const content = savedBuckets('lab-refstate', tasks);
    const broken = { ...content, tasks: { ...content.tasks, b: 'no JSON' } };
    writeFileSync(join(from, 'agent.db'), boltFile(broken));
    expect(await codeOf(run())).to.equal('MIGRATE_INCOMPLETE');
    expect(await run(['--from', from, '--dry-run'])).to.contain('Cannot be taken over: tasks/b');
    await run(['--from', from, '--force']);
    const { plans, identity } = await saved();
    expect(plans).to.have.length(1);
    expect(identity?.containerInstanceArn).to.equal(savedInstance('lab-refstate'));
  });

  it('tells how it is used', async () => {
    expect(await run(['--help'])).to.match(/^Usage: ecs-agent migrate/);
  });
});
