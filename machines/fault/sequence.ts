import { blackholeStart, blackholeStop, chainOf } from './blackhole.ts';
import { disturbanceStart, disturbanceStop } from './disturbance.ts';
import type { Argv, Fault, FaultAim, Links, Step } from './model.ts';

/** The key of a fault's record: those that exclude each other have the same. */
export const faultKey = (aim: FaultAim): string =>
  aim.kind === 'network-blackhole-port' ? `fault/host/${chainOf(aim)}` : 'fault/host/disturbance';

/** The commands that make a fault, in order. */
export const startSteps = (fault: Fault, links: Links): Step[] =>
  fault.kind === 'network-blackhole-port'
    ? blackholeStart(fault, links)
    : disturbanceStart(fault, links);

/** The commands that unmake it, in order. */
export const stopSteps = (aim: FaultAim, links: Links): Step[] =>
  aim.kind === 'network-blackhole-port' ? blackholeStop(aim, links) : disturbanceStop(links);

/**
 * Commands that all succeed where faults can be injected: the firewall can be asked, and the kernel
 * has `netem`, tried in a network namespace that goes with the command.
 */
export const faultTrials: readonly Argv[] = [
  ['iptables', '-w', '5', '-S', 'OUTPUT'],
  ['nsenter', '--version'],
  ['unshare', '--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'],
];
