import type { Draw, Fault } from './plan.ts';

const second = 1_000;
const minute = 60 * second;

/** How long a kind of fault lasts, and what share of the calls it strikes meanwhile, at most. */
interface Range {
  forMs: readonly [number, number];
  share: number;
}

const once: Range = { forMs: [0, 0], share: 1 };
const spell = (longest: number, share = 1): Range => ({ forMs: [second, longest], share });

/**
 * Every kind of fault, by the port at which it strikes. Those of `agent` end a life of it; it begins
 * anew after as long as the fault lasts, or some time after one that strikes in a call.
 */
export const faultKinds = {
  'docker.slow': spell(10 * minute),
  'docker.refuses': spell(5 * minute, 0.3),
  'docker.hangs': spell(2 * minute, 0.2),
  'docker.loses reply': spell(5 * minute, 0.4),
  'docker.unreachable': spell(6 * minute),
  'docker.restarts with its containers': spell(2 * minute),
  'docker.restarts with live restore': spell(2 * minute),
  'docker.disk full': spell(5 * minute),
  'docker.pull stalls': spell(minute, 0.5),
  'events.lost': spell(10 * minute),
  'events.doubled': spell(10 * minute),
  'events.reordered': spell(10 * minute),
  'container.killed': once,
  'container.out of memory': once,
  'container.process out of memory': once,
  'container.removed': once,
  'registry.fails': spell(5 * minute, 0.6),
  'registry.login fails': spell(5 * minute, 0.3),
  'ecs.throttles': spell(10 * minute, 0.8),
  'ecs.fails': spell(10 * minute, 0.5),
  'ecs.denies': spell(5 * minute),
  'ecs.hangs': spell(5 * minute, 0.6),
  'ecs.loses reply': spell(10 * minute, 0.5),
  'ecs.slow': spell(10 * minute),
  'acs.closes': once,
  'acs.breaks': once,
  'acs.refuses': spell(5 * minute),
  'acs.half open': once,
  'acs.stop not sent': spell(10 * minute),
  'acs.message lost': spell(5 * minute, 0.5),
  'acs.message doubled': spell(10 * minute, 0.5),
  'acs.message late': spell(10 * minute, 0.5),
  'acs.acknowledgement lost': spell(5 * minute, 0.5),
  'store.disk full': spell(5 * minute),
  'store.slow': spell(20 * second),
  'host.clock jumps ahead': { forMs: [second, 60 * minute], share: 1 },
  'host.clock jumps back': { forMs: [second, 30 * minute], share: 1 },
  'host.ports taken': spell(5 * minute),
  'host.cgroup fails': spell(2 * minute, 0.7),
  'host.disk fills': spell(10 * minute),
  'host.metadata fails': spell(5 * minute),
  'agent.killed': spell(minute),
  'agent.killed in a call': spell(5 * minute, 0.5),
  'agent.killed before a commit': spell(minute),
  'agent.killed after a commit': spell(minute),
  'agent.killed with an unsynced disk': spell(minute),
  'agent.stopped': spell(minute),
} as const satisfies Record<string, Range>;

/** A kind of fault. */
export type FaultKind = keyof typeof faultKinds;

/** All of them. */
export const allFaultKinds = Object.keys(faultKinds) as [FaultKind, ...FaultKind[]];

/** Faults over so many minutes: none in some runs, and up to two dozen. */
export function drawFaults(draw: Draw, minutes: number): Fault[] {
  const count = draw.chance(0.05) ? 0 : draw.between(3, 24);
  const faults = Array.from({ length: count }, (): Fault => {
    const kind = draw.pick(allFaultKinds);
    const { forMs, share } = faultKinds[kind];
    const [least, most] = forMs;
    return {
      at: draw.below(minutes * minute),
      kind,
      forMs: most === 0 ? 0 : draw.spread(least, most),
      share: share === 1 ? 1 : share * draw.pick([0.1, 0.5, 1]),
    };
  });
  return faults.sort((one, other) => one.at - other.at);
}
