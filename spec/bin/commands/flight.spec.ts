import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { flight, storyText } from '../../../bin/commands/flight.ts';
import { LocalPlane, localTaskArn } from '../../../bin/commands/local-plane.ts';
import { replay, stepsOf } from '../../../bin/commands/replay.ts';
import { decodeEntry, encodeEntry } from '../../../machines/flight/entry.ts';
import type { FlightEntry } from '../../../machines/flight/model.ts';
import { framed } from '../../../persistence/flight/frame.ts';
import { wireTaskOf } from '../../../transport/acs/task-definition.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { AgentProcess } from '../../support/process.ts';

const now = Date.UTC(2026, 5, 1, 12);
const entry = (more: Partial<FlightEntry> = {}): FlightEntry => ({
  ...{ at: now, actor: 'task/a', event: 'task.stop', from: 'running', to: 'stopping' },
  ...{ told: {}, became: {}, ...more },
});
const hint = entry({
  ...{ actor: 'container/a/web', event: 'engine.hint', from: 'running.steady' },
  ...{ to: 'running.inspecting', told: { exitCode: 3 }, became: { attempts: 1 } },
});

describe('a story as text', () => {
  it('has a heading for each day, and says what the actor was told and does then', () => {
    const text = storyText(
      [
        { at: now, subject: 'task a', sentence: 'it runs' },
        { at: now + 1_000, subject: 'task\tb', sentence: 'it\u001b[2J stops' },
        { at: now + 86_400_000, subject: 'task a', sentence: 'it stops' },
      ],
      false,
    );
    expect(text).to.equal(
      '2026-06-01 (UTC)\n12:00:00  task a: it runs\n12:00:01  task b: it [2J stops\n' +
        '2026-06-02 (UTC)\n12:00:00  task a: it stops\n',
    );
  });
});

describe('a step of a replay', () => {
  it('shows event, actor, states, and what became of the context', () => {
    const goesOn = { ...hint, event: '', from: hint.to, to: hint.to, told: {} };
    expect(stepsOf([hint, { ...goesOn, became: { attempts: 2 } }])).to.deep.equal([
      '1 of 2  2026-06-01 12:00:00.000 UTC  container web of task a\n' +
        '  event    engine.hint, exitCode 3\n' +
        '  state    running.steady → running.inspecting\n' +
        '  context  attempts 1\n',
      '2 of 2  2026-06-01 12:00:00.000 UTC  container web of task a\n' +
        '  event    (goes on by itself)\n' +
        '  state    running.inspecting\n' +
        '  context  attempts 1 → 2\n',
    ]);
  });
});

