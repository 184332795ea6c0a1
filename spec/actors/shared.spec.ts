import { expect } from 'chai';
import { sharing } from '../../actors/shared.ts';
import type { Signal } from '../../machines/names/ending.ts';

describe('one call that many ask for', () => {
  const never = () => new AbortController().signal;

  it('is made once, and answers all who asked while it was under way', async () => {
    const { ask } = sharing<number>();
    let calls = 0;
    const call = () => Promise.resolve(++calls);
    const answers = await Promise.all([ask('a', never(), call), ask('a', never(), call)]);
    expect(answers).to.deep.equal([1, 1]);
  });

  it('is made again once it has ended', async () => {
    const { ask } = sharing<number>();
    let calls = 0;
    await ask('a', never(), () => Promise.resolve(++calls));
    expect(await ask('a', never(), () => Promise.resolve(++calls))).to.equal(2);
  });

  it('is made once for each thing that is asked for', async () => {
    const { ask, keys } = sharing<string>();
    const asked = ['a', 'b'].map((key) => ask(key, never(), () => Promise.resolve(key)));
    expect([...keys()]).to.deep.equal(['a', 'b']);
    expect(await Promise.all(asked)).to.deep.equal(['a', 'b']);
    expect([...keys()]).to.deep.equal([]);
  });

  it('fails for all who asked', async () => {
    const { ask } = sharing<number>();
    const call = () => Promise.reject(new Error('no'));
    const results = await Promise.allSettled([ask('a', never(), call), ask('a', never(), call)]);
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
  });

  it('goes on while one of them still waits, and is given up with the last', async () => {
    const { ask } = sharing<number>();
    const [first, second] = [new AbortController(), new AbortController()];
    let ending: Signal | undefined;
    const call = (signal: Signal) => {
      ending = signal;
      return new Promise<number>(() => {});
    };
    const asked = [ask('a', first.signal, call), ask('a', second.signal, call)];
    first.abort();
    expect(ending?.aborted).to.equal(false);
    second.abort();
    expect(ending?.aborted).to.equal(true);
    const results = await Promise.allSettled(asked);
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
  });

  it('is begun anew by who asks after it was given up', async () => {
    const { ask } = sharing<number>();
    const gone = new AbortController();
    const lost = ask('a', gone.signal, () => new Promise<number>(() => {}));
    gone.abort();
    await lost.catch(() => {});
    expect(await ask('a', never(), () => Promise.resolve(7))).to.equal(7);
  });

  it('is not waited for by who has lost interest before asking', async () => {
    const { ask, keys } = sharing<number>();
    const result = await ask('a', AbortSignal.abort(), () => Promise.resolve(1)).catch(() => 'no');
    expect(result).to.equal('no');
    expect([...keys()]).to.deep.equal([]);
  });
});
