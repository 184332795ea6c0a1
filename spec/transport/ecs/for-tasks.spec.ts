import { expect } from 'chai';
import { ProtectionError } from '../../../transport/agentapi/port.ts';
import { tagReader, taskProtection } from '../../../transport/ecs/for-tasks.ts';
import { realClock } from '../../../transport/host/clock.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { direct } from '../../support/wire.ts';

interface Call {
  operation: string;
  input: unknown;
  userAgent: string;
  authorization: string;
  token: string;
}
type Reply = { status: number; body: unknown; headers?: Record<string, string> };

const arn = 'arn:aws:ecs:us-west-2:1:task/prod/0a';
const keys = { accessKeyId: 'ASIATASK', secretAccessKey: 'secret', sessionToken: 'token' };
const never = new AbortController().signal;

describe('calls to ECS for tasks', () => {
  let loopback: Loopback;
  let calls: Call[];
  let reply: (call: number) => Reply | null;
  beforeEach(async () => {
    calls = [];
    loopback = await listen(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { headers } = request;
      calls.push({
        operation: String(headers['x-amz-target']).split('.').at(-1) ?? '',
        input: JSON.parse(body),
        userAgent: String(headers['user-agent']),
        authorization: String(headers.authorization),
        token: String(headers['x-amz-security-token']),
      });
      const answer = reply(calls.length);
      if (answer === null) return;
      response.writeHead(answer.status, {
        'content-type': 'application/x-amz-json-1.1',
        ...answer.headers,
      });
      response.end(JSON.stringify(answer.body));
    });
  });
  afterEach(() => loopback.close());

  const options = () => ({
    endpoint: loopback.url,
    region: 'us-west-2',
    userAgent: 'agent/1',
    wire: direct,
  });
  const call = { cluster: 'prod', taskArn: arn, keys };

  it('ask for the protection of a task with its own keys', async () => {
    const protectedTask = {
      ...{ taskArn: arn, protectionEnabled: true, expirationDate: 1_780_318_800 },
    };
    reply = () => ({ status: 200, body: { protectedTasks: [protectedTask], failures: [] } });
    expect(await taskProtection(options()).get(call, never)).to.deep.equal({
      tasks: [{ taskArn: arn, enabled: true, expires: new Date(1_780_318_800_000) }],
      failures: [],
    });
    const [one] = calls;
    expect(one).to.deep.include({
      operation: 'GetTaskProtection',
      input: { cluster: 'prod', tasks: [arn] },
      userAgent: 'agent/1',
      token: 'token',
    });
    expect(one?.authorization).to.include('Credential=ASIATASK/');
  });

  it('change it, and tell what ECS could not do', async () => {
    reply = () => ({ status: 200, body: { failures: [{ arn, reason: 'TASK_NOT_VALID' }] } });
    const protection = taskProtection(options());
    const wish = { ...call, enabled: true, expiresInMinutes: 60 };
    expect(await protection.update(wish, never)).to.deep.equal({
      tasks: [],
      failures: [{ arn, reason: 'TASK_NOT_VALID', detail: null }],
    });
    await protection.update({ ...wish, enabled: false, expiresInMinutes: null }, never);
    expect(calls.map(({ operation, input }) => [operation, input])).to.deep.equal([
      [
        'UpdateTaskProtection',
        { cluster: 'prod', tasks: [arn], protectionEnabled: true, expiresInMinutes: 60 },
      ],
      ['UpdateTaskProtection', { cluster: 'prod', tasks: [arn], protectionEnabled: false }],
    ]);
  });

  const rejection = async (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => {
        throw new Error('it was answered');
      },
      (error: unknown) => error,
    );

  it('tell a refusal by its name, status and request', async () => {
    reply = () => ({
      status: 400,
      body: { __type: 'AccessDeniedException', message: 'Not you.' },
      headers: { 'x-amzn-requestid': 'r-1' },
    });
    const error = await rejection(taskProtection(options()).get(call, never));
    expect(error).to.be.instanceOf(ProtectionError);
    expect(error).to.include({
      ...{ message: 'Not you.', status: 400, type: 'AccessDeniedException', requestId: 'r-1' },
      code: 'ECS_PROTECTION',
    });
  });

  it('tell of an end of the network without a name', async () => {
    const gone = await listen();
    await gone.close();
    const protection = taskProtection({ ...options(), endpoint: gone.url });
    const error = await rejection(protection.get(call, never));
    expect(error).to.be.instanceOf(ProtectionError);
    expect(error).to.include({ status: null, type: null });
  });

  it('end when they are not waited for any more', async () => {
    reply = () => null;
    const ending = new AbortController();
    const asked = rejection(taskProtection(options()).get(call, ending.signal));
    while (calls.length === 0) await new Promise(setImmediate);
    ending.abort();
    expect(await asked).to.be.instanceOf(ProtectionError);
  });

  const agentKeys = { accessKeyId: 'AKIAAGENT', secretAccessKey: 'secret' };
  const tags = (clock: Clock = realClock()) =>
    tagReader({
      ...options(),
      credentials: () => Promise.resolve(agentKeys),
      clock,
      random: realRandom,
    });

  it('read tags with the agent’s keys, and name the container', async () => {
    reply = () => ({
      status: 200,
      body: {
        tags: [
          { key: 'team', value: 'blue' },
          { key: 'plain', value: '' },
        ],
      },
    });
    expect(await tags()(arn, 'nginx')).to.deep.equal({ team: 'blue', plain: '' });
    const [one] = calls;
    expect(one).to.deep.include({
      operation: 'ListTagsForResource',
      input: { resourceArn: arn },
      userAgent: 'agent/1 container/nginx',
    });
    expect(one?.authorization).to.include('Credential=AKIAAGENT/');
  });

  it('read tags again where ECS was asked too often', async () => {
    reply = (count) =>
      count === 1
        ? { status: 400, body: { __type: 'ThrottlingException', message: 'Slowly.' } }
        : { status: 200, body: { tags: [] } };
    expect(await tags()(arn, 'nginx')).to.deep.equal({});
    expect(calls).to.have.lengthOf(2);
  });

  it('read tags once where ECS refuses', async () => {
    reply = () => ({ status: 400, body: { __type: 'AccessDeniedException', message: 'Not you.' } });
    const error = await rejection(tags()(arn, 'nginx'));
    expect((error as Error).message).to.equal(
      `GetResourceTags failed for ${arn} after 1 attempts: Not you.`,
    );
  });

  it('give up on tags before the container that asked does', async () => {
    reply = () => null;
    const clock = new SimClock();
    const error = rejection(tags(clock)(arn, 'nginx'));
    while (calls.length === 0) await new Promise(setImmediate);
    await clock.advance(3_999);
    await clock.advance(1);
    expect(((await error) as Error).message).to.equal(
      `GetResourceTags failed for ${arn} after 1 attempts: ECS did not answer within 4 s`,
    );
  });
});
