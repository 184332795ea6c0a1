import type { Argv, Step } from '../../machines/fault/model.ts';

/** What makes 169.254.170.2 reach the agent on a Linux host, and keeps others from it. */
export interface LinuxSetup {
  /** The port of loopback where the agent serves tasks; 0 where it does not. */
  taskPort: number;
  /** 0 where there is no introspection. */
  introspectionPort: number;
  localhostFilterSkipped: boolean;
  introspectionOffHost: boolean;
  /** The bridge of the Engine's default network. */
  bridge: string;
  /** Whether the host has a firewall for IPv6 as well. */
  ipv6: boolean;
}

/** A rule of the firewall. One that is inserted comes before those that were there. */
export interface Rule {
  tool: 'iptables' | 'ip6tables';
  table: 'nat' | 'filter';
  place: 'append' | 'insert';
  chain: string;
  words: string[];
}

/** The address that the containers of all tasks are given. */
export const taskAddress = '169.254.170.2';
const loopback = '127.0.0.0/8';

/** The rules that are wanted, in the order in which they are to be put. */
export function rulesOf(setup: LinuxSetup): Rule[] {
  const { introspectionPort, introspectionOffHost } = setup;
  const isGuarded = introspectionPort !== 0 && !introspectionOffHost;
  const { inward, outward } = taskRules(setup);
  return [...inward, ...(isGuarded ? introspectionRules(setup) : []), ...outward];
}

function taskRules({ taskPort, localhostFilterSkipped }: LinuxSetup): {
  inward: Rule[];
  outward: Rule[];
} {
  if (taskPort === 0) return { inward: [], outward: [] };
  const asked = ['-p', 'tcp', '-d', taskAddress, '--dport', '80'];
  const nat = { tool: 'iptables', table: 'nat', place: 'append' } as const;
  const fromContainers: Rule = {
    ...{ ...nat, chain: 'PREROUTING' },
    words: [...asked, '-j', 'DNAT', '--to-destination', `127.0.0.1:${taskPort}`],
  };
  const fromHost: Rule = {
    ...{ ...nat, chain: 'OUTPUT' },
    words: [...asked, '-j', 'REDIRECT', '--to-ports', String(taskPort)],
  };
  const filter = localhostFilterSkipped ? [] : [localhostFilter];
  return { inward: [fromContainers, ...filter], outward: [fromHost] };
}

const input = { table: 'filter', place: 'insert', chain: 'INPUT' } as const;

/** With local routing of loopback addresses, other hosts could send to them; only DNAT may. */
const localhostFilter: Rule = {
  ...{ ...input, tool: 'iptables' },
  words: [
    ...['--dst', loopback, '!', '--src', loopback, '-m', 'conntrack'],
    ...['!', '--ctstate', 'RELATED,ESTABLISHED,DNAT', '-j', 'DROP'],
  ],
};

/** The bridge's rule is inserted last, so it comes first. */
const introspectionRules = ({ introspectionPort, bridge, ipv6 }: LinuxSetup): Rule[] =>
  (['DROP', 'ACCEPT'] as const).flatMap((verdict) =>
    (['iptables', ...(ipv6 ? (['ip6tables'] as const) : [])] as const).map((tool) => ({
      ...{ ...input, tool },
      words: [
        ...['-p', 'tcp', '--dport', String(introspectionPort)],
        ...(verdict === 'DROP' ? ['!', '-i', 'lo'] : ['-i', bridge]),
        ...['-j', verdict],
      ],
    })),
  );

/** The rules that may be there from a run with other settings, too. */
export const allRulesOf = (setup: LinuxSetup): Rule[] =>
  rulesOf({ ...setup, localhostFilterSkipped: false, introspectionOffHost: false });

const actions = { check: '-C', delete: '-D', append: '-A', insert: '-I' };

/** The command that does something with a rule; `put` puts it in its place. */
export function commandOf(rule: Rule, action: 'check' | 'delete' | 'put'): Argv {
  const { tool, table, place, chain, words } = rule;
  const flag = actions[action === 'put' ? place : action];
  return [tool, '-w', '5', '-t', table, flag, chain, ...words];
}

/** Before the rules: packets for loopback may be routed there, and the bridge believes no router. */
export const openKernel = ({ bridge }: LinuxSetup): Step[] => [
  { argv: ['sysctl', '-w', 'net.ipv4.conf.all.route_localnet=1'], matters: true },
  { argv: ['sysctl', '-e', '-w', `net.ipv6.conf.${bridge}.accept_ra=0`], matters: false },
];

/** For a host that routes no IPv4 elsewhere, as packets without a route are not even looked at. */
export const taskRoute: Step = {
  argv: ['ip', 'route', 'replace', `${taskAddress}/32`, 'dev', 'lo', 'scope', 'link'],
  matters: true,
};

/** After the rules have gone: all as new interfaces have it. */
export const closeKernel = (
  { bridge }: LinuxSetup,
  defaults: { routeLocalnet: string; acceptRa: string },
): Step[] => [
  {
    argv: ['sysctl', '-w', `net.ipv4.conf.all.route_localnet=${defaults.routeLocalnet}`],
    matters: true,
  },
  {
    argv: ['sysctl', '-e', '-w', `net.ipv6.conf.${bridge}.accept_ra=${defaults.acceptRa}`],
    matters: false,
  },
  { argv: ['ip', 'route', 'del', `${taskAddress}/32`, 'dev', 'lo'], matters: false },
];
