import { expect } from 'chai';
import { Faults } from '../../actors/faults.ts';
import { sortRows } from '../../actors/restore.ts';
import { World } from '../../bin/world/world.ts';
import type { Blackhole, FaultOrder, FaultRecord, Latency } from '../../machines/fault/model.ts';
import type { Change } from '../../persistence/store.ts';
import type { FaultOutcome } from '../../transport/agentapi/port.ts';
import { container, ending, task, taskArn, unwanted, wanted } from '../support/builders.ts';
import { SimNetwork } from '../support/network.ts';

const links = { names: ['eth0'], ipv6Only: false };
const hole: Blackhole = {
  ...{ kind: 'network-blackhole-port', port: 80, protocol: 'tcp' },
  ...{ trafficType: 'ingress', spared: [] },
};
const latency: Latency = {
  ...{ kind: 'network-latency', delayMs: 100, jitterMs: 0 },
  ...{ sources: ['192.0.2.1'], spared: [], flowsPercent: 1 },
};
const start = (fault: Blackhole | Latency): FaultOrder => ({ operation: 'start', fault });
const stop = (fault: FaultOrder['fault']): FaultOrder => ({ operation: 'stop', fault });
const status = (fault: FaultOrder['fault']): FaultOrder => ({ operation: 'status', fault });

/** Faults of two tasks that run, `a` and `b`, and what is on disk of them. */
class Scene {
  readonly world = new World();
  readonly network = new SimNetwork();
  readonly stored = new Map<string, FaultRecord>();
  write = (_: Change[]): Promise<void> => Promise.resolve();
  #faults: Faults | undefined;

  async open(left: FaultRecord[] = []): Promise<this> {
    const { world, network } = this;
    await world.start();
    const plans = [task('a', [container('main')]), task('b', [ending('main', 0, 60)])];
    world.plane.deliver(plans.map(wanted));
    for (const id of ['a', 'b']) await world.untilTold(id, 'RUNNING');
    this.#faults = new Faults({
      network,
      store: {
        write: async (batch) => {
          await this.write(batch);
          for (const { key, body } of batch)
            if (body === undefined) this.stored.delete(key);
            else this.stored.set(key, structuredClone(body) as FaultRecord);
        },
      },
      system: this.agent.system,
      clock: world.clock,
      log: this.log,
    });
    const begun = this.faults.begin(left);
    await world.clock.settle();
    await Promise.race([begun, Promise.resolve()]);
    return this;
  }

  get agent() {
    if (!this.world.agent) throw new Error('the world has not begun');
    return this.world.agent;
  }

  get faults(): Faults {
    if (!this.#faults) throw new Error('the scene has not begun');
    return this.#faults;
  }

  readonly logged: string[] = [];
  readonly log = {
    debug: () => {},
    info: (message: string) => this.logged.push(message),
    warn: (message: string) => this.logged.push(message),
    error: (message: string) => this.logged.push(message),
  };

  perform(order: FaultOrder, id = 'a'): Promise<FaultOutcome> {
    return this.faults.perform(order, { taskArn: taskArn(id), links });
  }

  async is(order: FaultOrder, outcome: FaultOutcome, id = 'a'): Promise<void> {
    expect(await this.perform(order, id)).to.deep.equal(outcome);
  }

  /** Neither in the network nor on disk. */
  nothingIsLeft(): void {
    expect(this.network.left).to.deep.equal([]);
    expect([...this.stored.keys()]).to.deep.equal([]);
  }
}

const running: FaultOutcome = { is: 'running' };
const stopped: FaultOutcome = { is: 'stopped' };

