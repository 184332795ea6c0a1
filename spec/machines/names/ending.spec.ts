import { expect } from 'chai';
import { abortSignalOf, Ending } from '../../../machines/names/ending.ts';

describe('the ending of a call', () => {
  it('comes to all that is under way, once, and at once to what begins after it', () => {
    const ending = new Ending();
    const stopped: string[] = [];
    ending.onEnd(() => stopped.push('first'));
    ending.onEnd(() => stopped.push('second'));
    ending.abort();
    ending.abort();
    ending.onEnd(() => stopped.push('third'));
    expect(stopped).to.deep.equal(['first', 'second', 'third']);
  });

  it('does not come to who has lost interest', () => {
    const ending = new Ending();
    let told = 0;
    const listener = () => told++;
    ending.removeEventListener('abort', listener);
    ending.addEventListener('abort', listener);
    ending.removeEventListener('abort', listener);
    ending.abort();
    expect(told).to.equal(0);
  });

  it('does not come to whom another takes out while it comes', () => {
    const ending = new Ending();
    let told = 0;
    const second = () => told++;
    ending.onEnd(() => ending.removeEventListener('abort', second));
    ending.onEnd(second);
    ending.abort();
    expect(told).to.equal(0);
  });

  it('has a reason, the first that is given, and throws it at who looks', () => {
    const ending = new Ending();
    ending.throwIfAborted();
    const reason = new Error('too late');
    ending.abort(reason);
    ending.abort(new Error('again'));
    expect([ending.aborted, ending.reason]).to.deep.equal([true, reason]);
    expect(() => ending.throwIfAborted()).to.throw(reason);
  });
});

describe('the AbortSignal of an ending', () => {
  it('aborts with it, for the same reason', () => {
    const ending = new Ending();
    const signal = abortSignalOf(ending);
    expect(signal.aborted).to.equal(false);
    ending.abort('enough');
    expect([signal.aborted, signal.reason]).to.deep.equal([true, 'enough']);
  });

  it('has aborted where the call was given up before', () => {
    const ending = new Ending();
    ending.abort('enough');
    expect(abortSignalOf(ending)).to.include({ aborted: true, reason: 'enough' });
  });

  it('is the same where it is one already', () => {
    const { signal } = new AbortController();
    expect(abortSignalOf(signal)).to.equal(signal);
  });
});
