import { expect } from 'chai';
import { readScenario } from '../../bin/scenario/file/read.ts';
import { play } from '../../bin/scenario/play.ts';
import { openDockerStage } from '../../bin/scenario/stage/docker.ts';
import { playFile, realScenarioFiles } from '../scenarios/files.ts';
import { describeWithEngine } from '../support/engine.ts';
import { testImage } from '../support/engine-plans.ts';
import { type Story, together } from './together.ts';

describeWithEngine('the scenarios, on a real Engine', (dockerHost) => {
  const real = (path: string): Story => [
    path.replace('.yaml', ''),
    () =>
      playFile(path, (scenario) =>
        openDockerStage(scenario, {
          image: testImage,
          environment: { DOCKER_HOST: dockerHost() },
        }),
      ),
  ];
  // All at once would keep a small machine too busy for their deadlines.
  const half = Math.ceil(realScenarioFiles.length / 2);
  for (const files of [realScenarioFiles.slice(0, half), realScenarioFiles.slice(half)])
    describe('side by side', () => together(files.map(real)));

  it('refuse what only a simulated Engine can do, and tell where that is', async () => {
    const text = 'scenario: It is.\nsteps:\n  - engine: { disk: full }\n';
    const read = await readScenario('it.yaml', text);
    const options = { image: testImage, environment: { DOCKER_HOST: dockerHost() } };
    const stage = await openDockerStage(read.scenario, options);
    const told = await play(read, stage).catch((error: Error) => error);
    expect(told).to.have.property('message', 'it.yaml:3:5: engine cannot be had on a real Engine');
  });
});
