import { expect } from 'chai';
import { type InstanceContext, instanceMachine } from '../../../machines/instance/machine.ts';
import {
  begins,
  chart,
  done,
  emits,
  everythingWasTaken,
  failed,
  starts,
  when,
} from '../../support/chart.ts';
import { failure } from '../../support/chart-contexts.ts';

const instance = chart(instanceMachine);
const asks = starts('contact', 'contact');
const unreached = (at: number) => failure('METADATA_UNREACHABLE', { retry: true, at });

const at = (state: string, more: Partial<InstanceContext> = {}) =>
  when(instance, state, { expected: true, begunAt: 1_000, attempts: 0, trouble: null, ...more });

describe('the first contact with the metadata of an instance', () => {
  it('begins by asking', () => {
    begins(instance, { expected: true, at: 1_000 }).comesTo(
      'asking',
      { expected: true, begunAt: 1_000, attempts: 0, trouble: null },
      [asks],
    );
  });

  it('is made as soon as there is an answer, however many tries it took', () => {
    const { output } = at('asking', { attempts: 2, trouble: unreached(1_500) })
      .gets(done('contact', { at: 2_000, roll: 0 }))
      .comesTo('answered', { trouble: null });
    expect(output).to.equal(null);
  });

  it('is tried again where there has to be a service, which is told once', () => {
    const because = 'the Engine says no';
    at('asking')
      .gets(failed('contact', unreached(2_000)))
      .comesTo('backingOff', { attempts: 1, trouble: unreached(2_000) }, [
        emits({ type: 'start.delayed', because, withinMs: 10_000 }),
        starts('retry', 'timer', { deadline: 2_250 }),
      ])
      .gets(done('retry', { at: 2_250, roll: 0 }))
      .comesTo('asking', {}, [asks])
      .gets(failed('contact', unreached(10_800)))
      .comesTo('backingOff', { attempts: 2, trouble: unreached(10_800) }, [
        starts('retry', 'timer', { deadline: 11_000 }),
      ]);
  });

  const ends: [string, Partial<InstanceContext>, ReturnType<typeof failure>][] = [
    ['where there need not be a service', { expected: false }, unreached(1_500)],
    ['after ten seconds', { attempts: 6 }, unreached(11_000)],
    ['where the service refuses', {}, failure('METADATA_REFUSED')],
  ];
  for (const [where, more, trouble] of ends)
    it(`is given up ${where}`, () => {
      const before = at('asking', more);
      const { output } = before
        .gets(failed('contact', trouble))
        .comesTo('unanswered', { attempts: (more.attempts ?? 0) + 1, trouble });
      expect(output).to.deep.equal(trouble);
    });

  everythingWasTaken(instance);
});
