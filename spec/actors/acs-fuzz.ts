import { expect } from 'chai';
import fc from 'fast-check';
import { World } from '../../bin/world/world.ts';
import { addressed, anyBadTask, anyFrame, wireTask } from '../support/frames.ts';

const payload = (tasks: unknown[]): string =>
  JSON.stringify({ type: 'PayloadMessage', message: { ...addressed, seqNum: 100, tasks } });

/** What must hold of a whole agent, whatever it is sent. Prints the seed of a run that fails. */
export function fuzzAgent(runs: number): void {
  it(`lets good tasks run beside bad ones, in ${runs} lives of an agent`, async function () {
    this.timeout(0);
    const story = fc.record({
      before: fc.array(anyFrame, { maxLength: 10 }),
      bad: fc.tuple(anyBadTask('bad-1'), anyBadTask('bad-2')),
      after: fc.array(anyFrame, { maxLength: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(story, async ({ before, bad: [first, second], after }) => {
        const world = new World();
        await world.start();
        for (const frame of before) world.plane.say(frame);
        world.plane.say(payload([first, wireTask('good-1'), second, wireTask('good-2')]));
        for (const frame of after) world.plane.say(frame);
        await world.untilTold('good-1', 'RUNNING', 60_000);
        await world.untilTold('good-2', 'RUNNING', 60_000);
        world.plane.heartbeat('last');
        expect(world.plane.acknowledgements.at(-1)).to.deep.equal({
          kind: 'heartbeat',
          messageId: 'last',
        });
        expect(world.exit).to.equal(undefined);
        expect(world.plane.connections).to.equal(1);
        expect(world.logged.filter((line) => line.startsWith('error'))).to.deep.equal([]);
        await world.kill();
      }),
      { numRuns: runs },
    );
  });
}
