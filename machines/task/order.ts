import type { ContainerEvent } from '../container/events.ts';
import type { ContainerStatus, Hold, Step } from '../container/model.ts';
import { dependentsOf } from '../dependency/graph.ts';
import { verdictOf } from '../dependency/verdict.ts';
import type { KnownContainer, TaskContext } from './model.ts';

/** What a task tells one of its containers. */
export interface Order {
  to: string;
  event: ContainerEvent;
}

type Told = Partial<Pick<KnownContainer, 'told' | 'held' | 'desired'>>;
type Decision = { event: ContainerEvent; told: Told } | null;

/** Which step comes after a status. */
const stepAfter: Record<ContainerStatus, Step> = {
  NONE: 'resolve',
  MANIFEST_PULLED: 'pull',
  PULLED: 'create',
  CREATED: 'start',
  RUNNING: 'start',
  STOPPED: 'start',
};

/**
 * What the containers are to be told now, and the task's view of them once they are. Those to start
 * go step by step where they depend on others; those to stop wait until all that depend on them have.
 */
export function orders(
  context: TaskContext,
  at: number,
): { containers: TaskContext['containers']; orders: Order[] } {
  const containers = { ...context.containers };
  const told: Order[] = [];
  for (const known of Object.values(context.containers)) {
    if (known.status === 'STOPPED' || known.told === 'stop') continue;
    const decision =
      context.desired === 'STOPPED'
        ? stopOrder(known, context, at)
        : startOrder(known, context, at);
    if (!decision) continue;
    containers[known.name] = { ...known, ...decision.told };
    told.push({ to: known.name, event: decision.event });
  }
  return { containers, orders: told };
}

function stopOrder(known: KnownContainer, { containers }: TaskContext, at: number): Decision {
  const before = dependentsOf(known.name, Object.values(containers));
  if (!before.every(({ status }) => status === 'STOPPED')) return retireOrder(known, at);
  return {
    event: { type: 'container.stop', at },
    told: { told: 'stop', desired: 'STOPPED' },
  };
}

/** One that has to wait for others to stop is not to start again meanwhile. */
const retireOrder = ({ told, restartPolicy }: KnownContainer, at: number): Decision =>
  restartPolicy === null || told === 'retire'
    ? null
    : { event: { type: 'container.retire', at }, told: { told: 'retire' } };

function startOrder(known: KnownContainer, context: TaskContext, at: number): Decision {
  if (known.told === 'fail' || known.told === 'start') return null;
  const { resources, pullUpfront } = context;
  if (!resources.every(({ status }) => status === 'CREATED')) return allow(known, 'resolve', at);
  if (known.dependsOn.length === 0) return allow(known, 'start', at);
  const verdict = verdictOf(known, (name) => context.containers[name]);
  switch (verdict.is) {
    case 'impossible':
      return {
        event: { type: 'container.fail', because: verdict.because, at },
        told: { told: 'fail', desired: 'STOPPED' },
      };
    case 'waiting':
      return allow(known, pullUpfront ? 'pull' : 'resolve', at) ?? holdOrder(known, verdict, at);
    case 'ready':
      return allow(known, known.status === 'NONE' ? 'pull' : stepAfter[known.status], at);
  }
}

/** Tells a container once for what it waits, when its image is settled. */
function holdOrder(known: KnownContainer, { on, until, otherwise }: Hold, at: number): Decision {
  const names = on.map(({ container, condition }) => `${container}:${condition}`);
  const held = `${names.join()}@${until}`;
  if (held === known.held || known.status === 'NONE') return null;
  return { event: { type: 'container.hold', hold: { on, until, otherwise }, at }, told: { held } };
}

const steps: (KnownContainer['told'] | Step)[] = ['nothing', 'resolve', 'pull', 'create', 'start'];

/** Lets a container go further than it was told before; null where it may already. */
const allow = ({ told }: KnownContainer, upTo: Step, at: number): Decision =>
  steps.indexOf(upTo) <= steps.indexOf(told)
    ? null
    : { event: { type: 'container.allow', upTo, at }, told: { told: upTo, held: '' } };
