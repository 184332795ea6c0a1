import { expect } from 'chai';
import { dumpOf } from '../../actors/dump.ts';
import { World } from '../../bin/world/world.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import { container, task, wanted } from '../support/builders.ts';

/** What the agent of a world does, a text a line. */
function dump({ agent }: World): string[] {
  if (!agent) throw new Error('the agent does not run');
  const lines = dumpOf({ ...agent, limits: {} });
  return lines.map(({ message, fields }) =>
    [message, ...Object.entries(fields).map((pair) => pair.join('='))].join(' '),
  );
}

describe('a dump of the agent', () => {
  it('lists every actor with its state and its effects', async () => {
    const world = new World();
    await world.start();
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(5_000);
    const lines = dump(world);
    expect(lines).to.include.members([
      'Actor actor=agent state=alive.engine.watching+measures.unregistered+updates.awaiting+interruption.unwatched+control.online.serving effects=journal',
      'Actor actor=task/a state=running',
      'Actor actor=session state=online.serving.listening effects=connection age heartbeat',
    ]);
    expect(lines.filter((line) => line.startsWith('Actor actor=container/a/main'))).to.have.length(
      1,
    );
  });

  it('tells what waits and for what, and how much an outbox still has to tell', async () => {
    const world = new World();
    await world.start();
    const away = () => new EcsError('ECS_UNREACHABLE', 'ENOTFOUND', 'ECS cannot be reached');
    world.plane.failNext('submit', ...Array.from({ length: 50 }, away));
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.settle();
    expect(dump(world)[0]).to.match(/^Waits subject=task a sentence=waits for .* since=20/);
    await world.clock.advance(5_000);
    expect(dump(world).find((line) => line.includes('actor=outbox/a'))).to.match(
      / queued=[1-9]\d*$/,
    );
  });

  it('shows nothing of what a task was given', async () => {
    const world = new World();
    await world.start();
    const secret = { DATABASE_PASSWORD: 'hidden' };
    const main = container('main', { environment: secret, command: ['hidden'] });
    world.plane.deliver([wanted(task('a', [main]))]);
    await world.clock.advance(5_000);
    expect(dump(world).join('\n')).not.to.include('hidden');
  });

  it('ends after two thousand lines', async () => {
    const world = new World({ reservedMemoryMiB: 0 });
    await world.start();
    const many = Array.from({ length: 700 }, (_, n) => wanted(task(`t${n}`)));
    world.plane.deliver(many);
    await world.clock.settle();
    const lines = dump(world);
    expect(lines).to.have.length(2_001);
    expect(lines.at(-1)).to.match(/^More is not shown lines=\d+$/);
  });
});
