/** The kinds of faults that a task may ask for in its own network, as their paths name them. */
export type FaultKind = 'network-blackhole-port' | 'network-latency' | 'network-packet-loss';

/** Kinds that delay or lose packets: of these there is one at a time. */
export type Disturbing = Exclude<FaultKind, 'network-blackhole-port'>;

/** Packets of a protocol to a port vanish, on their way out or in. */
export interface BlackholeAim {
  kind: 'network-blackhole-port';
  port: number;
  protocol: 'tcp' | 'udp';
  trafficType: 'ingress' | 'egress';
}

/** What of a fault tells which one it is: enough to ask for it, and to end it. */
export type FaultAim = BlackholeAim | { kind: Disturbing };

/** Whom a disturbance is for: addresses and CIDR blocks. */
interface Reach {
  sources: string[];
  /** Those of them that are left alone. */
  spared: string[];
  /** How much of the traffic, by its flows. */
  flowsPercent: number;
}

/** A black hole, and whom it leaves alone. */
export type Blackhole = BlackholeAim & { spared: string[] };
/** Packets come late. */
export type Latency = Reach & { kind: 'network-latency'; delayMs: number; jitterMs: number };
/** Some packets do not come at all. */
export type PacketLoss = Reach & { kind: 'network-packet-loss'; lossPercent: number };

/** A fault as a task asks for it. */
export type Fault = Blackhole | Latency | PacketLoss;

/** What a task asks of its faults. */
export type FaultOrder =
  | { operation: 'start'; fault: Fault }
  | { operation: 'stop' | 'status'; fault: FaultAim };

/** The interfaces of the host that lead elsewhere. */
export interface Links {
  names: string[];
  /** Whether none of them leads there by IPv4. */
  ipv6Only: boolean;
}

/** A fault that was begun and may be there: what is stored before anything is done for it. */
export interface FaultRecord {
  aim: FaultAim;
  links: Links;
  /** ARNs of those who asked for it; it ends with the last of them. */
  tasks: string[];
}

/** A command line, without a shell between. */
export type Argv = readonly string[];

/** One command of a sequence. */
export interface Step {
  argv: Argv;
  /** Whether the sequence has failed where this has. */
  matters: boolean;
}
