import { expect } from 'chai';
import {
  type Asked,
  type Asker,
  answersTo,
  thisHost,
  variablesOf,
} from '../../../../bin/scenario/stage/asking.ts';

const container: Asker = {
  variables: { URI: 'http://169.254.170.2/v4/id', PATH_1: '/v2/credentials/id' },
  address: '172.17.0.2',
  isOnHost: false,
};

describe('a question of a scenario', () => {
  /** Asks, and answers the line and what was asked. */
  const said = async (step: Parameters<typeof answersTo>[0], by = container) => {
    const asked: Asked[] = [];
    const line = await answersTo(step, by, (one) => {
      asked.push(one);
      return Promise.resolve({ status: 200 + asked.length - 1, body: ' {"a": \n 1}\n' });
    });
    return { line, asked: asked.map(({ url, ...more }) => ({ url: url.href, ...more })) };
  };

  const urls: [string, string][] = [
    ['$URI/task', 'http://169.254.170.2/v4/id/task'],
    [`\${URI}4?x=1`, 'http://169.254.170.2/v4/id4?x=1'],
    ['169.254.170.2$PATH_1', 'http://169.254.170.2/v2/credentials/id'],
    ['localhost:51678/v1/tasks', 'http://localhost:51678/v1/tasks'],
    ['http://10.0.0.10', 'http://10.0.0.10/'],
  ];
  for (const [given, url] of urls)
    it(`at ${given} goes to ${url}`, async () => {
      const { line, asked } = await said({ url: given });
      expect(asked).to.deep.equal([{ url, method: 'GET', body: '' }]);
      expect(line).to.equal('200 {"a": 1}');
    });

  const inVain: [string, string, Asker][] = [
    ['$NONE/task', 'it has no variable NONE', container],
    ['$NONE/task', 'it has no variable NONE', thisHost],
    ['http://a b/', 'http://a b/ is no address', container],
    ['10.0.0.10', 'it has no network', { ...container, address: null }],
  ];
  for (const [url, reason, by] of inVain)
    it(`at ${url} is not answered where ${reason}`, async () => {
      const { line, asked } = await said({ url }, by);
      expect(line).to.equal(`no answer: ${reason}`);
      expect(asked).to.deep.equal([]);
    });

  it('has a text as its body, or JSON', async () => {
    const bodies = await Promise.all(
      ['as it is', { Protection: [true] }, 5].map((body) =>
        said({ url: 'a', method: 'PUT', body }),
      ),
    );
    expect(bodies.map(({ asked }) => asked[0])).to.deep.equal(
      ['as it is', '{"Protection":[true]}', '5'].map((body) => ({
        ...{ url: 'http://a/', method: 'PUT', body },
      })),
    );
  });

  it('that is asked several times is told of in one line, with how often each answer came', async () => {
    let asked = 0;
    const line = await answersTo({ url: 'a', times: 5 }, container, () => {
      asked += 1;
      if (asked === 4) return Promise.reject(new Error('nobody listens'));
      return Promise.resolve({ status: asked < 3 ? 200 : 429, body: asked < 3 ? '{}' : '' });
    });
    expect(line).to.equal('2 times 200 {}, 2 times 429, once no answer: nobody listens');
  });

  it('knows variables as Docker lists them', () => {
    expect(variablesOf(['A=1', 'B=', 'C=x=y'])).to.deep.equal({ A: '1', B: '', C: 'x=y' });
  });
});
