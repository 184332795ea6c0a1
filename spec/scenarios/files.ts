import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { failureLines } from '../../bin/commands/scenario-lines.ts';
import { readScenario } from '../../bin/scenario/file/read.ts';
import type { ReadScenario, Scenario } from '../../bin/scenario/model.ts';
import { play } from '../../bin/scenario/play.ts';
import type { Stage } from '../../bin/scenario/stage/stage.ts';

const folder = import.meta.dirname;

/** The scenarios of this folder, by their paths in it. */
export const scenarioFiles: string[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .sort();

/** Those that say that they run on a real Engine. */
export const realScenarioFiles = scenarioFiles.filter((path) => /^real: true$/m.test(textOf(path)));

function textOf(path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

export const readFile = (path: string): Promise<ReadScenario> =>
  readScenario(relative(process.cwd(), join(folder, path)), textOf(path));

/** Plays a file; throws what it says of its failure. */
export async function playFile(
  path: string,
  stageOf: (scenario: Scenario) => Stage | Promise<Stage>,
): Promise<void> {
  const read = await readFile(path);
  const { failure } = await play(read, await stageOf(read.scenario));
  if (failure) throw new Error(failureLines(failure, { columns: 140, colours: false }).join('\n'));
}
