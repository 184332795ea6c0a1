import { expect } from 'chai';
import { Turns } from '../../../machines/names/turns.ts';

describe('calls that take turns', () => {
  const begun: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  let turns: Turns;
  beforeEach(() => {
    turns = new Turns(2);
    begun.length = 0;
  });

  const call = (name: string, signal = new AbortController().signal) =>
    turns.take(signal, () => {
      begun.push(name);
      return new Promise<void>((resolve, reject) => ends.set(name, { resolve, reject }));
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('run as many at a time as may, and the others in the order they came', async () => {
    for (const name of ['a', 'b', 'c', 'd']) void call(name);
    await settled();
    expect(begun).to.deep.equal(['a', 'b']);
    ends.get('b')?.resolve();
    await settled();
    expect(begun).to.deep.equal(['a', 'b', 'c']);
    void call('e');
    ends.get('a')?.resolve();
    await settled();
    expect(begun).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('give their place away when they fail', async () => {
    const failing = call('a');
    for (const name of ['b', 'c']) void call(name);
    await settled();
    ends.get('a')?.reject(new Error('no'));
    await failing.catch(() => {});
    await settled();
    expect(begun).to.deep.equal(['a', 'b', 'c']);
  });

  it('leave the line when nobody is interested any more, and let the next one pass', async () => {
    const ending = new AbortController();
    for (const name of ['a', 'b']) void call(name);
    const left = call('c', ending.signal).catch((error: Error) => error.message);
    void call('d');
    ending.abort(new Error('never mind'));
    expect(await left).to.equal('never mind');
    ends.get('a')?.resolve();
    await settled();
    expect(begun).to.deep.equal(['a', 'b', 'd']);
  });

  it('do not begin for one who had no interest from the start', async () => {
    const gone = AbortSignal.abort(new Error('never mind'));
    expect(await call('a', gone).catch((error: Error) => error.message)).to.equal('never mind');
    expect(begun).to.deep.equal([]);
  });
});
