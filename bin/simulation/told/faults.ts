import { type PlaneCall, planeCalls } from '../../../transport/sim/plane/api.ts';
import { durationOf } from '../../scenario/file/record.ts';
import { type EngineCallName, engineCalls, type Step } from '../../scenario/model.ts';
import type { FaultKind } from '../plan/faults.ts';
import type { Fault } from '../plan/plan.ts';
import type { Strike } from '../run.ts';

/** A step of a scenario, and when it is taken: ms from the beginning. */
export interface Moment {
  at: number;
  step: Step;
}

/** What steps say of a fault, by what it has struck; null where none says it. */
type Telling = (fault: Fault, strikes: Strike[]) => Moment[] | null;

/** So long before a call that it is ready for it: it takes a message some time to get there. */
const readyMs = 100;

/** When to make ready for what has struck. */
export const before = ({ at }: Strike): number => Math.max(0, at - readyMs);

const once =
  (step: Step): Telling =>
  ({ at }) => [{ at, step }];

const lasting =
  (begins: Step, ends: Step): Telling =>
  ({ at, forMs }) => [
    { at, step: begins },
    { at: at + forMs, step: ends },
  ];

/** Ready for each call that is struck. */
const each =
  (step: (on: string) => Step): Telling =>
  (_, strikes) =>
    strikes.map((strike) => ({ at: before(strike), step: step(strike.on) }));

/** To the container that was struck, when it was. */
const toContainer =
  (step: (of: string) => Step): Telling =>
  (_, strikes) =>
    strikes.map(({ at, on }) => ({ at, step: step(on) }));

/** Calls of the same name, of which so many are struck from the first one on. */
const calls =
  <Call extends string>(
    known: readonly Call[] | null,
    step: (call: Call, times?: { times: number }) => Step,
  ): Telling =>
  (_, strikes) => {
    const names = [...new Set(strikes.map(({ on }) => on))];
    const sayable = known ? names.filter((on) => known.some((call) => call === on)) : names;
    if (sayable.length < names.length) return null;
    return sayable.flatMap((on) => {
      const [first, ...more] = strikes.filter((strike) => strike.on === on);
      const times = more.length > 0 ? { times: more.length + 1 } : undefined;
      return first ? [{ at: before(first), step: step(on as Call, times) }] : [];
    });
  };

/** One that is not met by the call it is meant for would end an agent that begins later. */
const sayableCalls = engineCalls.filter((call) => call !== 'version');
const engine = (step: Parameters<typeof calls<EngineCallName>>[1]) => calls(sayableCalls, step);
const ecs = (step: (call: PlaneCall, times?: { times: number }) => Step) => calls(planeCalls, step);

/** How each kind of fault is told, if it can be; {@link livesOf} tells those of the agent. */
const tellings: { [Kind in FaultKind]?: Telling } = {
  'docker.refuses': engine((refuse, times) => ({
    engine: { refuse, with: 'a simulated refusal', ...times },
  })),
  'docker.hangs': engine((hang, times) => ({ engine: { hang, ...times } })),
  'docker.loses reply': engine((lose, times) => ({ engine: { lose, ...times } })),
  'docker.unreachable': ({ at, forMs }) => [
    { at, step: { engine: { unreachable: durationOf(forMs) } } },
  ],
  'docker.restarts with its containers': ({ at, forMs }) => [
    { at, step: { engine: { restart: durationOf(forMs), containers: 'ended' } } },
  ],
  'docker.restarts with live restore': ({ at, forMs }) => [
    { at, step: { engine: { restart: durationOf(forMs), containers: 'kept' } } },
  ],
  'docker.disk full': lasting({ engine: { disk: 'full' } }, { engine: { disk: 'free' } }),
  'docker.pull stalls': each((stall) => ({ registry: { stall } })),
  'events.lost': lasting({ engine: { events: 'lost' } }, { engine: { events: 'told' } }),
  'events.doubled': lasting({ engine: { events: 'doubled' } }, { engine: { events: 'told' } }),
  'container.killed': toContainer((exit) => ({ engine: { exit, code: 137 } })),
  'container.out of memory': toContainer((exit) => ({
    engine: { exit, code: 137, outOfMemory: true },
  })),
  'container.process out of memory': toContainer((mark) => ({
    engine: { mark, as: 'out of memory' },
  })),
  'container.removed': toContainer((remove) => ({ engine: { remove } })),
  'registry.fails': calls(null, (fail, times) => ({
    registry: {
      fail,
      with: 'received unexpected HTTP status: 503 Service Unavailable',
      ...times,
    },
  })),
  'ecs.throttles': ecs((throttle, times) => ({ ecs: { throttle, ...times } })),
  'ecs.fails': ecs((fail, times) => ({ ecs: { fail, ...times } })),
  'ecs.hangs': ecs((hang, times) => ({ ecs: { hang, ...times } })),
  'ecs.loses reply': ecs((lose, times) => ({ ecs: { lose, ...times } })),
  'acs.closes': once({ session: 'closes' }),
  'acs.breaks': once({ session: 'breaks' }),
  'acs.half open': once({ session: 'half-open' }),
  'acs.refuses': lasting({ session: 'refused' }, { session: 'accepted' }),
  'store.disk full': lasting({ store: 'full' }, { store: 'free' }),
  'store.slow': lasting({ store: 'waits' }, { store: 'goes on' }),
  'host.cgroup fails': each(() => ({ host: { cgroup: 'device or resource busy' } })),
  'host.disk fills': lasting({ host: { disk: 95 } }, { host: { disk: 50 } }),
};

/** The steps of a fault that has struck so; null where none can say what it is. */
export function momentsOf(fault: Fault, strikes: Strike[]): Moment[] | null {
  // The lives of the agent are told for all of them.
  if (fault.kind.startsWith('agent.')) return [];
  return tellings[fault.kind]?.(fault, strikes) ?? null;
}
