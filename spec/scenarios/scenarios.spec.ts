import { expect } from 'chai';
import { VirtualStage } from '../../bin/scenario/stage/virtual.ts';
import { playFile, readFile, scenarioFiles } from './files.ts';

describe('the scenarios, in virtual time', () => {
  for (const path of scenarioFiles)
    it(path.replace('.yaml', ''), () => playFile(path, (scenario) => new VirtualStage(scenario)));

  it('say in one sentence what happens, each another', async () => {
    const sentences = new Set<string>();
    for (const path of scenarioFiles) {
      const { scenario } = (await readFile(path)).scenario;
      expect(scenario, path).to.match(/^[A-Z].*[^.]\.$/);
      sentences.add(scenario);
    }
    expect(sentences.size).to.equal(scenarioFiles.length);
  });
});
