import { expect } from 'chai';
import { Drill } from '../support/drill.ts';

/** `DRILL_SEED` replays one drill, or tries another. */
const seeds = process.env.DRILL_SEED ? [Number(process.env.DRILL_SEED)] : [1, 2, 3];

for (const seed of seeds)
  describe(`an ECS API that fails in every way for ten minutes (seed ${seed})`, () => {
    const drill = new Drill(seed);
    before(() => drill.run({ tasks: 100, kills: 0 }));

    it('knows at last of every task and container what the Engine knows', () => {
      expect(drill.plans.size).to.equal(100);
      expect(drill.told()).to.deep.equal(drill.true());
    });

    it('was told in order, and nothing again that it had accepted', () => {
      expect(drill.faults).to.deep.equal([]);
    });

    it('was told by ten senders at a time, all of whom have nothing left to tell', () => {
      expect(drill.world.plane.api.mostAtOnce.submit).to.equal(10);
      expect(drill.isTold()).to.equal(true);
    });

    it('leaves few lines in the log, however many tries fail', () => {
      const lines = drill.world.logged.filter((line) => / ECS /.test(line));
      const failed = lines.map((line) => Number(/"failedTries":(\d+)/.exec(line)?.[1] ?? 0));
      expect(lines.length).to.be.within(2, 2 * drill.changes);
      expect(Math.max(...failed)).to.be.greaterThan(lines.length);
    });

    it('does not keep the agent from acknowledging what reaches it while its connection flaps', () => {
      expect(drill.world.plane.connections).to.be.greaterThan(15);
      expect([...drill.unanswered]).to.deep.equal([]);
    });
  });

for (const seed of seeds)
  describe(`the same with an agent that is killed three times (seed ${seed})`, () => {
    const drill = new Drill(seed);
    before(() => drill.run({ tasks: 100, kills: 3 }));

    it('knows at last of every task and container what the Engine knows', () => {
      expect(drill.kills).to.equal(3);
      expect(drill.told()).to.deep.equal(drill.true());
      expect(drill.isTold()).to.equal(true);
    });

    it('was told in order, and nothing again but what the agent could not know to be accepted', () => {
      expect(drill.faults).to.deep.equal([]);
    });

    it('got every payload acknowledged', () => {
      expect([...drill.unanswered]).to.deep.equal([]);
    });
  });

describe('a day without the ECS API', () => {
  it('is told in order when it is over, by ten senders at a time, within a minute or so', async () => {
    const drill = new Drill(1);
    const { truth, toldWithinMs } = await drill.day({ tasks: 24 });
    expect(drill.told()).to.deep.equal(truth);
    expect(drill.faults).to.deep.equal([]);
    expect(drill.world.plane.api.mostAtOnce.submit).to.equal(10);
    expect(toldWithinMs).to.be.lessThan(120_000);
  });
});
