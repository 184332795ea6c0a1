import type { Argv, Blackhole, BlackholeAim, Links, Step } from './model.ts';

/** How long the tables may be held by others before a command gives up. */
const waitS = '5';

/** The tables of the two families; those of IPv6 count only where there is nothing else. */
const families = [
  { tool: 'iptables', everywhere: '0.0.0.0/0', isOf: (address: string) => !address.includes(':') },
  { tool: 'ip6tables', everywhere: '::/0', isOf: (address: string) => address.includes(':') },
] as const;

/** Where tasks ask for their credentials and metadata. */
const taskServer = { address: '169.254.170.2', port: 80 };

const sides = {
  egress: { parent: 'OUTPUT', spares: '-d' },
  // Packets that come in are told apart by where they come from.
  ingress: { parent: 'INPUT', spares: '-s' },
} as const;

/** The chain in which a black hole is. */
export const chainOf = ({ trafficType, protocol, port }: BlackholeAim): string =>
  `${trafficType}-${protocol}-${port}`;

const portOf = ({ protocol, port }: BlackholeAim) => ['-p', protocol, '--dport', String(port)];
const destined = ({ protocol, port }: BlackholeAim, side: '-d' | '-s', address: string) => [
  ...['-p', protocol, side, address],
  ...['--dport', String(port)],
];

/** Succeeds where the black hole is. */
export const blackholeCheck = (aim: BlackholeAim): Argv => [
  ...['iptables', '-w', waitS, '-C', chainOf(aim)],
  ...portOf(aim),
  ...['-j', 'DROP'],
];

/** Fails where nothing of the black hole is left. */
export const blackholeRemains = (aim: BlackholeAim): Argv => [
  ...['iptables', '-w', waitS, '-S'],
  chainOf(aim),
];

/**
 * Makes it: a chain of its own, in which the spared addresses are let through before the rest is
 * dropped. A black hole for what leaves at the port of the task metadata server spares that server.
 */
export function blackholeStart(fault: Blackhole, links: Links): Step[] {
  const { trafficType, port } = fault;
  const { parent, spares } = sides[trafficType];
  const chain = chainOf(fault);
  const own = trafficType === 'egress' && port === taskServer.port ? [taskServer.address] : [];
  return inBoth(links, ({ everywhere, isOf }) => [
    ['-N', chain],
    ...[...fault.spared, ...own]
      .filter(isOf)
      .map((address) => ['-A', chain, ...destined(fault, spares, address), '-j', 'ACCEPT']),
    ['-A', chain, ...destined(fault, '-d', everywhere), '-j', 'DROP'],
    ['-I', parent, '-j', chain],
  ]);
}

/** Unmakes it. */
export function blackholeStop(aim: BlackholeAim, links: Links): Step[] {
  const chain = chainOf(aim);
  const { parent } = sides[aim.trafficType];
  return inBoth(links, () => [
    ['-F', chain],
    ['-D', parent, '-j', chain],
    ['-X', chain],
  ]);
}

function inBoth(
  { ipv6Only }: Links,
  commands: (family: (typeof families)[number]) => string[][],
): Step[] {
  return families.flatMap((family) =>
    commands(family).map((words) => ({
      argv: [family.tool, '-w', waitS, ...words],
      matters: family.tool === 'iptables' || ipv6Only,
    })),
  );
}
