import { expect } from 'chai';
import { readScenario } from '../../../bin/scenario/file/read.ts';
import { scenarioOf } from '../../../bin/scenario/file/record.ts';
import { yamlOf } from '../../../bin/scenario/file/write.ts';
import { play } from '../../../bin/scenario/play.ts';
import { VirtualStage } from '../../../bin/scenario/stage/virtual.ts';

type Line = [at: number, actor: string, event: string, from: string, to: string, told?: object];

const wants = (at: number, id: string, desired: string, more: object = {}): Line => [
  ...([at, `task/${id}`, 'ecs.wants', '', ''] as const),
  {
    ...{ arn: `arn:aws:ecs:r:1:task/c/${id}`, desired, family: 'Web', version: '1' },
    containers: [
      { name: 'main', image: 'busybox:local', essential: true },
      { name: 'side', essential: false, dependsOn: [{ container: 'main', condition: 'START' }] },
    ],
    ...more,
  },
];
const tells = (at: number, id: string, status: string, containers: object[]): Line[] => [
  [at, `outbox/${id}`, '', 'choosing', 'sending', { status, containers }],
  [at + 1, `outbox/${id}`, 'done.submit', 'sending', 'choosing'],
];
const hint = (at: number, actor: string, from: string, exitCode: number): Line => [
  ...([at, actor, 'engine.hint', from, 'running.inspecting'] as const),
  { exitCode },
];

/** A task that runs while the agent is killed, a second that is stopped. */
const recorded: Line[] = [
  [1_000, 'process', 'process.begun', '', 'running'],
  wants(1_100, 'one', 'RUNNING'),
  ...tells(1_150, 'one', 'RUNNING', [
    { name: 'main', status: 'RUNNING' },
    { name: 'side', status: 'RUNNING' },
  ]),
  [4_000, 'process', 'process.begun', '', 'running'],
  [
    4_010,
    'container/one/side',
    'done.inspect',
    'running.steady',
    'x',
    { state: 'exited', exitCode: 2 },
  ],
  ...tells(24_000, 'one', 'RUNNING', [{ name: 'side', status: 'STOPPED', exitCode: 2 }]),
  wants(30_000, 'two', 'RUNNING'),
  ...tells(30_100, 'two', 'RUNNING', [
    { name: 'main', status: 'RUNNING' },
    { name: 'side', status: 'RUNNING' },
  ]),
  hint(31_000, 'container/one/main', 'running.steady', 3),
  ...tells(31_100, 'one', 'STOPPED', [{ name: 'main', status: 'STOPPED', exitCode: 3 }]),
  wants(40_000, 'two', 'STOPPED'),
  hint(40_500, 'container/two/side', 'stopping.calling', 0),
  hint(40_600, 'container/two/main', 'stopping.calling', 143),
  ...tells(41_000, 'two', 'STOPPED', [
    { name: 'main', status: 'STOPPED', exitCode: 143 },
    { name: 'side', status: 'STOPPED', exitCode: 0 },
  ]),
  [50_000, 'process', 'process.ended', 'running', 'ended', { exitCode: 0 }],
];

const linesOf = (entries: Line[]): string[] => entries.map((entry) => JSON.stringify(entry));

describe('a flight record', () => {
  it('becomes a scenario of what happened, which happens again as it was', async () => {
    const text = await yamlOf(scenarioOf(linesOf(recorded)));
    const read = await readScenario('recorded.yaml', text);
    const { tasks, steps } = read.scenario;
    expect(tasks?.['web-2']?.containers).to.deep.equal({
      main: { does: 'runs until SIGTERM, then exits with 143' },
      side: { essential: false, dependsOn: { main: 'START' } },
    });
    expect(steps.filter((step) => !('see' in step || 'wait' in step))).to.deep.equal([
      { acs: { run: ['web'] } },
      { crash: 'agent' },
      { engine: { exit: 'web/side', code: 2 } },
      { start: 'agent' },
      { acs: { run: ['web-2'] } },
      { engine: { exit: 'web/main', code: 3 } },
      { acs: { stop: ['web-2'] } },
      { stop: 'agent' },
    ]);
    const { failure } = await play(read, new VirtualStage(read.scenario));
    expect(failure).to.equal(null);
  });

  it('is read as objects too, and past lines that are none of it', () => {
    const objects = recorded.map(([at, actor, event, from, to, told]) =>
      JSON.stringify({ at, actor, event, from, to, told: told ?? {}, became: {} }),
    );
    const odd = ['', '# a dump', '{', 'null', '[]', '{"at":"1"}', '[1,"task/one"]'];
    expect(scenarioOf([...odd, ...objects])).to.deep.equal(scenarioOf(linesOf(recorded)));
  });

  it('of a task whose beginning is lost makes nothing of that task', () => {
    const rest = recorded.filter(
      ([, actor, event]) => actor !== 'task/one' || event !== 'ecs.wants',
    );
    expect(JSON.stringify(scenarioOf(linesOf(rest)))).not.to.match(/web-2|side STOPPED 2/);
  });

  it('gives a scenario none of the secrets that may stand in it', async () => {
    const secret = 'PLANTED-SECRET: of the story';
    const planted = linesOf(recorded).map((line) => {
      const [at, actor, event, from, to, told = {}] = JSON.parse(line) as Line;
      const more = { password: secret, environment: { PASSWORD: secret }, code: secret };
      const isWish = event === 'ecs.wants';
      const containers = [{ name: secret, image: secret, environment: secret, status: secret }];
      return JSON.stringify([
        ...[at, actor, event, from, to],
        { ...told, ...more, reason: secret, ...(isWish && { family: 'Web', containers }) },
        { trouble: secret },
      ]);
    });
    const text = await yamlOf(scenarioOf(planted));
    expect(text).to.include('acs:');
    expect(text).not.to.match(/PLANTED|SECRET|story/i);
  });
});
