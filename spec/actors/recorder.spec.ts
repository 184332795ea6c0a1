import { expect } from 'chai';
import { logTransitions } from '../../actors/recorder.ts';
import { World } from '../../bin/world/world.ts';
import { ending, task, wanted } from '../support/builders.ts';

describe('the log of transitions', () => {
  /** What is logged of the life of a task that ends by itself. */
  const logged = async (least: 'debug' | 'info'): Promise<string[]> => {
    const lines: string[] = [];
    const say =
      (level: string) =>
      (message: string, fields = {}) =>
        lines.push([level, message, ...Object.entries(fields).map((of) => of.join('='))].join(' '));
    const world = new World();
    await world.begin();
    if (!world.agent) throw new Error('the agent does not run');
    const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    logTransitions(world.agent.system, log, least);
    await world.clock.until(() => world.plane.connections > 0);
    await world.clock.settle();
    world.plane.deliver([wanted(task('a', [ending('main', 3, 10)]))]);
    await world.clock.advance(60_000);
    return lines;
  };

  it('tells how tasks and containers fare, and by what', async () => {
    const lines = await logged('info');
    expect(lines.map((line) => line.replace(/ event=\S+$/, ''))).to.deep.equal([
      'info Container running task=a container=main from=started',
      'info Task running task=a from=pending',
      'info Container stopped task=a container=main from=running',
      'info Task stopped task=a from=running',
    ]);
    for (const line of lines) expect(line).to.match(/ event=\S+$/);
  });

  it('tells at debug of every transition of every actor besides', async () => {
    const lines = await logged('debug');
    expect(lines.filter((line) => line.startsWith('info'))).to.have.length.above(3);
    expect(lines).to.include(
      'debug Transition actor=session from=online.connecting to=online.serving.listening event=connection.opened',
    );
  });
});
