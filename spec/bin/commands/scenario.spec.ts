import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { scenario } from '../../../bin/commands/scenario.ts';
import { SimClock } from '../../../transport/sim/clock.ts';

const story = (code: number, more = '') => `scenario: A task ends with three.
tasks: { web: { containers: { main: exits with ${code} after 5s } } }
steps:
  - acs: { run: web }
  - see:
      submitted: |
        web RUNNING: main RUNNING
        web STOPPED: main STOPPED 3
${more}`;

describe('ecs-agent scenario', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'));
  after(() => rmSync(folder, { recursive: true }));

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  /** Answers the exit code and all that is written, with the folder left out. */
  function said(...words: string[]): Promise<[number, string]> {
    return saidWith({}, ...words);
  }

  async function saidWith(
    environment: Record<string, string>,
    ...words: string[]
  ): Promise<[number, string]> {
    let text = '';
    const write = (more: string) => {
      text += more;
    };
    const output = { clock: new SimClock(), write, columns: 96, colours: false };
    const code = await scenario(words, environment, output);
    return [code, text.replaceAll(`${folder}/`, '')];
  }

  it('tells of each file that it went as it says, and how long all took', async () => {
    const path = file('three.yaml', story(3));
    expect(await said('run', path, path)).to.deep.equal([
      0,
      [
        ...Array(2).fill('✓ A task ends with three. (0 ms for 5 s)'),
        '2 passed, 0 failed in 0 ms',
        '',
      ].join('\n'),
    ]);
  });

  it('shows what was expected beside what was seen, with the lines of the file, and ends with 1', async () => {
    const [code, text] = await said('run', file('four.yaml', story(4)), file('x.yaml', story(3)));
    expect(code).to.equal(1);
    expect(text.split('\n').map((line) => line.trimEnd())).to.deep.equal([
      '✗ A task ends with three. (0 ms for 5 s)',
      'four.yaml:6:7: submitted is not as the scenario says',
      '    line  expected                                   seen',
      '       7  web RUNNING: main RUNNING                  web RUNNING: main RUNNING',
      '  ✗    8  web STOPPED: main STOPPED 3                web STOPPED: main STOPPED 4',
      '✓ A task ends with three. (0 ms for 5 s)',
      '1 passed, 1 failed in 0 ms',
      '',
    ]);
  });

  it('fails a file that does not look at all that was submitted', async () => {
    const text = story(3).replace('        web STOPPED: main STOPPED 3\n', '  - wait: 1m\n');
    const [code, told] = await said('run', file('more.yaml', text));
    expect(code).to.equal(1);
    expect(told).to.match(
      /more was submitted than the scenario says\n.*\n.*✗.*– +web STOPPED: main/,
    );
  });

  const looks: [string, string][] = [
    ['{ containers: { web/main: running } }', 'web/main: running +web/main: exited 3'],
    ['{ told: { web: RUNNING… } }', 'web: RUNNING… +web: STOPPED: main STOPPED 3'],
    ['{ states: { task/web: running } }', 'task/web: running +task/web: stopped.keeping'],
    ['{ explain: { web: all is well } }', 'web: all is well +web: '],
    ['{ logged: [never] }', 'never +info '],
    ['{ not logged: [Registered] }', '– +info Registered'],
    ['{ ended: 5 }', '5 +it runs'],
    ['{ happened: [start main] }', 'start main +create main'],
    ['{ answered: [200] }', '200 +–'],
    ['{ nothing logged: 10m }', '– +info ACS connection closed'],
    ['{ asked: [], nothing asked: 1s }', '– +inspectImage busybox:local'],
    ['{ acknowledged: [AckRequest m-2] }', 'AckRequest m-2 +AckRequest m-1'],
    ['{ states: { task/web: stopped.keeping }, not before: 3s }', 'not before 3s +after 0 s'],
  ];
  for (const [look, rows] of looks)
    it(`shows what it saw where ${look} was expected`, async () => {
      const [code, told] = await said('run', file('look.yaml', story(3, `  - see: ${look}\n`)));
      expect(code).to.equal(1);
      expect(told).to.match(new RegExp(`✗ +9  ${rows}|✗ +${rows}`));
    });

  it('tells the place of a step that cannot be done, and why', async () => {
    const step = '  - store: { mark: task/wbe, as: damaged }\n';
    const [code, text] = await said('run', file('no.yaml', story(3, step)));
    expect(code).to.equal(1);
    expect(text.split('\n')[0]).to.equal('✗ no.yaml:9:5: there is no record task/wbe to damage');
  });

  const holds: string[] = [
    'told: { web: STOPPED… }',
    'containers: { web/main: not running }',
    'not logged: [error]',
    'submitted: …',
  ];
  for (const look of holds)
    it(`passes where it looks for ${look}`, async () => {
      const [code, told] = await said('run', file('look.yaml', story(3, `  - see: { ${look} }\n`)));
      expect(code, told).to.equal(0);
    });

  it('goes on where a container ends, is marked or removed that is not there', async () => {
    const gone = ['exit: web/main', 'mark: web/main, as: dead', 'remove: web/main'];
    const more = gone.map((step) => `  - engine: { ${step} }\n`).join('');
    const [code, told] = await said('run', file('gone.yaml', story(3, `  - wait: 4h\n${more}`)));
    expect(code, told).to.equal(0);
  });

  it('keeps an acknowledgement back while the disk of the database is full', async () => {
    const text = `scenario: A task waits for room on the disk.
tasks: { web: { containers: { main: {} } } }
latency: { ecs: 1s }
steps:
  - store: full
  - acs: { run: web }
  - wait: 1m
  - see: { acknowledged: [] }
  - store: free
  - see: { acknowledged: [AckRequest m-1], submitted: …, not before: 1s }
`;
    const [code, told] = await said('run', file('full.yaml', text));
    expect(code, told).to.equal(0);
  });

  it('tells what it cannot read, goes on with the other files, and ends with 1', async () => {
    const [code, text] = await said(
      ...['run', file('bad.yaml', 'steps: []'), join(folder, 'none.yaml')],
      file('three.yaml', story(3)),
    );
    expect(code).to.equal(1);
    expect(text.split('\n').slice(0, 4)).to.deep.equal([
      '✗ bad.yaml:1:1: the scenario must have a member scenario',
      `✗ none.yaml: ENOENT: no such file or directory, open 'none.yaml'`,
      '✓ A task ends with three. (0 ms for 5 s)',
      '1 passed, 2 failed in 0 ms',
    ]);
  });

  it('says at once that a real Engine cannot be reached', async () => {
    const environment = { DOCKER_HOST: `unix://${join(folder, 'none.sock')}` };
    const words = ['run', '--engine', 'docker', file('three.yaml', story(3))];
    const [code, text] = await saidWith(environment, ...words);
    expect(code).to.equal(1);
    expect(text).to.match(
      /^✗ The Docker Engine at unix:\/\/none\.sock cannot be reached: connect ENOENT none\.sock\n/,
    );
  });

  it('writes a scenario of a flight record', async () => {
    const line = [5, 'task/a', 'ecs.wants', '', '', { desired: 'RUNNING', family: 'web' }];
    const [code, text] = await said('record', file('flight.jsonl', `${JSON.stringify(line)}\n`));
    expect(code).to.equal(0);
    expect(text).to.include('steps:\n  - acs: { run: web }\n');
  });

  const refusals: [string[], string][] = [
    [[], 'scenario must be followed by run or record, not nothing (see ecs-agent --help)'],
    [['play'], 'scenario must be followed by run or record, not play (see ecs-agent --help)'],
    [['run'], 'scenario run needs at least one file (see ecs-agent --help)'],
    [
      ['run', '--engine', 'rkt', 'x'],
      '--engine must be simulated or docker, not rkt (see ecs-agent --help)',
    ],
    [['record', 'a', 'b'], 'scenario record takes one file (see ecs-agent --help)'],
  ];
  for (const [words, message] of refusals)
    it(`refuses the words ${JSON.stringify(words)}`, async () => {
      const error = await said(...words).catch((error: Error) => error);
      expect(error).to.have.property('message', message);
    });

  it('refuses a record with nothing in it', async () => {
    const error = await said('record', file('empty.jsonl', '\n')).catch((error: Error) => error);
    expect(error).to.have.property('code', 'SCENARIO_EMPTY');
  });
});
