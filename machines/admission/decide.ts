import type { ContainerPlan, Protocol } from '../container/model.ts';
import type { AdmissionContext, Holder, Needs, PlanOfNeeds, Shortage, Waiting } from './model.ts';

/** How long others are let past a waiting task, before what it needs is kept free for it. */
export const patienceMs = 120_000;

const bytesInMiB = 1_024 ** 2;

/**
 * What a task takes of its host: its own CPU and memory, or else those of its containers, and the
 * host's ports that it names. The containers that the agent adds take nothing.
 */
export function needsOf(plan: PlanOfNeeds): Needs {
  const containers = plan.containers.filter(({ internal }) => !internal);
  const sum = (amountOf: (container: ContainerPlan) => number): number =>
    containers.reduce((total, container) => total + amountOf(container), 0);
  // A task of its own network interface takes no port of its host.
  const onHost = plan.networkMode === 'awsvpc' ? [] : containers;
  return {
    cpuUnits: plan.cpu ? Math.trunc(plan.cpu * 1_024) : sum(({ cpu }) => cpu),
    memoryMiB: plan.memoryMiB || sum(memoryOf),
    tcpPorts: portsOf(onHost, 'tcp'),
    udpPorts: portsOf(onHost, 'udp'),
  };
}

/** The soft limit, which Docker's host configuration gives in bytes, or else the hard one. */
function memoryOf({ dockerHostConfig, memoryMiB }: ContainerPlan): number {
  // Read only where it is named: most have none.
  if (!/memoryreservation|\\u/i.test(dockerHostConfig)) return memoryMiB;
  const reservation = Number(fieldOf(dockerHostConfig, 'memoryreservation'));
  return reservation > 0 ? Math.ceil(reservation / bytesInMiB) : memoryMiB;
}

/** A field of a JSON object, whatever the case of its name; what cannot be read has none. */
function fieldOf(json: string, lowerCaseName: string): unknown {
  try {
    const fields = Object.entries(Object(JSON.parse(json)));
    return fields.find(([name]) => name.toLowerCase() === lowerCaseName)?.[1];
  } catch {
    return undefined;
  }
}

function portsOf(containers: ContainerPlan[], protocol: Protocol): number[] {
  const mappings = containers.flatMap(({ portMappings }) => portMappings);
  const ports = mappings.flatMap((mapping) =>
    mapping.kind === 'single' && mapping.protocol === protocol ? [mapping.hostPort ?? 0] : [],
  );
  return [...new Set(ports)].filter((port) => port > 0);
}

/** The admission of a host that no task has come to yet. */
export const newAdmission = (
  { capacity, reserved }: Pick<AdmissionContext, 'capacity' | 'reserved'>,
  at: number,
): AdmissionContext => ({ capacity, reserved, holders: [], waiting: [], at });

/** Whether a task has been let in and has not stopped. */
export const isHolder = ({ holders }: AdmissionContext, taskArn: string): boolean =>
  holders.some((holder) => holder.taskArn === taskArn);

/** Puts a task at the end of those that wait; one that waits already keeps its place. */
export function withRequest(
  context: AdmissionContext,
  { taskArn, needs, at }: Holder & { at: number },
): AdmissionContext {
  const now = Math.max(at, context.at);
  if (context.waiting.some((task) => task.taskArn === taskArn)) return { ...context, at: now };
  const task: Waiting = { taskArn, needs, since: now, overtakenSince: null };
  return { ...context, waiting: [...context.waiting, task], at: now };
}

/** Gives back what a task holds, or takes it out of those that wait. */
export function withRelease(
  context: AdmissionContext,
  { taskArn, at }: { taskArn: string; at: number },
): AdmissionContext {
  const isOther = (task: Holder): boolean => task.taskArn !== taskArn;
  return {
    ...context,
    holders: context.holders.filter(isOther),
    waiting: context.waiting.filter(isOther),
    at: Math.max(at, context.at),
  };
}

/**
 * Lets in the tasks that fit in what is free, in the order in which they came. A task that does not
 * fit holds up none behind it at first: they are let past it. When that has gone on for long, what
 * it needs counts as taken for all behind it, so that small tasks cannot keep a large one out.
 */
export function admit(
  context: AdmissionContext,
  at: number,
): { context: AdmissionContext; admitted: string[] } {
  const taken = new Taken(context);
  const admitted: Holder[] = [];
  const waiting: Waiting[] = [];
  let passed = 0;
  for (const task of context.waiting) {
    const { taskArn, needs } = task;
    if (taken.leavesRoomFor(needs)) {
      taken.add(needs);
      admitted.push({ taskArn, needs });
      passed = waiting.length;
      continue;
    }
    waiting.push(task);
    if (isReserved(task, context, at)) taken.add(needs);
  }
  const overtake = (task: Waiting, index: number): Waiting =>
    index < passed && canEverFit(task.needs, context)
      ? { ...task, overtakenSince: task.overtakenSince ?? at }
      : task;
  const holders = context.holders.concat(admitted);
  sums.set(holders, summed(heldBy(context.holders), admitted));
  return {
    context: {
      ...context,
      holders,
      waiting: waiting.map(overtake),
      at,
    },
    admitted: arnsOf(admitted),
  };
}

/** Whether the host could give a task what it needs if no other task were there. */
const canEverFit = (needs: Needs, host: AdmissionContext): boolean =>
  new Taken({ ...host, holders: [] }).leavesRoomFor(needs);

