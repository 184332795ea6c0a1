import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { decode, encode } from '../../persistence/record.ts';

describe('a record', () => {
  const text = encode('task/a', { status: 'RUNNING', note: 'two\nlines' });

  it('is read back as it was written', () => {
    for (const body of [null, 0, '', [], { a: { b: [1, 'ü', null] } }]) {
      expect(decode('k', encode('k', body))).to.deep.equal({ is: 'record', body });
    }
  });

  it('is JSON that says its version', () => {
    expect(JSON.parse(text)).to.deep.include({
      v: 1,
      body: { status: 'RUNNING', note: 'two\nlines' },
    });
  });

  it('is refused when any one character of it has changed', () => {
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === 'x' ? 'y' : 'x';
      const damaged = text.slice(0, at) + other + text.slice(at + 1);
      expect(decode('task/a', damaged), damaged).to.have.property('is', 'refused');
    }
  });

  it('is refused when its end is missing', () => {
    for (let end = 0; end < text.length; end += 1) {
      expect(decode('task/a', text.slice(0, end))).to.have.property('is', 'refused');
    }
  });

  it('is refused under another key', () => {
    expect(decode('task/b', text)).to.deep.equal({ is: 'refused', because: 'wrong sum' });
  });

  it('is refused when a newer agent wrote it, whatever else that one changed', () => {
    const newer = '{"v":2,"digest":"sha256:00","payload":"e30="}';
    expect(decode('task/a', newer)).to.deep.equal({ is: 'refused', because: 'unknown version' });
  });

  it('is refused as malformed when its body is not JSON, though the sum is right', () => {
    const sum = crc32('1\ntask/a\n{').toString(16).padStart(8, '0');
    const broken = `{"v":1,"sum":"${sum}","body":{}`;
    expect(decode('task/a', broken)).to.deep.equal({ is: 'refused', because: 'malformed' });
  });

  it('cannot be made of what JSON cannot say', () => {
    expect(() => encode('task/a', undefined)).to.throw(TypeError, 'task/a');
    expect(() => encode('task/a', 1n)).to.throw(TypeError);
  });
});
