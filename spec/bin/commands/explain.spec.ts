import { expect } from 'chai';
import { durationWords, explain, explanationLines } from '../../../bin/commands/explain.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { openIntrospection } from '../../../transport/http/introspection.ts';
import type { Explanation } from '../../../transport/http/port.ts';
import type { OpenServer } from '../../../transport/http/server.ts';
import { explanation } from '../../transport/http/introspected.ts';

const now = Date.UTC(2026, 5, 1, 12, 0, 12);
const plain = { now, colours: false };

describe('an explanation in lines', () => {
  it('is a sentence, and a tree of its parts below it', () => {
    const waits = (subject: string, sentence: string, parts: Explanation[] = []) =>
      explanation({ subject, sentence, parts });
    const lines = explanationLines(
      waits('task t1', 'It waits for all its containers to run.', [
        waits('container web', 'It waits for log', [waits('container log', 'Its image is pulled')]),
        waits('volume data', 'It is made', [waits('a', 'b'), waits('c', 'd', [waits('e', 'f')])]),
      ]),
      plain,
    );
    expect(lines).to.deep.equal([
      'task t1: It waits for all its containers to run',
      '├─ container web: It waits for log',
      '│  └─ container log: Its image is pulled',
      '└─ volume data: It is made',
      '   ├─ a: b',
      '   └─ c: d',
      '      └─ e: f',
    ]);
  });

  const next = 'the pull has failed';
  const times: [string, Partial<Explanation>, string][] = [
    ['nothing of a wait of which no time is known', {}, ''],
    ['since when', { since: now - 12_000 }, ' (for 12 seconds now)'],
    ['until when', { until: now + 48_000 }, ' (until 12:01:00 UTC at most, in 48 seconds)'],
    [
      'the day where it is another one',
      { until: now + 86_400_000 },
      ' (until 2026-06-02 12:00:12 UTC at most, in 24 hours)',
    ],
    [
      'that it is overdue',
      { until: now - 3_000 },
      ' (until 12:00:09 UTC at most, which was 3 seconds ago)',
    ],
    ['what happens then', { next }, ' (then the pull has failed)'],
    [
      'all of it',
      { since: now - 12_000, until: now + 48_000, next },
      ' (for 12 seconds now; until 12:01:00 UTC at most, in 48 seconds; then the pull has failed)',
    ],
    [
      'no consequence of what may stay as it is',
      { since: now - 7_200_000, next, steady: true },
      ' (for 2 hours now)',
    ],
    [
      'nothing odd where the clocks differ',
      { since: now + 5_000 },
      ' (for less than a second now)',
    ],
  ];
  for (const [what, more, said] of times)
    it(`tells ${what}`, () => {
      const lines = explanationLines(explanation({ sentence: 'It waits.', ...more }), plain);
      expect(lines).to.deep.equal([`task t1: It waits${said}`]);
    });

  it('is one line, whatever an error text holds', () => {
    const rude = { sentence: 'The Engine says: \u001b[2Jno\r\nway', subject: 'task\tt1' };
    expect(explanationLines(explanation(rude), plain)).to.deep.equal([
      'task t1: The Engine says: [2Jno way',
    ]);
  });

  it('is in colour where that is wanted: what is overdue in red', () => {
    const [due] = explanationLines(explanation({ until: now + 1 }), { now, colours: true });
    const [overdue] = explanationLines(explanation({ until: now - 1 }), { now, colours: true });
    expect(due).to.include('\u001b[1mtask t1\u001b[22m').and.not.include('\u001b[31m');
    expect(overdue).to.include('\u001b[31m');
    const [bare] = explanationLines(explanation(), { now, colours: true });
    expect(bare).to.equal('\u001b[1mtask t1\u001b[22m: It waits for its containers');
  });
});

describe('a duration in words', () => {
  const words: [number, string][] = [
    [-5, 'less than a second'],
    [999, 'less than a second'],
    [1_000, '1 second'],
    [1_999, '1 second'],
    [119_999, '119 seconds'],
    [120_000, '2 minutes'],
    [7_199_999, '119 minutes'],
    [7_200_000, '2 hours'],
    [172_799_999, '47 hours'],
    [172_800_000, '2 days'],
    [8_640_000_000, '100 days'],
  ];
  for (const [ms, said] of words)
    it(`of ${ms} ms is ${said}`, () => {
      expect(durationWords(ms)).to.equal(said);
    });
});

