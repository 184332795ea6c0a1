import { expect } from 'chai';
import {
  type AskingTask,
  type ProtectionAnswer,
  ProtectionError,
} from '../../../transport/agentapi/port.ts';
import { answerProtection } from '../../../transport/agentapi/protection.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { taskArn } from '../tmds/served.ts';
import { askingTask, question, told } from './asking.ts';

const isProtected = {
  tasks: [{ taskArn, enabled: true, expires: new Date('2026-06-01T13:00:00Z') }],
  failures: [],
};

describe('what a task asks of its protection', () => {
  let clock: SimClock;
  let task: AskingTask | null;
  let called: [name: string, input: object][];
  let answer: () => Promise<ProtectionAnswer>;
  beforeEach(() => {
    clock = new SimClock(1_000);
    task = askingTask();
    called = [];
    answer = () => Promise.resolve(isProtected);
  });

  const ask = (method: string, body: unknown = '') =>
    answerProtection(
      {
        clock,
        cluster: () => 'prod',
        taskOf: () => task,
        protection: {
          get: (input) => {
            called.push(['get', input]);
            return answer();
          },
          update: (input) => {
            called.push(['update', input]);
            return answer();
          },
        },
      },
      question({ method, body: typeof body === 'string' ? body : JSON.stringify(body) }),
      'id',
    );
  const says = async (given: ReturnType<typeof ask>, status: number, expected: object) =>
    expect(told(await given)).to.deep.equal({ status, body: expected });
  const refusal = (Code: string, Message: string, Arn: string | null = taskArn) => ({
    error: { ...(Arn !== null && { Arn }), Code, Message },
  });
  const call = { cluster: 'prod', taskArn, keys: askingTask().keys };

  it('is told by ECS, in the role of the task', async () => {
    await says(ask('GET'), 200, {
      protection: {
        ...{ ExpirationDate: '2026-06-01T13:00:00Z', ProtectionEnabled: true, TaskArn: taskArn },
      },
    });
    expect(called).to.deep.equal([['get', call]]);
  });

  it('is told with every member, null where ECS does not say', async () => {
    answer = async () => ({
      tasks: [{ taskArn: null, enabled: null, expires: null }],
      failures: [],
    });
    const { body } = await ask('GET');
    expect(body).to.equal(
      '{"protection":{"ExpirationDate":null,"ProtectionEnabled":null,"TaskArn":null}}',
    );
  });

  const wishes: [body: unknown, enabled: boolean, expiresInMinutes: number | null][] = [
    [{ ProtectionEnabled: true, ExpiresInMinutes: 60 }, true, 60],
    [{ ProtectionEnabled: false }, false, null],
    [{ ProtectionEnabled: true, ExpiresInMinutes: null }, true, null],
    [{ protectionenabled: true, EXPIRESINMINUTES: -1 }, true, -1],
    [{ ProtectionEnabled: true, ExpiresInMinutes: 2 ** 32 + 7 }, true, 7],
    ['{"ProtectionEnabled":true} {"x":1}', true, null],
  ];
  for (const [body, enabled, expiresInMinutes] of wishes)
    it(`is changed by ${typeof body === 'string' ? body : JSON.stringify(body)}`, async () => {
      expect((await ask('PUT', body)).status).to.equal(200);
      expect(called).to.deep.equal([['update', { ...call, enabled, expiresInMinutes }]]);
    });

  const unreadable = [
    ...['', ' ', '{', '[]', '1', '"x"', 'yes'],
    ...['{"ProtectionEnabled":true,"x":1}', '{"ProtectionEnabled":"true"}'],
    ...['{"ProtectionEnabled":1}', '{"ExpiresInMinutes":1.5}', '{"ExpiresInMinutes":"60"}'],
  ];
  for (const body of unreadable)
    it(`is not changed by ${JSON.stringify(body)}, whoever asks`, async () => {
      task = null;
      const says400 = 'UpdateTaskProtection: failed to decode request';
      await says(ask('PUT', body), 400, refusal('InvalidParameterException', says400, null));
      expect(called).to.deep.equal([]);
    });

  it('is refused to an id that is not known', async () => {
    task = null;
    const expected = refusal(
      ...(['ResourceNotFoundException', 'Failed to find a task for the request', null] as const),
    );
    await says(ask('GET'), 404, expected);
    await says(ask('PUT', {}), 404, expected);
  });

  it('is changed only by a wish', async () => {
    for (const body of ['{}', 'null', '{"ProtectionEnabled":null}'])
      await says(
        ask('PUT', body),
        400,
        refusal(
          'InvalidParameterException',
          "Invalid request: does not contain 'ProtectionEnabled' field",
        ),
      );
  });

  it('is refused to a task without keys of its own', async () => {
    task = askingTask({ keys: null });
    const expected = refusal(
      'AccessDeniedException',
      'Invalid Request: no task IAM role credentials available for task',
    );
    await says(ask('GET'), 403, expected);
    await says(ask('PUT', { ProtectionEnabled: true }), 403, expected);
  });

  it('is a GET or a PUT', async () => {
    for (const method of ['POST', 'HEAD', 'DELETE'])
      expect(await ask(method)).to.deep.equal({ status: 405, contentType: null, body: '' });
  });

  it('is a failure of ECS, told as such', async () => {
    const failure = { arn: taskArn, reason: 'TASK_NOT_VALID', detail: null };
    answer = async () => ({ tasks: [], failures: [failure] });
    await says(ask('GET'), 200, {
      failure: { Arn: taskArn, Detail: null, Reason: 'TASK_NOT_VALID' },
    });
  });

  const [one] = isProtected.tasks;
  const failure = { arn: null, reason: null, detail: null };
  const odd: [string, () => ProtectionAnswer][] = [
    ['two failures', () => ({ tasks: [], failures: [failure, failure] })],
    ['two tasks', () => ({ tasks: one ? [one, one] : [], failures: [] })],
    ['nothing', () => ({ tasks: [], failures: [] })],
  ];
  for (const [what, of] of odd)
    it(`is unknown where ECS answers ${what}`, async () => {
      answer = async () => of();
      await says(ask('GET'), 500, refusal('ServerException', 'Unexpected error occurred'));
    });

  const errors: [ProtectionError | Error, number, object][] = [
    [
      new ProtectionError('No.', { status: 400, type: 'AccessDeniedException', requestId: 'r-1' }),
      400,
      { requestID: 'r-1', ...refusal('AccessDeniedException', 'No.') },
    ],
    [
      new ProtectionError('No.', { status: 503, type: 'ServerException', requestId: '' }),
      503,
      { requestID: '', ...refusal('ServerException', 'No.') },
    ],
    [
      new ProtectionError('No.', { status: null, type: 'Odd', requestId: '' }),
      500,
      refusal('Odd', 'No.'),
    ],
    [
      new ProtectionError('ECONNREFUSED', { status: null, type: null, requestId: '' }),
      500,
      refusal('ServerException', 'ECONNREFUSED'),
    ],
    [new TypeError('odd'), 500, refusal('ServerException', 'odd')],
  ];
  for (const [error, status, expected] of errors)
    it(`is refused with ${status} and ${JSON.stringify(expected)}`, async () => {
      answer = () => Promise.reject(error);
      await says(ask('GET'), status, expected);
    });

  it('is not waited for beyond four seconds', async () => {
    answer = () => new Promise(() => {});
    const late = ask('GET');
    await clock.advance(4_000);
    await says(late, 504, refusal('RequestCanceled', 'Timed out calling ECS Task Protection API'));
  });
});
