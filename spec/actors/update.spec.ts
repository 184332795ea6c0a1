import { expect } from 'chai';
import { explain } from '../../actors/explain.ts';
import { World } from '../../bin/world/world.ts';
import type { UpdateRequest } from '../../machines/update/model.ts';
import { downloadMs } from '../../transport/update/download.ts';
import { UpdateError } from '../../transport/update/port.ts';
import { task, wanted } from '../support/builders.ts';

const instance = 'arn:aws:ecs:sim:000000000000:container-instance/simulated';
const where = { clusterArn: 'arn:aws:ecs:sim:000000000000:cluster/simulated' };
const order = (messageId: string, signature = 'abc'): UpdateRequest => ({
  ...{ messageId, ...where, containerInstanceArn: instance },
  update: { location: `https://s3.test/${signature}`, signature },
});

describe('an update of the agent', () => {
  let world: World;
  /** Ends the downloads that are under way, in the order they began. */
  let downloads: { signature: string; end(error?: Error): void; isGivenUp: boolean }[];

  beforeEach(async () => {
    downloads = [];
    world = new World({
      download: ({ signature }, signal) =>
        new Promise((resolve, reject) => {
          const download = {
            signature,
            isGivenUp: false,
            end: (error?: Error) => (error ? reject(error) : resolve({ path: '/updates/a.tar' })),
          };
          signal.addEventListener('abort', () => {
            download.isGivenUp = true;
          });
          downloads.push(download);
        }),
    });
    await world.start();
  });

  const tell = (type: 'update.stage' | 'update.perform', request: UpdateRequest) => {
    const kind = type === 'update.stage' ? 'stageUpdate' : 'performUpdate';
    world.plane.tell({ kind, request });
  };
  /** What ECS was answered: `<kind> <message> <reason>`. */
  const answers = () =>
    world.plane.acknowledgements.map((answer) =>
      `${answer.kind} ${answer.messageId} ${'reason' in answer ? answer.reason : ''}`.trim(),
    );
  const downloaded = async () => {
    downloads.at(-1)?.end();
    await world.clock.settle();
  };

  it('is downloaded, and then started: the agent ends with 42 once ECS has heard and all is saved', async () => {
    world.plane.deliver([wanted(task('a'))]);
    tell('update.stage', order('m1'));
    await downloaded();
    tell('update.perform', order('m2'));
    await world.clock.settle();
    expect(answers()).to.deep.equal(['received m1', 'payload message-1', 'received m2']);
    expect(world.exit).to.deep.equal({ code: 42, reason: '' });
    const { rows } = await world.store.crash().open();
    expect(rows.map(({ key }) => key.split('/')[0])).to.include.members(['agent', 'plan', 'task']);
  });

  it('is answered by way of the session that is there when the download ends', async () => {
    tell('update.stage', order('m1'));
    world.plane.drop({ clean: false });
    await world.clock.advance(1_000);
    expect(world.plane.connections).to.equal(2);
    await downloaded();
    expect(answers()).to.deep.equal(['received m1']);
  });

  it('is accepted at once where ECS repeats the order, as the answer was lost', async () => {
    tell('update.stage', order('m1'));
    world.plane.drop({ clean: true });
    await downloaded();
    await world.clock.advance(1_000);
    expect(answers()).to.deep.equal([]);
    tell('update.stage', order('m1'));
    expect(answers()).to.deep.equal(['received m1']);
    expect(downloads).to.have.length(1);
  });

  it('does not keep tasks and heartbeats waiting while it is downloaded', async () => {
    tell('update.stage', order('m1'));
    world.plane.heartbeat('h1');
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'RUNNING');
    expect(answers()).to.include('heartbeat h1');
    expect(answers()).not.to.include('received m1');
  });

  it('is explained while it is downloaded, and not before or after', async () => {
    const { system, plans } = world.agent ?? expect.fail('the agent does not run');
    const explained = () =>
      explain({ system, plans, limits: { download: downloadMs } }, null).filter(
        ({ subject }) => subject === 'the update of the agent',
      );
    expect(explained()).to.deep.equal([]);
    tell('update.stage', order('m1'));
    const [told] = explained();
    expect(told?.sentence).to.match(/waits for the new version of the agent to be here/);
    expect(told?.until).to.equal(world.clock.now() + 15 * 60_000);
    await downloaded();
    expect(explained()).to.deep.equal([]);
  });

  it('is told to have failed, with the reason', async () => {
    tell('update.stage', order('m1'));
    downloads[0]?.end(new UpdateError('UPDATE_HASH', 'Hashsum validation failed'));
    await world.clock.settle();
    expect(answers()).to.deep.equal(['nack m1 Unable to download: Hashsum validation failed']);
    expect(world.logged).to.include(
      'warn The new version could not be downloaded: Hashsum validation failed',
    );
  });

  it('gives way to another one', async () => {
    tell('update.stage', order('m1'));
    tell('update.stage', order('m2', 'def'));
    expect(answers()).to.deep.equal(['nack m1 New update arrived: m2']);
    expect(downloads.map(({ signature, isGivenUp }) => `${signature} ${isGivenUp}`)).to.deep.equal([
      'abc true',
      'def false',
    ]);
    downloads[0]?.end();
    await world.clock.settle();
    expect(answers()).to.have.length(1);
    await downloaded();
    expect(answers().at(-1)).to.equal('received m2');
  });

  it('harms nothing else by a fault of the updater’s own', async () => {
    tell('update.stage', undefined as unknown as UpdateRequest);
    await world.clock.settle();
    expect(world.exit).to.equal(undefined);
    expect(
      world.logged.filter((line) => line.startsWith('error Actor update failed')),
    ).to.have.length(1);
    tell('update.stage', order('m1'));
    await downloaded();
    expect(answers()).to.deep.equal(['received m1']);
  });

  it('ends the agent after three seconds where ECS cannot be told', async () => {
    let heldBack: string[] = [];
    world.plane.acs.flushed = () => {
      heldBack = answers();
      return new Promise<void>(() => {});
    };
    tell('update.stage', order('m1'));
    await downloaded();
    tell('update.perform', order('m2'));
    await world.clock.advance(2_999);
    expect(heldBack).to.deep.equal(['received m1', 'received m2']);
    expect(world.exit).to.equal(undefined);
    await world.clock.advance(1);
    expect(world.exit?.code).to.equal(42);
  });
});

describe('an agent that may not be updated', () => {
  it('says so', async () => {
    const world = new World({ updatesEnabled: false });
    await world.start();
    const updater = world.agent?.system.get('update');
    for (const type of ['update.stage', 'update.perform'])
      updater.send({ type, request: order(type), at: world.clock.now(), roll: 0 });
    expect(
      world.plane.acknowledgements.map((said) => 'reason' in said && said.reason),
    ).to.deep.equal(['Updates are disabled', 'Updates are disabled']);
  });
});
