import type { Argv, Disturbing, Latency, Links, PacketLoss, Step } from './model.ts';

/** All priorities lead to the third band, which is as it was; only filters lead to the others. */
const lastBand = Array.from({ length: 16 }, () => '2');
/** All priorities lead to the first of ten bands, until flows are told apart by their hash. */
const tenBands = ['prio', 'bands', '10', 'priomap', ...lastBand];

const tens = Array.from({ length: 10 }, (_, nth) => nth);

/** The minor number of the nth of ten bands: it is hexadecimal. */
const band = (nth: number): string => (nth + 1).toString(16);

/** Tells what is there; read it with {@link disturbanceIn}. */
export const disturbanceCheck = (link: string): Argv => [
  ...['tc', '-j', 'q', 'show', 'dev', link],
  ...['parent', '100:1'],
];

/** Tells all that is there; read it with {@link hasRemains}. */
export const disturbanceRemains = (link: string): Argv => ['tc', '-j', 'q', 'show', 'dev', link];

interface Discipline {
  kind?: string;
  handle?: string;
  root?: boolean;
  options?: Record<string, unknown>;
}

/** The disturbance that the tool's JSON tells of; null for none. */
export function disturbanceIn(output: string): Disturbing | null {
  const found = disciplinesIn(output).find(({ kind, options }) => kind === 'netem' && options);
  if (!found?.options) return null;
  return 'loss-random' in found.options ? 'network-packet-loss' : 'network-latency';
}

/** Whether the discipline is there below which all others are. */
export const hasRemains = (output: string): boolean =>
  disciplinesIn(output).some(
    ({ kind, handle, root }) => kind === 'prio' && handle === '1:' && root,
  );

function disciplinesIn(output: string): Discipline[] {
  try {
    const list: unknown = JSON.parse(output);
    return Array.isArray(list) ? list : [];
  } catch {
    // Without any discipline of its kind the tool says nothing at all.
    return [];
  }
}

/**
 * Makes it on each link: filters lead packets of the sources to ten bands of ten bands, by the hash
 * of their flow; as many of the hundred as percent are wanted are disturbed.
 */
export const disturbanceStart = (fault: Latency | PacketLoss, { names }: Links): Step[] =>
  names.flatMap((link) => [
    ...disciplines(fault, link),
    ...fault.spared.map((address) => filter(link, { address, prio: '1', band: '1:3' })),
    ...fault.sources.map((address) => filter(link, { address, prio: '2', band: '1:1' })),
    flow(link, { parent: '10:', handle: '1', base: '10:1' }),
    ...tens.map((nth) =>
      flow(link, { parent: `${100 + nth}:`, handle: String(nth + 1), base: `${100 + nth}:1` }),
    ),
  ]);

function disciplines(fault: Latency | PacketLoss, link: string): Step[] {
  const add = (where: string[], what: string[]): Step =>
    step(['tc', 'qdisc', 'add', 'dev', link, ...where, ...what]);
  const below = (parent: string, handle: number | string, what: string[]): Step =>
    add(['parent', parent, 'handle', `${handle}:`], what);
  const disturbed = Array.from({ length: fault.flowsPercent }, (_, nth) => nth);
  return [
    add(['root', 'handle', '1:'], ['prio', 'priomap', ...lastBand]),
    below('1:1', 10, tenBands),
    ...tens.map((nth) => below(`10:${band(nth)}`, 100 + nth, tenBands)),
    ...disturbed.map((nth) =>
      below(`${100 + Math.floor(nth / 10)}:${band(nth % 10)}`, 200 + nth, netem(fault)),
    ),
  ];
}

const netem = (fault: Latency | PacketLoss): string[] =>
  fault.kind === 'network-latency'
    ? ['netem', 'delay', `${fault.delayMs}ms`, `${fault.jitterMs}ms`]
    : ['netem', 'loss', `${fault.lossPercent}%`];

function filter(
  link: string,
  { address, prio, band: flowid }: { address: string; prio: string; band: string },
): Step {
  const family = address.includes(':') ? 'ip6' : 'ip';
  return step([
    ...['tc', 'filter', 'add', 'dev', link, 'protocol', 'all', 'parent', '1:0', 'prio', prio],
    ...['u32', 'match', family, 'dst', address, 'flowid', flowid],
  ]);
}

function flow(
  link: string,
  { parent, handle, base }: { parent: string; handle: string; base: string },
): Step {
  return step([
    ...['tc', 'filter', 'add', 'dev', link, 'parent', parent, 'handle', handle, 'prio', '2'],
    ...['flow', 'hash', 'keys', 'src,dst,proto,proto-src,proto-dst', 'divisor', '10'],
    ...['baseclass', base],
  ]);
}

/** Unmakes it. */
export const disturbanceStop = ({ names }: Links): Step[] =>
  names.flatMap((link) => [
    step(['tc', 'qdisc', 'del', 'dev', link, 'parent', '1:1', 'handle', '10:']),
    step(['tc', 'qdisc', 'del', 'dev', link, 'root', 'handle', '1:', 'prio']),
  ]);

const step = (argv: Argv): Step => ({ argv, matters: true });
