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

  const beyond: [string, string][] = [
    ['engine: { disk: full }', 'engine'],
    ['ask: { url: 10.0.0.10, from: another host }', 'ask from another host'],
  ];
  for (const [step, what] of beyond)
    it(`refuse ${step}, which only a simulated Engine has, and tell where that is`, async () => {
      const text = `scenario: It is.\nsteps:\n  - ${step}\n`;
      const read = await readScenario('it.yaml', text);
      const options = { image: testImage, environment: { DOCKER_HOST: dockerHost() } };
      const stage = await openDockerStage(read.scenario, options);
      const told = await play(read, stage).catch((error: Error) => error);
      expect(told).to.have.property(
        'message',
        `it.yaml:3:5: ${what} cannot be had on a real Engine`,
      );
    });
});
