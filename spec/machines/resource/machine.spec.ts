import { resourceMachine } from '../../../machines/resource/machine.ts';
import type { ResourceContext, ResourceStatus } from '../../../machines/resource/model.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  starts,
  stops,
  tells,
  when,
} from '../../support/chart.ts';
import { failure, story } from '../../support/chart-contexts.ts';

const resource = chart(resourceMachine);

const volume = { kind: 'volume', name: 'data' } as const;
const cgroup = { kind: 'cgroup', name: 'cgroup' } as const;

/** The volume `data` of which nothing was done yet, but for what is given. */
const context = (more: Partial<ResourceContext> = {}): ResourceContext => ({
  taskArn: story,
  ...volume,
  failure: null,
  attempts: 0,
  trouble: null,
  knownAt: 1_000,
  ...more,
});
const at = (state: string, more: Partial<ResourceContext> = {}) =>
  when(resource, state, context(more));

const stamp = { at: 2_000, roll: 0 };
const remove = { type: 'resource.remove' as const, at: 2_000 };
const unreachable = failure('DOCKER_UNREACHABLE', { retry: true });
const refused = failure('DOCKER_REFUSED', { message: 'no space' });

const key = (since: number, plan: typeof volume | typeof cgroup = volume) => ({
  taskArn: story,
  ...plan,
  since,
});
const creates = starts('create', 'createResource', key(2_000));
const removes = starts('remove', 'removeResource', key(2_000));
const told = (status: ResourceStatus, more: object = {}) =>
  tells('parent', {
    type: 'resource.changed',
    change: { ...volume, status, reason: '', at: 2_000, ...more },
  });

describe('a resource of a task', () => {
  describe('that is made', () => {
    it('is asked for first', () => {
      begins(resource, { taskArn: story, ...volume, at: 1_000 }).comesTo(
        'creating.calling',
        context(),
        [starts('create', 'createResource', key(1_000))],
      );
    });

    it('tells its task once it is there', () => {
      at('creating.calling', { attempts: 2, trouble: unreachable })
        .gets(done('create', stamp))
        .comesTo('created', { attempts: 0, trouble: null, knownAt: 2_000 }, [told('CREATED')]);
    });

    it('is asked for again, later each time, while the Engine cannot be reached', () => {
      at('creating.calling', { attempts: 1, trouble: unreachable })
        .gets(failed('create', unreachable))
        .comesTo('creating.backingOff', { attempts: 2 }, [
          starts('retryCreate', 'timer', { deadline: 4_000 }),
        ])
        .gets(done('retryCreate', stamp))
        .comesTo('creating.calling', {}, [creates]);
    });

    it('fails its task where it cannot be made', () => {
      at('creating.calling', { attempts: 2, trouble: unreachable })
        .gets(failed('create', refused))
        .comesTo('failed', { failure: refused, attempts: 0, trouble: null, knownAt: 2_000 }, [
          told('FAILED', { reason: 'No space' }),
        ]);
    });

    it('is given up when its task has ended before', () => {
      at('creating.backingOff', { attempts: 5, trouble: unreachable })
        .gets(remove)
        .comesTo('removing.calling', { attempts: 0, trouble: null }, [
          stops('retryCreate'),
          removes,
        ]);
    });
  });

  describe('that is removed', () => {
    it('goes at once, and tells its task', () => {
      at('created')
        .gets(remove)
        .comesTo('removing.calling', {}, [removes])
        .gets(done('remove', stamp))
        .comesTo('removed', { knownAt: 2_000 }, [told('REMOVED')]);
    });

    it('gives the kernel time to let go of a cgroup', () => {
      at('created', cgroup)
        .gets(remove)
        .comesTo('removing.lingering', {}, [starts('linger', 'timer', { deadline: 3_000 })])
        .gets(done('linger', { at: 3_000, roll: 0 }))
        .comesTo('removing.calling', {}, [starts('remove', 'removeResource', key(3_000, cgroup))]);
    });

    it('goes too where it was made in part only', () => {
      at('failed', { failure: refused }).gets(remove).comesTo('removing.calling', {}, [removes]);
    });

    it('is removed again a while after a failure', () => {
      at('removing.calling')
        .gets(failed('remove', refused))
        .comesTo('removing.backingOff', { attempts: 1, trouble: refused }, [
          starts('retryRemove', 'timer', { deadline: 3_000 }),
        ])
        .gets(done('retryRemove', stamp))
        .comesTo('removing.calling', {}, [removes]);
    });

    it('is left behind after many tries', () => {
      at('removing.calling', { attempts: 9, trouble: refused })
        .gets(failed('remove', refused))
        .comesTo('removed', { knownAt: 2_000 }, [told('REMOVED')]);
    });

    it('is not removed twice at a time', () => {
      at('removing.calling').gets(remove).stays();
    });

    it('is not removed again', () => {
      at('removed').gets(remove).stays();
    });
  });

  everythingWasTaken(resource);
});
