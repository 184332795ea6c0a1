import { expect } from 'chai';
import { actorOfLine, decodeEntry, encodeEntry } from '../../../machines/flight/entry.ts';
import type { FlightEntry } from '../../../machines/flight/model.ts';

const entry = (more: Partial<FlightEntry> = {}): FlightEntry => ({
  ...{ at: 1_000, actor: 'task/a', event: 'task.stop', from: 'running', to: 'stopping' },
  ...{ told: {}, became: {}, ...more },
});

describe('an entry of the flight record', () => {
  const written: [string, Partial<FlightEntry>, string][] = [
    ['without facts', {}, '[1000,"task/a","task.stop","running","stopping"]'],
    [
      'with what the event told',
      { told: { exitCode: 3 } },
      '[1000,"task/a","task.stop","running","stopping",{"exitCode":3}]',
    ],
    [
      'with what became of the context',
      { became: { desired: 'STOPPED' } },
      '[1000,"task/a","task.stop","running","stopping",{},{"desired":"STOPPED"}]',
    ],
  ];
  for (const [what, more, line] of written)
    it(`${what} is a short line, and is read as it was`, () => {
      expect(encodeEntry(entry(more), 1_000)).to.equal(line);
      expect(decodeEntry(line)).to.deep.equal(entry(more));
    });

  it('is read as an object as well', () => {
    expect(decodeEntry(JSON.stringify(entry()))).to.deep.equal(entry());
  });

  const others = [
    '',
    '[',
    'null',
    '7',
    '[]',
    '{}',
    '["task/a","x","",""]',
    '[1000,"task/a",null,"",""]',
    '[1.5,"task/a","x","",""]',
    '[9e15,"task/a","x","",""]',
    '[1000,"task/a","x","","",[]]',
    '[1000,"task/a","x","","",{},"text"]',
  ];
  for (const text of others)
    it(`is not read from ${text || 'nothing'}`, () => {
      expect(decodeEntry(text)).to.equal(null);
    });

  it('tells its actor without being read', () => {
    expect(actorOfLine(encodeEntry(entry(), 1_000))).to.equal('task/a');
    for (const text of ['', '{"at":1,"actor":"task/a"}', '[1000', '[1000,"task/a'])
      expect(actorOfLine(text)).to.equal('');
  });
});
