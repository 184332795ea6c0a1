import { describeWithEngine } from '../support/engine.ts';
import { killLoop, newSeed } from './kill-loop.ts';
import { Stage } from './stage.ts';

const kills = 50;
const tasks = 24;

describeWithEngine('an agent that is killed again and again', (dockerHost) => {
  const seed = newSeed();
  let stage: Stage;
  before(async () => {
    const soon = { ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: '2s' };
    stage = await new Stage(dockerHost(), { ...soon, ECS_CONTAINER_STOP_TIMEOUT: '3s' }).open();
  });
  after(() => stage?.close());

  it(`tells the truth of ${tasks} tasks after ${kills} kills, and does nothing twice (seed ${seed})`, async function () {
    this.timeout(180_000);
    await killLoop(stage, { kills, tasks, seed });
  });
});
