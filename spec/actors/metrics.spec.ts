import { expect } from 'chai';
import { createActor, fromPromise, setup, waitFor } from 'xstate';
import { type ActorMeter, countActors, meterActors } from '../../actors/metrics.ts';
import { World } from '../../bin/world/world.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import { realClock } from '../../transport/host/clock.ts';
import { container, ending, task, wanted } from '../support/builders.ts';

/** What a meter is told, in order. */
function heard(): { lines: string[]; meter: ActorMeter } {
  const lines: string[] = [];
  const meter: ActorMeter = {
    transition: (machine) => lines.push(`transition ${machine}`),
    effectBegan: (effect) => lines.push(`began ${effect}`),
    effectEnded: (effect, { outcome, seconds }) => lines.push(`${outcome} ${effect} ${seconds}`),
    connected: (service) => lines.push(`connected ${service}`),
  };
  return { lines, meter };
}

describe('what is told of the work of actors', () => {
  describe('of an agent that runs a task', () => {
    let lines: string[];
    before(async () => {
      const told = heard();
      lines = told.lines;
      const world = new World();
      await world.begin();
      if (!world.agent) throw new Error('the agent does not run');
      meterActors(world.agent.system, world.clock, told.meter);
      await world.clock.until(() => world.plane.connections > 0);
      await world.clock.settle();
      world.plane.deliver([wanted(task('a', [ending('main', 3, 10)]))]);
      await world.clock.advance(60_000);
    });
    const withoutTime = (line: string): string => line.replace(/ [\d.]+$/, '');

    it('is each effect of its way, once, from its begin to its end', () => {
      for (const effect of ['createContainer', 'startContainer'])
        expect(lines.map(withoutTime).filter((line) => line.endsWith(effect))).to.deep.equal([
          `began ${effect}`,
          `done ${effect}`,
        ]);
    });

    it('is how long an effect took, in seconds', () => {
      const took = lines.find((line) => line.startsWith('done createContainer'))?.split(' ')[2];
      expect(Number(took)).to.be.within(0.001, 10);
    });

    it('is each connection, and transitions by machine', () => {
      expect(lines.filter((line) => line.startsWith('connected'))).to.deep.equal(['connected acs']);
      for (const machine of ['agent', 'session', 'task', 'container', 'report', 'admission'])
        expect(lines).to.include(`transition ${machine}`);
    });

    it('is no wait', () => {
      expect(lines.filter((line) => line.includes('timer'))).to.deep.equal([]);
    });
  });

  describe('of effects that end in other ways', () => {
    const machine = setup({
      types: { events: {} as { type: 'leave' } },
      actors: {
        hopeless: fromPromise(() => Promise.reject(new Error('no'))),
        endless: fromPromise(() => new Promise(() => {})),
      },
    }).createMachine({
      initial: 'trying',
      states: {
        trying: { invoke: { src: 'hopeless', onError: 'waiting' } },
        waiting: { invoke: { src: 'endless' }, on: { leave: 'over' } },
        over: { type: 'final' },
      },
    });

    it('is that they failed, or were cancelled as their state was left', async () => {
      const { lines, meter } = heard();
      const actor = createActor(machine);
      meterActors(actor.system, realClock(), meter);
      actor.start();
      await waitFor(actor, (snapshot) => snapshot.matches('waiting'));
      actor.send({ type: 'leave' });
      const words = lines.map((line) => line.replace(/ [\d.]+$/, ''));
      expect(words.filter((line) => !line.startsWith('transition'))).to.have.members([
        'began hopeless',
        'failed hopeless',
        'began endless',
        'cancelled endless',
      ]);
    });

    it('is their begin, too, where a restart takes them up', async () => {
      const first = createActor(machine).start();
      await waitFor(first, (snapshot) => snapshot.matches('waiting'));
      const snapshot = first.getPersistedSnapshot();
      first.stop();
      const { lines, meter } = heard();
      const second = createActor(machine, { snapshot });
      meterActors(second.system, realClock(), meter);
      second.start();
      second.stop();
      expect(lines[0]).to.equal('began endless');
      expect(lines.at(-1)).to.match(/^cancelled endless /);
    });
  });
});

describe('the count of actors', () => {
  const counted = (world: World) => {
    if (!world.agent) throw new Error('the agent does not run');
    return countActors(world.agent.system);
  };

  it('tells them by machine and state, and tasks by how far they have come', async () => {
    const world = new World();
    await world.start();
    world.plane.deliver([
      wanted(task('a', [container('main')])),
      wanted(task('b', [container('main'), container('side')])),
    ]);
    await world.untilTold('b', 'RUNNING');
    await world.clock.settle();
    const { actors, tasks, queues } = counted(world);
    expect(Object.fromEntries(actors.get('container') ?? [])).to.deep.equal({
      'running.steady': 3,
    });
    expect(Object.fromEntries(actors.get('task') ?? [])).to.deep.equal({ running: 2 });
    expect(tasks).to.deep.equal({
      NONE: 0,
      MANIFEST_PULLED: 0,
      CREATED: 0,
      RUNNING: 2,
      STOPPED: 0,
    });
    expect(queues).to.deep.equal({ reports: 0, admission: 0 });
  });

  it('tells a task that has ended as stopped', async () => {
    const world = new World();
    await world.start();
    world.plane.deliver([wanted(task('a', [ending('main', 0, 1)]))]);
    await world.untilTold('a', 'STOPPED');
    expect(counted(world).tasks.STOPPED).to.equal(1);
  });

  it('tells what waits for room on the host', async () => {
    const world = new World();
    await world.start();
    const memoryMiB = world.host.facts().memoryMiB - 512;
    const large = (id: string) => wanted(task(id, [container('main')], { memoryMiB }));
    world.plane.deliver([large('a'), large('b'), large('c')]);
    await world.untilTold('a', 'RUNNING');
    await world.clock.settle();
    expect(counted(world).queues.admission).to.equal(2);
  });

  it('tells what ECS has not taken yet, and whether it is connected', async () => {
    const world = new World();
    await world.start();
    const since = world.clock.now();
    expect(counted(world).sessions.acs).to.be.within(since - 10_000, since);
    const error = new EcsError('ECS_THROTTLED', 'ThrottlingException', 'Rate exceeded');
    world.plane.api.weather = (call) => (call === 'submit' ? { is: 'error', error } : null);
    world.plane.deliver([wanted(task('a', [container('main')]))]);
    await world.clock.advance(5_000);
    expect(counted(world).queues.reports).to.equal(1);
  });
});
