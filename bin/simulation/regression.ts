import { readScenario } from '../scenario/file/read.ts';
import { play } from '../scenario/play.ts';
import { VirtualStage } from '../scenario/stage/virtual.ts';
import type { Plan } from './plan/plan.ts';
import { type Strike, simulate } from './run.ts';
import { scenarioText } from './scenario.ts';

/** A scenario made of a plan that fails. */
export interface Regression {
  /** The name of its file. */
  file: string;
  text: string;
  /** Whether it fails with the same agent, as the plan does. */
  fails: boolean;
}

/** What is said of a scenario that does not fail where its plan does. */
const notCaught = 'how that rule was broken: the agent that broke it plays this without a failure';

/** Tells a plan that fails as a scenario, and plays it at once: not all that fails can be told. */
export async function regressionOf(plan: Plan): Promise<Regression> {
  const strikes: Strike[] = [];
  const { violation } = await simulate(plan, undefined, strikes);
  const simulated = { plan, strikes, violation };
  const file = `simulate-${plan.seed}.scenario.yaml`;
  const text = await scenarioText(simulated);
  const read = await readScenario(file, text);
  const { failure } = await play(read, new VirtualStage(read.scenario));
  if (failure) return { file, text, fails: true };
  return { file, text: await scenarioText(simulated, [notCaught]), fails: false };
}
