import { describeWithEngine } from '../support/engine.ts';
import { killLoop, newSeed } from './kill-loop.ts';
import { Stage } from './stage.ts';

/** Many short loops find other moments than one long one, and the long one more of them in a life. */
const loops = [
  ...Array.from({ length: 5 }, () => ({ kills: 50, tasks: 24 })),
  { kills: 300, tasks: 120 },
];

describeWithEngine('an agent that is killed for as long as it takes', (dockerHost) => {
  let stage: Stage;
  beforeEach(async () => {
    const soon = { ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: '2s' };
    stage = await new Stage(dockerHost(), { ...soon, ECS_CONTAINER_STOP_TIMEOUT: '3s' }).open();
  });
  afterEach(() => stage.close());

  for (const { kills, tasks } of loops) {
    const seed = newSeed();
    it(`tells the truth of ${tasks} tasks after ${kills} kills (seed ${seed})`, () =>
      killLoop(stage, { kills, tasks, seed }));
  }
});
