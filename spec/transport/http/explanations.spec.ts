import { once } from 'node:events';
import { expect } from 'chai';
import { realClock } from '../../../transport/host/clock.ts';
import type { Clock } from '../../../transport/host/port.ts';
import {
  askExplanations,
  decodeExplanations,
  encodeExplanations,
} from '../../../transport/http/explanations.ts';
import { listen } from '../../support/loopback.ts';
import { explanation } from './introspected.ts';

const clock = realClock();
const failing = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'answered',
    (error: unknown) => error,
  );

describe('explanations on the wire', () => {
  it('come out as they went in', () => {
    const next = 'it is stopped';
    const all = [
      explanation({ since: 1_000, until: 2_000, next, parts: [explanation({ steady: true })] }),
    ];
    const text = JSON.stringify(encodeExplanations(all));
    expect(decodeExplanations(text)).to.deep.equal(all);
  });

  it('lose a time that is none', () => {
    const text = '{"Explanations":[{"Since":"soon","Until":null}]}';
    expect(decodeExplanations(text)).to.deep.include.members([
      explanation({ subject: '', state: '', sentence: '' }),
    ]);
  });

  const others = ['', '[]', '{}', '{"AvailableCommands":[]}', '{"Explanations":[{"Steady":"no"}]}'];
  for (const text of others)
    it(`are not found in ${text || 'nothing'}`, () => {
      expect(() => decodeExplanations(text))
        .to.throw()
        .with.property('code', 'WIRE_MALFORMED');
    });
});

describe('an agent that is asked to explain', () => {
  const answering = (status: number, body: string) => {
    const asked: (string | undefined)[] = [];
    const server = listen((request, response) => {
      asked.push(request.url);
      response.statusCode = status;
      response.end(body);
    });
    return { asked, server };
  };

  it('answers for all, and for one task by ARN', async () => {
    const body = JSON.stringify(encodeExplanations([explanation()]));
    const { asked, server } = answering(200, body);
    const { url, close } = await server;
    expect(await askExplanations({ url, task: null, clock })).to.deep.equal([explanation()]);
    await askExplanations({ url, task: 'arn:aws:ecs:x:1:task/a b/t&1', clock });
    expect(asked).to.deep.equal([
      '/v1/explain',
      '/v1/explain?task=arn%3Aaws%3Aecs%3Ax%3A1%3Atask%2Fa%20b%2Ft%261',
    ]);
    await close();
  });

  it('answers null for a task that it does not know', async () => {
    const { url, close } = await answering(404, '{"Explanations":[]}').server;
    expect(await askExplanations({ url, task: 't9', clock })).to.equal(null);
    await close();
  });

  const strangers: [string, number, string][] = [
    ['another agent', 200, '{"AvailableCommands":["/v1/metadata","/v1/tasks","/license"]}'],
    ['a web server', 404, '<html>'],
    ['an agent that fails', 500, ''],
  ];
  for (const [who, status, body] of strangers)
    it(`is not taken for ${who}`, async () => {
      const { url, close } = await answering(status, body).server;
      const error = await failing(askExplanations({ url, task: null, clock }));
      expect(error).to.include({ code: 'AGENT_UNKNOWN' });
      expect(String(error)).to.include(`What answers at ${url} is not this agent: set ECS_INTRO`);
      await close();
    });

  it('is unreachable where nobody listens', async () => {
    const { url, close } = await listen();
    await close();
    const error = await failing(askExplanations({ url, task: null, clock }));
    expect(error).to.include({ code: 'AGENT_UNREACHABLE', retry: true });
    expect(String(error)).to.include(`No agent answers at ${url}: start it, or set ECS_INTRO`);
  });

  it('is unreachable after five seconds without an answer', async () => {
    const wakes: (() => void)[] = [];
    const still: Clock = {
      now: () => 1_000,
      at: (at, wake) => {
        expect(at).to.equal(6_000);
        wakes.push(wake);
        return () => {};
      },
      afterTurn: (work) => work(),
    };
    const { server, url, close } = await listen(() => {});
    const asked = failing(askExplanations({ url, task: null, clock: still }));
    await once(server, 'request');
    for (const wake of wakes) wake();
    expect(await asked).to.include({ code: 'AGENT_UNREACHABLE' });
    await close();
  });
});
