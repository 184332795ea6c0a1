import { expect } from 'chai';
import { type FlightBounds, lengthOf, withinBounds } from '../../../machines/flight/bounds.ts';
import { encodeEntry } from '../../../machines/flight/entry.ts';

const facts = { told: {}, became: {} };
const line = (actor: string, at: number): string =>
  encodeEntry({ actor, event: 'x', from: 'a', to: 'b', ...facts }, at);
const bounds = (more: Partial<FlightBounds> = {}): FlightBounds => ({
  ...{ ofTaskActor: 2, ofOther: 3, characters: 10_000, ...more },
});
const living =
  (...ids: string[]) =>
  (taskId: string) =>
    ids.includes(taskId);

describe('the bounds of the flight record', () => {
  it('keep the latest entries of each actor, in their order', () => {
    const all = [1, 2, 3, 4].flatMap((at) => [line('task/a', at), line('session', at)]);
    expect(withinBounds(all, living('a'), bounds())).to.deep.equal([
      line('session', 2),
      line('task/a', 3),
      line('session', 3),
      line('task/a', 4),
      line('session', 4),
    ]);
  });

  const parts = (id: string, at: number) => [
    line(`task/${id}`, at),
    line(`container/${id}/main`, at),
    line(`outbox/${id}`, at),
  ];

  it('let the task go whole that ended first, where there are too many characters', () => {
    const all = [...parts('a', 1), ...parts('b', 2), ...parts('c', 3), line('task/a', 4)];
    const kept = withinBounds(all, living('c'), bounds({ characters: lengthOf(all) - 1 }));
    expect(kept).to.deep.equal([...parts('a', 1), ...parts('c', 3), line('task/a', 4)]);
  });

  it('let the oldest entries of all go once no task is left that has ended', () => {
    const all = [...parts('a', 1), ...parts('b', 2), line('session', 3)];
    const most = lengthOf(all.slice(4));
    const kept = withinBounds(all, living('a', 'b'), bounds({ characters: most }));
    expect(kept).to.deep.equal(all.slice(4));
    const none = withinBounds(all, living('b'), bounds({ characters: 5 }));
    expect(none).to.deep.equal([]);
  });
});
