import { expect } from 'chai';
import { drain } from '../../../bin/commands/drain.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { openIntrospection } from '../../../transport/http/introspection.ts';
import type { IntrospectedTask } from '../../../transport/http/port.ts';
import type { OpenServer } from '../../../transport/http/server.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { task } from '../../transport/http/introspected.ts';

const arn = 'arn:aws:ecs:eu-west-3:1:container-instance/prod/i';

describe('ecs-agent drain', () => {
  let agent: OpenServer;
  let ecs: Loopback;
  let calls: { operation: string; region: string; input: object }[];
  let answer: { status: number; body: object };
  let containerInstanceArn: string | null;
  /** What the agent answers, one after the other; the last one for good. */
  let tasks: IntrospectedTask[][];
  let output: string;

  beforeEach(async () => {
    calls = [];
    output = '';
    answer = { status: 200, body: { containerInstances: [], failures: [] } };
    containerInstanceArn = arn;
    tasks = [[]];
    ecs = await listen((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const { authorization, 'x-amz-target': target } = request.headers;
        calls.push({
          operation: String(target).split('.')[1] ?? '',
          region: authorization?.split('/')[2] ?? '',
          input: JSON.parse(body),
        });
        response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(answer.body));
      });
    });
    agent = await openIntrospection({
      address: '127.0.0.1',
      port: 0,
      clock: realClock(),
      licence: async () => '',
      source: {
        metadata: () => ({ cluster: 'prod', containerInstanceArn, version: 'v' }),
        health: () => ({ healthy: true, sentence: '' }),
        tasks: () => (tasks.length > 1 ? tasks.shift() : tasks[0]) ?? [],
        explain: () => [],
      },
    });
  });
  afterEach(async () => {
    await agent.close();
    await ecs.close();
  });

  /** Waits of the command itself are over at once; those for answers are as they are. */
  const clock = realClock();
  const hasty = {
    ...{ now: () => clock.now(), afterTurn: (work: () => void) => clock.afterTurn(work) },
    at: (time: number, wake: () => void) =>
      clock.at(time - clock.now() <= 2_000 ? clock.now() : time, wake),
  };
  const run = (words: string[], environment: Record<string, string> = {}) =>
    drain(
      words,
      {
        ECS_INTROSPECTION_PORT: new URL(agent.url).port,
        ECS_BACKEND_HOST: ecs.url,
        AWS_ACCESS_KEY_ID: 'AKID',
        AWS_SECRET_ACCESS_KEY: 'secret',
        ...environment,
      },
      {
        clock: hasty,
        write: (text) => {
          output += text;
        },
      },
    );
  const refusal = (...of: Parameters<typeof run>): Promise<Error> =>
    run(...of).then(
      () => new Error('it was done'),
      (error) => error,
    );

  const states: [string, string[], string][] = [
    ['has tasks moved away', [], 'DRAINING'],
    ['takes tasks again', ['--undo'], 'ACTIVE'],
  ];
  for (const [what, words, status] of states)
    it(`${what} in the region of the container instance`, async () => {
      expect(await run(words)).to.equal(0);
      expect(calls).to.deep.equal([
        {
          operation: 'UpdateContainerInstancesState',
          region: 'eu-west-3',
          input: { cluster: 'prod', containerInstances: [arn], status },
        },
      ]);
      expect(output).to.equal(`${arn} is ${status}.\n`);
    });

  it('waits until no task is left that has not stopped, and tells how many there are', async () => {
    const stopped = task('t0', [], { known: 'STOPPED' });
    const [one, two] = [task('t1'), task('t2', [], { known: 'PENDING' })];
    tasks = [[stopped, one, two], [stopped, one, two], [stopped, one], [stopped]];
    expect(await run(['--wait'])).to.equal(0);
    expect(output).to.equal(
      `${arn} is DRAINING.\n2 tasks are left.\n1 task is left.\nNo task is left.\n`,
    );
  });

  const refusals: [string, string[], Record<string, string>, () => void, string, RegExp][] = [
    [
      'while the agent is not registered',
      [],
      {},
      () => {
        containerInstanceArn = null;
      },
      'NOT_REGISTERED',
      /^The agent is not registered with ECS yet/,
    ],
    [
      'where ECS knows no such container instance',
      [],
      {},
      () => {
        answer = { status: 200, body: { failures: [{ arn, reason: 'MISSING' }] } };
      },
      'ECS_INVALID',
      /MISSING$/,
    ],
    [
      'where the credentials may not',
      [],
      {},
      () => {
        answer = { status: 400, body: { __type: 'AccessDeniedException', message: 'no' } };
      },
      'ECS_DENIED',
      /refuses these credentials/,
    ],
    [
      'where no agent answers',
      [],
      { ECS_INTROSPECTION_PORT: '1' },
      () => {},
      'AGENT_UNREACHABLE',
      /^No agent answers/,
    ],
    ['with words that it does not know', ['now'], {}, () => {}, 'USAGE', /see ecs-agent --help/],
    ['undone and waited for', ['--undo', '--wait'], {}, () => {}, 'USAGE', /^Either --undo or/],
  ];
  for (const [what, words, environment, prepare, code, line] of refusals)
    it(`is refused ${what} in one line`, async () => {
      prepare();
      const error = await refusal(words, environment);
      expect(error).to.include({ code });
      expect(error.message).to.match(line).and.not.include('\n');
      expect(output).to.equal('');
    });
});