/** Whether what a waiting task needs is kept free for it. */
const isReserved = (
  { needs, overtakenSince }: Waiting,
  context: AdmissionContext,
  at: number,
): boolean =>
  overtakenSince !== null && at - overtakenSince >= patienceMs && canEverFit(needs, context);

/** What tasks hold together; their sum is kept, as each task that asks needs it anew. */
const sums = new WeakMap<Holder[], Needs>();
const nothing: Needs = { cpuUnits: 0, memoryMiB: 0, tcpPorts: [], udpPorts: [] };

function heldBy(holders: Holder[]): Needs {
  const sum = sums.get(holders) ?? summed(nothing, holders);
  sums.set(holders, sum);
  return sum;
}

function summed(sum: Needs, holders: Holder[]): Needs {
  const both = (ports: number[], more: number[]) =>
    more.length === 0 ? ports : [...ports, ...more];
  return holders.reduce(
    ({ cpuUnits, memoryMiB, tcpPorts, udpPorts }, { needs }) => ({
      cpuUnits: cpuUnits + needs.cpuUnits,
      memoryMiB: memoryMiB + needs.memoryMiB,
      tcpPorts: both(tcpPorts, needs.tcpPorts),
      udpPorts: both(udpPorts, needs.udpPorts),
    }),
    sum,
  );
}

/** What is taken of a host: by its reserved ports, and by tasks. */
class Taken {
  readonly #free: { cpuUnits: number; memoryMiB: number };
  readonly #tcpPorts: Set<number>;
  readonly #udpPorts: Set<number>;

  constructor({ capacity, reserved, holders }: AdmissionContext) {
    this.#free = { ...capacity };
    this.#tcpPorts = new Set(reserved.tcpPorts);
    this.#udpPorts = new Set(reserved.udpPorts);
    this.add(heldBy(holders));
  }

  add({ cpuUnits, memoryMiB, tcpPorts, udpPorts }: Needs): void {
    this.#free.cpuUnits -= cpuUnits;
    this.#free.memoryMiB -= memoryMiB;
    for (const port of tcpPorts) this.#tcpPorts.add(port);
    for (const port of udpPorts) this.#udpPorts.add(port);
  }

  /** A host can have less than nothing free, after a restart with less. What needs nothing fits. */
  leavesRoomFor({ cpuUnits, memoryMiB, tcpPorts, udpPorts }: Needs): boolean {
    return (
      cpuUnits <= Math.max(0, this.#free.cpuUnits) &&
      memoryMiB <= Math.max(0, this.#free.memoryMiB) &&
      !tcpPorts.some((port) => this.#tcpPorts.has(port)) &&
      !udpPorts.some((port) => this.#udpPorts.has(port))
    );
  }
}

const amounts = [
  ['CPU', 'cpuUnits'],
  ['MEMORY', 'memoryMiB'],
] as const;
const ports = [
  ['PORTS_TCP', 'tcpPorts'],
  ['PORTS_UDP', 'udpPorts'],
] as const;

/** A task that waits, the host, and the tasks that come before it: they hold or have reserved. */
interface Queued {
  needs: Needs;
  host: AdmissionContext;
  before: Holder[];
}

/**
 * What a waiting task is short of, as of the latest decision; [] for a task that does not wait. Where
 * the host can never give a resource nobody is named: their end would not help.
 */
export function shortagesOf(context: AdmissionContext, taskArn: string): Shortage[] {
  const index = context.waiting.findIndex((task) => task.taskArn === taskArn);
  const task = context.waiting[index];
  if (!task) return [];
  const reserving = context.waiting
    .slice(0, index)
    .filter((earlier) => isReserved(earlier, context, context.at));
  const before = [...context.holders, ...reserving];
  const queued = { needs: task.needs, host: context, before };
  return [...amounts.flatMap(amountShort(queued)), ...ports.flatMap(portsShort(queued))];
}

const amountShort =
  ({ needs, host, before }: Queued) =>
  ([resource, unit]: (typeof amounts)[number]): Shortage[] => {
    const held = before.reduce((total, task) => total + task.needs[unit], 0);
    const free = Math.max(0, host.capacity[unit] - held);
    if (needs[unit] <= free) return [];
    const never = needs[unit] > host.capacity[unit];
    const holders = never ? [] : before.filter((task) => task.needs[unit] > 0);
    return [{ resource, needs: [needs[unit]], free, heldBy: arnsOf(holders), never }];
  };

const portsShort =
  ({ needs, host, before }: Queued) =>
  ([resource, protocol]: (typeof ports)[number]): Shortage[] => {
    const reserved = needs[protocol].filter((port) => host.reserved[protocol].includes(port));
    if (reserved.length > 0)
      return [{ resource, needs: reserved, free: null, heldBy: [], never: true }];
    const shares = (task: Holder) => (port: number) => task.needs[protocol].includes(port);
    const holders = before.filter((task) => needs[protocol].some(shares(task)));
    const held = needs[protocol].filter((port) => holders.some((task) => shares(task)(port)));
    if (held.length === 0) return [];
    return [{ resource, needs: held, free: null, heldBy: arnsOf(holders), never: false }];
  };

const arnsOf = (tasks: Holder[]): string[] => tasks.map(({ taskArn }) => taskArn);
