import { expect } from 'chai';
import { readScenario } from '../../../bin/scenario/file/read.ts';
import { type Outcome, play } from '../../../bin/scenario/play.ts';
import { VirtualStage } from '../../../bin/scenario/stage/virtual.ts';
import { allFaultKinds, type FaultKind } from '../../../bin/simulation/plan/faults.ts';
import { type Fault, type Plan, planOf, type SimTask } from '../../../bin/simulation/plan/plan.ts';
import { drawPlan, type Strike, simulate } from '../../../bin/simulation/run.ts';
import { scenarioOf, scenarioText } from '../../../bin/simulation/scenario.ts';
import { dockerNameOf } from '../../../transport/docker/port.ts';

const web: SimTask = {
  id: 't0',
  containers: [
    { name: 'web', command: ['/bin/busybox', 'sh', '-c', 'trap "exit 143" TERM; wait'] },
  ],
};

const planWith = (faults: Fault[]): Plan => ({
  seed: 7,
  minutes: 10,
  pullBehavior: 'default',
  cleanupWaitMs: 60_000,
  polls: false,
  tasks: [web],
  steps: [{ at: 30_000, does: 'run', task: 't0' }],
  faults,
});

/** What a plan that is run to its end is told as. */
async function toldOf(plan: Plan): Promise<string> {
  const strikes: Strike[] = [];
  const { violation } = await simulate(plan, undefined, strikes);
  expect(violation).to.equal(null);
  return scenarioText({ plan, strikes, violation });
}

async function played(text: string): Promise<Outcome> {
  const read = await readScenario('told.yaml', text);
  return play(read, new VirtualStage(read.scenario));
}

/** The Engine hangs in the first call that the task needs, and the agent is killed for ten seconds. */
const small = `# Made of what is left of seed 7 of a simulation when it is shrunk.
# not said here: ecs.slow after 100000 ms, for 1000 ms
scenario: The agent keeps its promises in what is left of seed 7.
seed: 7
latency:
  ecs: 40ms
  engine: 5ms
agent:
  ECS_IMAGE_PULL_BEHAVIOR: default
  ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: 60s
  ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER: 30s
images:
  registry: [ sim/a:1 ]
tasks:
  t0:
    containers:
      web: { does: "runs until SIGTERM, then exits with 143", image: sim/a:1 }
steps:
  - registry: { push: sim/a:1, takes: 500ms, layers: 1 }
  - wait: 29900ms
  - engine: { hang: resolveDigest }
  - wait: 100ms
  - see: { states: { session: online.serving… } }
  - acs: { run: t0 }
  - wait: 90s
  - crash: agent
  - wait: 10s
  - start: agent
  - wait: 770s
  - stop: agent
  - start: agent
  - see: { states: { session: online.serving… } }
  - acs: { stop: t0 }
  - see: { told: { t0: STOPPED… }, within: 3h }
  - see: { containers: { t0/web: not running }, within: 1s }
  - see:
      states: { task/t0: none }
      containers: { t0/web: gone }
      within: 3h
  - see:
      submitted: |
        …
      not logged: [ error Actor, warn Record … was lost ]
`;

/** A fault as it may be in a plan, and what it strikes. */
const onOf = (kind: FaultKind): string => {
  const [container] = planOf(web).containers;
  if (kind.startsWith('docker.')) return kind === 'docker.pull stalls' ? 'sim/a:1' : 'stop';
  if (kind.startsWith('ecs.')) return 'submit';
  if (kind.startsWith('registry.')) return 'sim/a:1';
  return container ? dockerNameOf({ task: planOf(web), container }) : '';
};

/** Those that no step is like. */
const unsaid: FaultKind[] = [
  'docker.slow',
  'events.reordered',
  'registry.login fails',
  'ecs.denies',
  'ecs.slow',
  'acs.stop not sent',
  'acs.message lost',
  'acs.message doubled',
  'acs.message late',
  'acs.acknowledgement lost',
  'host.clock jumps ahead',
  'host.clock jumps back',
  'host.ports taken',
  'host.metadata fails',
];

describe('a plan of the simulation', () => {
  it('is told as a scenario, by what its faults have struck', async () => {
    const text = await toldOf(
      planWith([
        { at: 29_000, kind: 'docker.hangs', forMs: 2_000, share: 1 },
        { at: 100_000, kind: 'ecs.slow', forMs: 1_000, share: 1 },
        { at: 120_000, kind: 'agent.killed', forMs: 10_000, share: 1 },
      ]),
    );
    expect(text).to.equal(small);
    expect((await played(text)).failure).to.equal(null);
  });

  for (const kind of allFaultKinds) {
    const isSaid = !unsaid.includes(kind);
    it(`has ${kind} in it as a ${isSaid ? 'step' : 'comment'}`, async () => {
      const plan = planWith([{ at: 60_000, kind, forMs: 5_000, share: 1 }]);
      const strikes: Strike[] = [{ at: 61_000, kind, on: onOf(kind) }];
      const simulated = { plan, strikes, violation: null };
      const calm = scenarioOf({ ...simulated, plan: planWith([]), strikes: [] });
      const told = scenarioOf(simulated);
      const before = JSON.stringify(calm.scenario.steps.filter((step) => !('see' in step)));
      const after = JSON.stringify(told.scenario.steps.filter((step) => !('see' in step)));
      expect(after !== before).to.equal(isSaid);
      expect(told.unsaid).to.deep.equal(isSaid ? [] : [`${kind} after 60000 ms, for 5000 ms`]);
      await readScenario('told.yaml', await scenarioText(simulated));
    });
  }

  for (const [tasks, minutes, seeds] of [
    [2, 10, 8],
    [3, 20, 5],
  ] as const)
    it(`passes as a scenario where it breaks no rule (${tasks} tasks, ${minutes} minutes)`, async function () {
      this.timeout(60_000);
      for (let seed = 1; seed <= seeds; seed++) {
        const { failure } = await played(await toldOf(drawPlan(seed, { tasks, minutes })));
        expect(failure, `seed ${seed}`).to.equal(null);
      }
    });
});
