import { expect } from 'chai';
import { explain } from '../../actors/explain.ts';
import { checksOf } from '../../actors/health.ts';
import { World } from '../../bin/world/world.ts';
import type { Measurements } from '../../machines/stats/model.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import { counting, nothingMeasured, SimTcs } from '../support/telemetry.ts';

const second = 1_000;
const minute = 60 * second;

describe('the figures of tasks', () => {
  let world: World;
  let tcs: SimTcs;

  const begin = async (measurements: Measurements = counting()) => {
    tcs = new SimTcs();
    world = new World({ telemetry: { tcs, measurements } });
    tcs.clock = world.clock;
    await world.start();
    await world.clock.until(() => tcs.isConnected, 5 * second);
    await world.clock.settle();
  };
  const live = async (ms: number) => {
    const end = world.clock.now() + ms;
    while (world.clock.now() < end) {
      world.plane.heartbeat('beat');
      await world.clock.advance(Math.min(30 * second, end - world.clock.now()));
    }
  };
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => [String(from + index)]);

  it('are told of at once, and every 20 seconds', async () => {
    await begin();
    const [first] = tcs.told;
    expect(tcs.addresses[0]).to.deep.equal({
      endpoint: 'sim://tcs/',
      cluster: 'specs',
      containerInstanceArn: world.agent?.system.get('agent').getSnapshot().context
        .containerInstanceArn,
      dockerVersion: '20.10.24-simulated',
    });
    await world.clock.advance(61 * second);
    expect(tcs.usage()).to.deep.equal(numbers(1, 4));
    const figures = tcs.told.filter(({ publication }) => publication.kind === 'usage');
    const times = figures.map(({ at }) => Math.round((at - (first?.at ?? 0)) / second));
    expect(times).to.deep.equal([0, 20, 40, 60]);
  });

  it('are a sign of idleness where there are none', async () => {
    await begin(nothingMeasured);
    await world.clock.advance(21 * second);
    expect(tcs.usage()).to.deep.equal([[], []]);
  });

  it('have an id of their own each time', async () => {
    await begin();
    await world.clock.advance(41 * second);
    const ids = tcs.told.map(({ publication }) => publication.messageId);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of ids) expect(id).to.match(/^[0-9a-f-]{36}$/);
  });

  it('wait for the service, the oldest fifteen of them, and are told all at once', async () => {
    await begin();
    tcs.isThere = false;
    tcs.drop({ clean: false });
    await world.clock.advance(10 * minute);
    expect(tcs.usage()).to.deep.equal(numbers(1, 1));
    const dropped = (line: string) => line.startsWith('warn Figures for ECS are dropped');
    expect(world.logged.filter(dropped)).to.have.length(1);
    tcs.isThere = true;
    await world.clock.until(() => tcs.isConnected);
    await world.clock.settle();
    expect(tcs.usage()).to.deep.equal(numbers(1, 16));
    const { at: connectedAt } = tcs.told.at(-1) ?? {};
    expect(tcs.told.filter(({ at }) => at === connectedAt)).to.have.length(15);
    await world.clock.advance(20 * second);
    expect(tcs.usage()).to.have.length(17);
    tcs.isThere = false;
    tcs.drop({ clean: false });
    await world.clock.advance(10 * minute);
    expect(world.logged.filter(dropped)).to.have.length(2);
  });

  it('do not end an agent that cannot take them', async () => {
    let broken = true;
    await begin({
      ...nothingMeasured,
      usage: () => {
        if (broken) throw new Error('a fault of this program');
        return { idle: true, tasks: [] };
      },
    });
    expect(world.logged).to.include(
      'error Figures for ECS could not be taken {"error":"Error: a fault of this program"}',
    );
    broken = false;
    await world.clock.advance(21 * second);
    expect(tcs.usage()).to.deep.equal([[]]);
  });

  describe('over a connection', () => {
    beforeEach(() => begin());

    it('that is silent for one to two minutes: it is renewed in good order', async () => {
      tcs.acknowledges = false;
      await world.clock.advance(minute - 2 * second);
      expect(tcs.endings).to.deep.equal([]);
      await world.clock.advance(minute + 3 * second);
      expect(tcs.endings).to.deep.equal(['ConnectionExpired: Reconnect to continue']);
      expect(tcs.addresses).to.have.length(2);
    });

    it('that tells of errors only: they are no sign that it works', async () => {
      tcs.acknowledges = false;
      for (let i = 0; i < 4; i++) {
        await world.clock.advance(30 * second);
        tcs.say({ kind: 'error', type: 'ServerException', remark: 'busy' });
      }
      await world.clock.advance(2 * second);
      expect(tcs.endings).to.have.length(1);
      expect(world.logged).to.include(
        'warn TCS tells of an error {"type":"ServerException","message":"busy"}',
      );
    });

    it('that is 30 to 35 minutes old: it is renewed in good order, and nothing is lost', async () => {
      await live(30 * minute - 2 * second);
      expect(tcs.endings).to.deep.equal([]);
      await live(5 * minute + 3 * second);
      expect(tcs.endings).to.have.length(1);
      await live(minute);
      const all = tcs.usage();
      expect(all).to.deep.equal(numbers(1, all.length));
      expect(all.length).to.be.within(107, 112);
    });

    it('that the service does not end: it is cut after three minutes', async () => {
      tcs.acknowledges = false;
      tcs.answersClose = false;
      await world.clock.until(() => tcs.endings.length === 1);
      const asked = world.clock.now();
      await world.clock.until(() => tcs.endings.length === 2);
      expect(tcs.endings[1]).to.equal(null);
      expect(world.clock.now() - asked).to.equal(3 * minute);
      tcs.acknowledges = true;
      await world.clock.advance(2 * second);
      expect(tcs.isConnected).to.equal(true);
    });

    it('that breaks: it is opened again after 1, 2, 4 seconds', async () => {
      const delays: number[] = [];
      tcs.isThere = false;
      for (let i = 0; i < 3; i++) {
        const broken = world.clock.now();
        const before = tcs.addresses.length;
        if (i === 0) tcs.drop({ clean: false });
        await world.clock.until(() => tcs.addresses.length > before);
        delays.push(world.clock.now() - broken);
      }
      delays.forEach((delay, at) => {
        expect(delay).to.be.within(2 ** at * second, 2 ** at * 1.2 * second + 10);
      });
    });

    it('that the service ends as soon as it is open: it is not opened in a tight loop', async () => {
      const before = tcs.addresses.length;
      for (let i = 0; i < 30; i++) {
        tcs.drop({ clean: true });
        await world.clock.advance(second);
      }
      // Three times at once, and then after 1, 2, 4, 8 and 16 seconds.
      expect(tcs.addresses.length - before).to.be.within(7, 9);
    });

    it('of an instance that ACS calls inactive: it is dropped, and tried again', async () => {
      world.plane.drop({ clean: false, inactiveInstance: true });
      expect(tcs.endings).to.deep.equal([null]);
      await world.clock.advance(2 * second);
      expect(tcs.isConnected).to.equal(true);
    });

    it('that is looked for while ECS is ill: ECS is asked until it answers', async () => {
      const ill = () => new EcsError('ECS_THROTTLED', 'ServerException', 'ill');
      world.plane.failNext('discover', ill(), ill());
      tcs.drop({ clean: true });
      await world.clock.advance(second);
      expect(tcs.isConnected).to.equal(false);
      await world.clock.advance(3 * second);
      expect(tcs.isConnected).to.equal(true);
    });
  });

  const crash = { type: 'xstate.error.actor.connection', error: new Error('a fault') };

  it('wait where ECS names no endpoint for them, and ECS is asked again', async () => {
    tcs = new SimTcs();
    const telemetry = { tcs, measurements: counting(), endpoint: null };
    world = new World({ telemetry });
    await world.start();
    await world.clock.advance(5 * second);
    const told = 'info ECS names no endpoint of the telemetry service';
    expect(world.logged.filter((line) => line === told)).to.have.length(3);
    expect(tcs.addresses).to.deep.equal([]);
  });

  it('are missed with the reason by those who ask what the agent waits for', async () => {
    await begin();
    const explained = () => explain({ ...(world.agent ?? expect.fail()), limits: {} }, null);
    expect(explained()).to.deep.equal([]);
    tcs.isThere = false;
    tcs.drop({ clean: false });
    const since = world.clock.now();
    await world.clock.advance(minute);
    const [told] = explained();
    expect(told).to.include({
      subject: 'telemetry',
      sentence: 'TCS is not connected: 1006 not there',
      next: 'it is tried again',
      since,
    });
  });

  it('are told on by an agent whose telemetry crashes, a minute later', async () => {
    await begin();
    for (let i = 1; i <= 7; i++) {
      world.agent?.system.get('telemetry').send(crash);
      expect(tcs.isConnected).to.equal(false);
      await world.clock.advance(minute + second);
      expect(tcs.isConnected).to.equal(true);
    }
    expect(world.exit).to.equal(undefined);
    expect(world.logged.some((line) => line.startsWith('error Actor telemetry failed'))).to.equal(
      true,
    );
  });

  describe('beside the health of the instance', () => {
    beforeEach(() => begin(nothingMeasured));

    const statuses = () =>
      tcs.told.flatMap(({ publication }) =>
        publication.kind === 'status' ? publication.statuses.map(({ status }) => status) : [],
      );
    const shown = () =>
      checksOf(world.agent?.system ?? expect.fail('no agent')).map(
        ({ type, status }) => `${type} ${status}`,
      );
    const well = ['ContainerRuntime OK', 'ACS OK', 'TCS OK', 'Disk OK', 'EventLoop OK'];

    it('are told 20 seconds after the connection that nothing was checked yet', async () => {
      await world.clock.advance(21 * second);
      expect(statuses()).to.deep.equal(['INITIALIZING']);
      await world.clock.advance(30 * second);
      expect(statuses()).to.have.length(1);
    });

    it('are told once of each run of the checks that ACS asks for', async () => {
      world.plane.heartbeat('one');
      expect(world.plane.acknowledgements).to.have.length(1);
      await world.clock.advance(41 * second);
      expect(statuses()).to.deep.equal(['OK']);
      expect(shown()).to.deep.equal(well);
      world.plane.heartbeat('two');
      await world.clock.advance(21 * second);
      expect(statuses()).to.deep.equal(['OK', 'OK']);
      const last = tcs.told.findLast(({ publication }) => publication.kind === 'status');
      const { checkedAt, previouslyAt } = checksOf(world.agent?.system ?? expect.fail())[0] ?? {};
      expect(last?.publication).to.have.nested.property('statuses[0].updatedAt', previouslyAt);
      expect(checkedAt).to.be.above(previouslyAt ?? 0);
    });

    it('are told of an Engine that does not answer within two seconds', async () => {
      world.engine.hangNext('ping');
      world.plane.heartbeat('one');
      await world.clock.advance(1_900);
      expect(shown()[0]).to.equal('ContainerRuntime INITIALIZING');
      await world.clock.advance(200);
      expect(checksOf(world.agent?.system ?? expect.fail())[0]).to.include({
        status: 'IMPAIRED',
        reason: 'The Docker Engine does not answer: no answer within 2 s',
      });
      await world.clock.advance(20 * second);
      expect(statuses()).to.deep.equal(['IMPAIRED']);
    });

    it('are told again what could not be told', async () => {
      world.plane.heartbeat('one');
      tcs.isThere = false;
      await world.clock.advance(19 * second);
      tcs.drop({ clean: false });
      await world.clock.advance(10 * second);
      tcs.isThere = true;
      await world.clock.until(() => tcs.isConnected);
      await world.clock.advance(21 * second);
      expect(statuses()).to.deep.equal(['OK']);
    });

    it('show what ACS does not ask for while it is away, without telling ECS', async () => {
      world.host.setDisk(() => ({ totalBytes: 100, freeBytes: 1 }));
      world.plane.drop({ clean: false, inactiveInstance: true });
      await world.clock.advance(5 * minute);
      expect(shown()).to.deep.equal([
        'ContainerRuntime OK',
        'ACS IMPAIRED',
        'TCS OK',
        'Disk IMPAIRED',
        'EventLoop OK',
      ]);
      expect(statuses()).to.deep.equal(['INITIALIZING']);
    });
  });
});