describe('ecs-agent explain', () => {
  let agent: OpenServer;
  let explanations: Explanation[];
  let output: string;

  beforeEach(async () => {
    output = '';
    explanations = [];
    agent = await openIntrospection({
      address: '127.0.0.1',
      port: 0,
      clock: realClock(),
      licence: async () => '',
      source: {
        metadata: () => ({ cluster: 'c', containerInstanceArn: null, version: 'v' }),
        health: () => ({ healthy: true, sentence: '' }),
        tasks: () => [],
        explain: (task) =>
          explanations.filter(({ subject }) => task === null || subject === `task ${task}`),
      },
    });
  });
  afterEach(() => agent.close());

  const run = (words: string[], environment: Record<string, string> = {}) =>
    explain(
      words,
      { ECS_INTROSPECTION_PORT: new URL(agent.url).port, ...environment },
      {
        clock: { now: () => now, at: () => () => {}, afterTurn: (work) => work() },
        write: (text) => {
          output += text;
        },
        colours: false,
      },
    );
  const refusal = (...of: Parameters<typeof run>): Promise<Error> =>
    run(...of).then(
      () => new Error('it answered'),
      (error) => error,
    );

  it('shows what waits, and leaves out what is steady', async () => {
    explanations = [
      explanation({ subject: 'task t1', steady: true, sentence: 'It runs' }),
      explanation({ subject: 'task t2', since: now - 2_000 }),
      explanation({ subject: 'task t3', steady: true, parts: [explanation({ subject: 'web' })] }),
    ];
    expect(await run([])).to.equal(0);
    expect(output).to.equal(
      'task t2: It waits for its containers (for 2 seconds now)\n' +
        'task t3: It waits for its containers\n' +
        '└─ web: It waits for its containers\n',
    );
  });

  const steady = explanation({ steady: true, parts: [explanation({ steady: true })] });
  for (const [what, found] of [
    ['nothing to explain', []],
    ['nothing that waits', [steady]],
  ] as const)
    it(`says that all is steady where there is ${what}`, async () => {
      explanations = [...found];
      expect(await run([])).to.equal(0);
      expect(output).to.equal('All tasks are steady.\n');
    });

  it('shows the task that is asked for, though it is steady', async () => {
    explanations = [
      explanation({ steady: true, sentence: 'It runs' }),
      explanation({ subject: 'x' }),
    ];
    expect(await run(['t1'])).to.equal(0);
    expect(output).to.equal('task t1: It runs\n');
  });

  it('shows the answer itself with --json', async () => {
    explanations = [steady];
    expect(await run(['--json'])).to.equal(0);
    const response = await fetch(`${agent.url}/v1/explain`);
    expect(JSON.parse(output)).to.deep.equal(await response.json());
    expect(output).to.match(/^\{\n {2}"Explanations": \[\n.*\n\}\n$/s);
  });

  it('is reached on loopback where the agent listens on all addresses', async () => {
    expect(await run([], { ECS_INTROSPECTION_BIND_ADDRESS: '0.0.0.0' })).to.equal(0);
  });

  const refusals: [string, string[], Record<string, string>, string, RegExp][] = [
    ['of an unknown task', ['t9'], {}, 'TASK_UNKNOWN', /^The agent has no task t9/],
    [
      'where the endpoint is off',
      [],
      { ECS_INTROSPECTION_PORT: '0' },
      'AGENT_UNREACHABLE',
      /^ECS_INTROSPECTION_PORT is 0.*give both/,
    ],
    [
      'where no agent answers',
      [],
      { ECS_INTROSPECTION_PORT: '1' },
      'AGENT_UNREACHABLE',
      /^No agent answers at http:\/\/127\.0\.0\.1:1: start it, or set/,
    ],
    ['of two tasks', ['t1', 't2'], {}, 'USAGE', /^Only one task.*see ecs-agent --help/],
    ['with an unknown option', ['--yaml'], {}, 'USAGE', /--yaml.*see ecs-agent --help/],
  ];
  for (const [what, words, environment, code, line] of refusals)
    it(`is refused ${what} in one line`, async () => {
      const error = await refusal(words, environment);
      expect(error).to.include({ code });
      expect(error.message).to.match(line).and.not.include('\n');
      expect(output).to.equal('');
    });
});
