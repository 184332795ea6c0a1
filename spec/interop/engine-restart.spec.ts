import { expect } from 'chai';
import { requireOrSkip } from '../support/needs.ts';
import { lackingForEngine, PrivateEngine } from './private-engine.ts';
import { ends, type Placed, Stage, untilTerm } from './stage.ts';

for (const { title, options, live } of [
  { title: 'that ends its containers when it comes back', options: [], live: false },
  { title: 'that lets its containers live', options: ['--live-restore'], live: true },
])
  describe(`an agent whose Engine is killed, ${title}`, () => {
    let engine: PrivateEngine;
    let stage: Stage;
    before(async function () {
      this.timeout(60_000);
      requireOrSkip(this, lackingForEngine());
      engine = new PrivateEngine(options);
      await engine.start();
      stage = await new Stage(engine.dockerHost, { ECS_CONTAINER_STOP_TIMEOUT: '3s' }).open();
    });
    after(async function () {
      this.timeout(60_000);
      await stage?.close().finally(() => engine.close());
      // Where the stage could not be opened.
      await engine?.close();
    });
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(stage.agent?.output);
    });

    const run = (command: string[]) => stage.run([{ name: 'main', memory: 16, command }]);
    const stopAndExpect = async (task: Placed, exitCode: number) => {
      if (live) await expectRunning(task);
      if (live) task.stop();
      const told = await task.toldOf('main', 'STOPPED');
      if (live) expect(told).to.include({ exitCode });
    };

    it('tells the truth of ten tasks, and stays', async function () {
      this.timeout(120_000);
      const agent = stage.start();
      await stage.plane.settled();
      const lasting = [21, 22, 23, 24].map((code) => run(untilTerm(code)));
      // Some end while there is no Engine, others after it has come back.
      const ending = [31, 32, 33].map((code, n) => run(ends(code, 2 * n + 4)));
      await Promise.all([...lasting, ...ending].map((task) => task.told('RUNNING')));
      const starting = [41, 42, 43].map((code) => run(ends(code, 1)));
      await engine.kill();
      await agent.says(/The Docker Engine cannot be reached/);
      await engine.start();
      await Promise.all([...ending, ...starting].map((task) => task.told('STOPPED')));
      await Promise.all(lasting.map((task, n) => stopAndExpect(task, 21 + n)));
      await Promise.all([...lasting, ...ending, ...starting].map(expectTruth));
      expect(agent.child.exitCode).to.equal(null);
    });
  });

async function expectRunning(task: Placed): Promise<void> {
  expect(task.reports().map(({ status }) => status)).to.deep.equal(['RUNNING']);
  expect((await task.inspect('main')).State.Running).to.equal(true);
}

/** The Engine and the agent tell the same exit code, once. */
async function expectTruth(task: Placed): Promise<void> {
  const { State } = await task.inspect('main');
  const told = task.reports().filter(({ status }) => status === 'STOPPED');
  const codes = told.map(({ containers }) => containers[0]?.exitCode);
  expect(codes, `${task.id}: ${JSON.stringify(State)}`).to.deep.equal([State.ExitCode]);
}