describe('faults in the network of a host', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await new Scene().open();
  });

  for (const fault of [hole, latency])
    describe(`of kind ${fault.kind}`, () => {
      it('begin and end', async () => {
        await scene.is(status(fault), { is: 'not-running' });
        await scene.is(start(fault), running);
        await scene.is(status(fault), running);
        expect(scene.network.left).to.not.deep.equal([]);
        await scene.is(stop(fault), stopped);
        await scene.is(status(fault), { is: 'not-running' });
        scene.nothingIsLeft();
      });

      it('are on disk before anything is done for them', async () => {
        const known: number[] = [];
        scene.network.before = () => known.push(scene.stored.size);
        await scene.is(start(fault), running);
        expect(known[0]).to.equal(0);
        expect(known.slice(1)).to.satisfy((sizes: number[]) => sizes.every((size) => size === 1));
        expect(scene.network.ran[0]).to.match(/ -C | q show /);
      });

      it('are not begun where that cannot be', async () => {
        scene.write = () => Promise.reject(new Error('the disk is full'));
        await scene.is(start(fault), { is: 'failed' });
        expect(scene.network.changes).to.deep.equal([]);
      });

      it('are undone where a command fails, whichever it is', async () => {
        await scene.is(start(fault), running);
        const commands = scene.network.changes.filter((line) => !line.startsWith('ip6'));
        await scene.is(stop(fault), stopped);
        for (const failing of commands) {
          scene.network.mishap = (line) =>
            line === failing ? { code: 1, output: '', said: 'No.' } : null;
          await scene.is(start(fault), { is: 'failed' });
          scene.nothingIsLeft();
        }
        expect(scene.logged.at(-1)).to.equal(`A fault cannot be injected: ${commands.at(-1)}: No.`);
      });

      it('are undone where they take too long', async () => {
        scene.network.mishap = (line) => (/ -A | filter /.test(line) ? 'hangs' : null);
        const outcome = scene.perform(start(fault));
        await scene.world.clock.advance(4_999);
        expect(scene.stored.size).to.equal(1);
        await scene.world.clock.advance(1);
        expect(await outcome).to.deep.equal({ is: 'overdue' });
        scene.nothingIsLeft();
      });

      it('end with their task', async () => {
        await scene.is(start(fault), running);
        scene.world.plane.deliver([unwanted(task('a', [container('main')]))]);
        await scene.world.untilTold('a', 'STOPPED');
        await scene.world.clock.settle();
        scene.nothingIsLeft();
      });

      it('end with the agent', async () => {
        await scene.is(start(fault), running);
        await scene.faults.close();
        scene.nothingIsLeft();
      });

      it('end with the next agent, after a crash of this one', async () => {
        await scene.is(start(fault), running);
        const next = new Faults({
          network: scene.network,
          store: { write: async () => scene.stored.clear() },
          system: scene.agent.system,
          clock: scene.world.clock,
          log: scene.log,
        });
        await next.begin([...scene.stored.values()]);
        scene.nothingIsLeft();
      });

      it('are tried again to be undone, until they are', async () => {
        await scene.is(start(fault), running);
        scene.network.mishap = (line) =>
          / -D | del /.test(line) ? { code: 4, output: '', said: 'Locked.' } : null;
        await scene.is(stop(fault), { is: 'failed' });
        expect(scene.stored.size).to.equal(1);
        scene.world.plane.deliver([unwanted(task('a', [container('main')]))]);
        await scene.world.untilTold('a', 'STOPPED');
        await scene.world.clock.advance(1_000);
        expect(scene.logged.at(-1)).to.match(/^The fault fault\/host\/.* cannot be removed/);
        scene.network.mishap = () => null;
        await scene.world.clock.advance(10_000);
        scene.nothingIsLeft();
      });

      it('are not begun for a task that ends meanwhile', async () => {
        await scene.is(start(fault), running, 'gone');
        await scene.world.clock.settle();
        scene.nothingIsLeft();
      });

      it('that nobody has begun are stopped without a change', async () => {
        await scene.is(stop(fault), stopped);
        expect(scene.network.changes).to.deep.equal([]);
      });

      it('fail where there is no tool', async () => {
        scene.network.mishap = () => ({ code: null, output: '', said: 'ENOENT' });
        for (const order of [start(fault), status(fault), stop(fault)])
          await scene.is(order, { is: 'failed' });
        expect(scene.stored.size).to.equal(0);
      });
    });

  it('of which one lets a port vanish are shared, and end with the last who asked', async () => {
    await scene.is(start(hole), running);
    const before = scene.network.changes.length;
    await scene.is(start(hole), running, 'b');
    expect(scene.network.changes).to.have.lengthOf(before);
    const [record] = scene.stored.values();
    expect(record?.tasks).to.deep.equal([taskArn('a'), taskArn('b')]);
    scene.world.plane.deliver([unwanted(task('a', [container('main')]))]);
    await scene.world.untilTold('a', 'STOPPED');
    await scene.world.clock.settle();
    await scene.is(status(hole), running, 'b');
    await scene.world.untilTold('b', 'STOPPED');
    await scene.world.clock.settle();
    scene.nothingIsLeft();
  });

  it('leave no room for a second disturbance', async () => {
    await scene.is(start(latency), running);
    const occupied: FaultOutcome = { is: 'occupied', by: 'network-latency' };
    await scene.is(start(latency), occupied);
    await scene.is(start(latency), occupied, 'b');
    await scene.is(status({ kind: 'network-packet-loss' }), { is: 'not-running' });
    await scene.is(stop({ kind: 'network-packet-loss' }), stopped);
    await scene.is(status(latency), running);
  });

  it('never touch what was there before under the same name', async () => {
    scene.network.chains.set('iptables ingress-tcp-80', ['-j somebody’s']);
    await scene.is(start(hole), { is: 'failed' });
    expect(scene.network.left).to.deep.equal(['iptables ingress-tcp-80: -j somebody’s']);
    expect(scene.stored.size).to.equal(0);
  });

  it('begin where the table of IPv6 cannot be had', async () => {
    scene.network.mishap = (line) =>
      line.startsWith('ip6tables') ? { code: null, output: '', said: 'ENOENT' } : null;
    await scene.is(start(hole), running);
    await scene.is(stop(hole), stopped);
    scene.nothingIsLeft();
  });

  it('are begun and ended one after another', async () => {
    const outcomes = await Promise.all([
      scene.perform(start(latency)),
      scene.perform(start(latency), 'b'),
      scene.perform(stop(latency)),
      scene.perform(stop(latency)),
    ]);
    expect(outcomes.map(({ is }) => is)).to.deep.equal([
      'running',
      'occupied',
      'stopped',
      'stopped',
    ]);
  });

  it('that wait too long for others are not begun at all', async () => {
    scene.network.mishap = (line) => (/ filter | del /.test(line) ? 'hangs' : null);
    const first = scene.perform(start(latency));
    const second = scene.perform(start(hole), 'b');
    await scene.world.clock.advance(5_000);
    expect(await first).to.deep.equal({ is: 'overdue' });
    expect(await second).to.deep.equal({ is: 'overdue' });
    scene.network.mishap = () => null;
    await scene.world.clock.advance(20_000);
    expect(scene.network.changes.filter((line) => line.includes(' -N '))).to.deep.equal([]);
    scene.nothingIsLeft();
  });

  it('are found among all that is on disk', async () => {
    await scene.is(start(hole), running);
    const rows = [...scene.stored].map(([key, body]) => ({ key, body }));
    const saved = sortRows([...rows, { key: 'task/x', body: {} }]);
    expect(saved.faults).to.deep.equal([...scene.stored.values()]);
    expect([...saved.snapshots.keys()]).to.deep.equal(['task/x']);
  });

  it('tell where packets leave the host', async () => {
    expect(await scene.faults.links()).to.deep.equal(links);
  });
});