describe('ecs-agent flight and replay', () => {
  let folder: string;
  let output: string;
  let warnings: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flight-spec-'));
    output = '';
    warnings = '';
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (text: string) => {
    output += text;
  };
  const warn = (text: string) => {
    warnings += text;
  };
  const record = (text: string, name = 'agent.flight'): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const two = [entry({ actor: 'task/b' }), hint].map((one) => encodeEntry(one, one.at));
  const run = (words: string[]) =>
    flight(words, { ECS_DATADIR: folder }, { write, warn, colours: false });

  it('tell the story of all, and of one task by its id or ARN', () => {
    record(framed(two));
    expect(run([])).to.equal(0);
    expect(output).to.include(
      '12:00:00  task b: it is to stop; waits for all its containers to stop\n',
    );
    for (const task of ['a', localTaskArn('specs', 'a')]) {
      output = '';
      run(['--task', task]);
      expect(output).to.equal(
        '2026-06-01 (UTC)\n12:00:00  container web: the Engine said that it exited with 3; ' +
          'waits for the Engine to show whether it still runs\n',
      );
    }
    expect(warnings).to.equal('');
  });

  it('print the entries themselves with --json', () => {
    record(framed(two));
    run(['--json', '--task', 'a']);
    expect(JSON.parse(output)).to.deep.equal(hint);
  });

  it('say what was damaged, and leave it out', () => {
    record(framed(two.slice(0, 1)) + framed(two.slice(1)).replace('web', 'wob'));
    run(['--json']);
    expect(output.trim().split('\n').map(decodeEntry)).to.deep.equal([entry({ actor: 'task/b' })]);
    expect(warnings).to.equal('1 damaged part is left out.\n');
  });

  const refusals: [string, string[], string | null, RegExp][] = [
    ['where there is no record', [], null, /agent\.flight'?: the agent keeps one in ECS_DATADIR/],
    ['where the file holds none', [], 'x', /There is no flight record in .*: the agent keeps one/],
    ['of an unknown task', ['--task', 'c'], framed(two), /Nothing is recorded of task c/],
    ['of wrong words', ['c'], framed(two), /Unexpected argument 'c'.*see ecs-agent --help/s],
  ];
  for (const [what, words, text, says] of refusals)
    it(`refuse in one line ${what}`, () => {
      if (text !== null) record(text);
      expect(() => run(words)).to.throw(says);
    });

  /** What is said after each of these keys. */
  async function pressing(file: string, keys: string[]): Promise<string[]> {
    const said: string[] = [];
    async function* pressed() {
      for (const key of keys) {
        said.push(output);
        output = '';
        yield key;
      }
    }
    expect(await replay([file], { write, keys: pressed() })).to.equal(0);
    return [...said, output];
  }

  it('step forth and back by keys, and leave', async () => {
    const keys = ['b', '\r', ' ', 'x', 'b', 'q', '\r'];
    const said = await pressing(record(framed(two)), keys);
    const heads = said.map((text) => text.split('\n')[0]?.replace(/ {2}.*/, ''));
    expect(heads.pop()).to.equal('');
    expect(heads).to.deep.equal([
      'Enter: the next step. b: the one before. q: leave.',
      'That was the first.',
      '2 of 2',
      'That was the last.',
      'Enter: the next step. b: the one before. q: leave.',
      '1 of 2',
    ]);
    expect(said[0]).to.match(/\n1 of 2 /);
  });

  for (const [what, text] of [
    ['a record', framed(two)],
    ['what flight --json printed', two.map((line) => JSON.stringify(decodeEntry(line))).join('\n')],
    ['a dump', `# level=info msg="Actor"\n${two.join('\n')}\n`],
  ] as const)
    it(`step straight through ${what} where no key can be pressed`, async () => {
      await replay([record(text, 'file')], { write, keys: null });
      expect(output).to.equal(stepsOf([entry({ actor: 'task/b' }), hint]).join(''));
    });

  for (const words of [[], ['one', 'two']])
    it(`refuse to replay ${words.length} files`, async () => {
      const refusal = await replay(words, { write, keys: null }).catch((error) => error);
      expect(refusal).to.include({ code: 'USAGE' });
    });

  it('refuse to replay something else', async () => {
    const refusal = await replay([record('hello')], { write, keys: null }).catch((error) => error);
    expect(refusal).to.include({ code: 'FLIGHT_UNREADABLE' });
    expect(refusal.message).to.match(/There is no flight record in .*: name a dump, the file/);
  });
});

describe('the flight record of an agent’s process', () => {
  const pulse = { clock: realClock(), random: realRandom };
  let folder: string;
  let plane: LocalPlane;
  let closeEngine: () => Promise<void>;
  const running: AgentProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flight-process-'));
    plane = new LocalPlane(pulse, 'specs');
    await plane.open();
    const engine = new SimEngine({ ...pulse, latencyMs: 0, images: ['web:1'] });
    closeEngine = await serveEngine(engine, join(folder, 'engine.sock'));
  });
  afterEach(async () => {
    for (const { child } of running.splice(0)) child.kill('SIGKILL');
    await plane.close();
    await closeEngine();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (words: string[] = []): AgentProcess => {
    const agent = new AgentProcess(words, {
      ECS_CLUSTER: 'specs',
      ECS_BACKEND_HOST: plane.url,
      AWS_DEFAULT_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'AKID-HIDDEN',
      AWS_SECRET_ACCESS_KEY: 'KEY-HIDDEN',
      DOCKER_HOST: `unix://${join(folder, 'engine.sock')}`,
      ECS_DATADIR: join(folder, 'data'),
      ECS_EXTERNAL: 'true',
      ECS_INTROSPECTION_PORT: '0',
      ECS_IMAGE_PULL_BEHAVIOR: 'prefer-cached',
      ECS_ENGINE_AUTH_TYPE: 'docker',
      ECS_ENGINE_AUTH_DATA: '{"web.example":{"username":"u","password":"LOGIN-HIDDEN"}}',
    });
    running.push(agent);
    return agent;
  };
  const command = async (...words: string[]): Promise<string> => {
    const agent = start(words);
    expect(await agent.exitCode(), agent.output).to.equal(0);
    return agent.output;
  };
  const said = async (...words: string[]): Promise<string> => {
    const agent = start(words);
    await agent.exitCode();
    return agent.output;
  };

  const arn = localTaskArn('specs', 'f'.repeat(32));
  const runTask = async () => {
    const definition = {
      family: 'site',
      containerDefinitions: [
        {
          ...{ name: 'web', image: 'web:1', memory: 16, command: ['COMMAND-HIDDEN'] },
          environment: [{ name: 'PASSWORD', value: 'ENVIRONMENT-HIDDEN' }],
        },
      ],
    };
    plane.run(wireTaskOf(definition, { arn, version: '1' }));
    await plane.until(({ tasks }) => tasks[arn]?.status === 'RUNNING');
  };

  it('is told by ecs-agent flight while it runs, after SIGKILL, and over a restart', async function () {
    this.timeout(60_000);
    const agent = start();
    await plane.connected();
    await runTask();
    // Its last entries are written within a moment, and at first there is no record at all.
    while (!(await said('flight')).includes('ECS has accepted that'));
    await agent.signal('SIGKILL');
    const again = start();
    await again.says(/Registered/);
    expect(await again.signal('SIGTERM')).to.equal(0);
    const story = await command('flight', '--task', arn);
    expect(story, story).to.match(/task f{32}: ECS wants it running: web \(web:1\)\n/);
    expect(story).to.match(
      /container web: the Engine shows that it is running; its process runs\n/,
    );
    expect(story).to.match(/container web: it was taken up again as it was saved/);
    const all = await command('flight');
    expect(all).to.match(/the agent’s process: it began\n/);
    expect(all).to.match(/the agent’s process: it began; the one before it had no time to say/);
    expect(all).to.match(/the agent’s process: it ended with 0\n$/);
    for (const text of [all, readFileSync(join(folder, 'data', 'agent.flight'), 'utf8')])
      expect(text).not.to.include('HIDDEN');
  });

  it('is in a dump on SIGUSR1 with what is so now, which replay steps through', async function () {
    if (process.platform === 'win32') this.skip();
    this.timeout(60_000);
    const agent = start();
    await plane.connected();
    await runTask();
    agent.child.kill('SIGUSR1');
    const [, file = ''] = await agent.says(
      /This and the flight record are in a file" file="(.*?)"/,
    );
    expect(file).to.equal(join(folder, 'data', 'agent.dump'));
    const dump = readFileSync(file, 'utf8');
    expect(dump).to.match(/^# level=info .* msg="Actor" actor="task\/f{32}" state="running"/m);
    expect(dump).to.include('"ecs.wants"').and.not.include('HIDDEN');
    const steps = await command('replay', file);
    expect(steps).to.match(/^1 of \d+ {2}.* the agent’s process\n {2}event {4}process\.begun\n/);
    expect(steps).to.include('  state    starting.inspecting → started\n');
    expect(await agent.signal('SIGTERM')).to.equal(0);
  });
});
