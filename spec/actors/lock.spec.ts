import { expect } from 'chai';
import { Lock } from '../../actors/lock.ts';

describe('a lock', () => {
  it('lets what must be alone wait for all, and others only for that', async () => {
    const lock = new Lock();
    const log: string[] = [];
    const ends = new Map<string, () => void>();
    const work = (name: string) => () => {
      log.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    };
    const settled = async () => {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    };
    void lock.together(work('one'));
    void lock.together(work('two'));
    void lock.alone(work('alone'));
    void lock.together(work('three'));
    await settled();
    expect(log).to.deep.equal(['one', 'two']);
    ends.get('one')?.();
    await settled();
    expect(log).to.deep.equal(['one', 'two']);
    ends.get('two')?.();
    await settled();
    expect(log).to.deep.equal(['one', 'two', 'alone']);
    ends.get('alone')?.();
    await settled();
    expect(log).to.deep.equal(['one', 'two', 'alone', 'three']);
  });

  it('goes on after work that fails', async () => {
    const lock = new Lock();
    const failing = lock.alone(() => Promise.reject(new Error('no')));
    const next = lock.alone(() => Promise.resolve('next'));
    await failing.catch(() => {});
    expect(await next).to.equal('next');
  });
});
