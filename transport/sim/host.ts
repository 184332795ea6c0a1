import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { Clock, HostFacts, HostPort } from '../host/port.ts';
import {
  type InstanceMetadataPort,
  MetadataError,
  type MetadataErrorCode,
  type SpotAction,
} from '../instance/port.ts';

/** How full a disk is. */
export interface DiskFacts {
  totalBytes: number;
  freeBytes: number;
}

/** A simulated machine, and what stories can do to it. */
export interface SimHost extends HostPort {
  /** From now on its one disk is so full, asked for each time; null where that cannot be told. */
  setDisk(read: () => DiskFacts | null): void;
  /** From now on no port is free while this says so. */
  setPortsTaken(areTaken: () => boolean): void;
  /** Where cloud-init says that it found its data; null where it says nothing. */
  setCloudInit(source: string | null): void;
}

const gibibyte = 1_073_741_824;

/**
 * A machine with two processors, 4 GiB and a disk that is half full, whose free ports are counted
 * up, round and round.
 */
export function simHost(more: Partial<HostFacts> = {}): SimHost {
  const facts: HostFacts = {
    platform: 'linux',
    cpuArchitecture: 'x86_64',
    cpuUnits: 2048,
    memoryMiB: 4096,
    windows: null,
    ipv6Only: false,
    ...more,
  };
  const first = 32_768;
  let next = first;
  let cloudInit: string | null = null;
  let areTaken = () => false;
  let disk = (): DiskFacts | null => ({ totalBytes: 40 * gibibyte, freeBytes: 20 * gibibyte });
  return {
    facts: () => facts,
    setPortsTaken: (read) => {
      areTaken = read;
    },
    freePorts: ({ count, protocol }) => {
      if (areTaken())
        return Promise.reject(
          new AgentError('HOST_PORTS_EXHAUSTED', `No ${count} ${protocol} ports are free`),
        );
      if (next + count > 65_536) next = first;
      next += count;
      return Promise.resolve(next - count);
    },
    disk: () => Promise.resolve(disk()),
    eventLoopLagMs: () => 0,
    setDisk: (read) => {
      disk = read;
    },
    cloudInit: () => Promise.resolve(cloudInit),
    setCloudInit: (source) => {
      cloudInit = source;
    },
  };
}

/** What a simulated EC2 instance is, and what is to become of it. */
export interface SimInstanceFacts {
  instanceId: string | null;
  region: string | null;
  identity: { document: string; signature: string } | null;
  vpcId: string | null;
  subnetId: string | null;
  availabilityZoneId: string | null;
  outpostArn: string | null;
  userData: string | null;
  spotAction: SpotAction | null;
  lifecycleState: string | null;
}

type Fact = keyof SimInstanceFacts;

const usualFacts: SimInstanceFacts = {
  instanceId: 'i-0123456789abcdef0',
  region: 'us-west-2',
  identity: { document: '{"region":"us-west-2"}', signature: 'SIMULATED' },
  vpcId: 'vpc-1',
  subnetId: 'subnet-1',
  availabilityZoneId: 'usw2-az1',
  outpostArn: null,
  userData: null,
  spotAction: null,
  lifecycleState: null,
};

/** What may change while the process lives, and so is asked for each time. */
const passing: Fact[] = ['spotAction', 'lifecycleState'];

const messages: Record<MetadataErrorCode, string> = {
  METADATA_UNREACHABLE: 'The simulated metadata service cannot be reached',
  METADATA_UNAVAILABLE: 'The simulated metadata service answered 503',
  METADATA_REFUSED: 'The simulated metadata service answered 403',
  METADATA_UNREADABLE: 'What the simulated metadata service tells cannot be read',
};

/** The metadata service of a simulated instance: the port without a socket, and its faults. */
export class SimInstance {
  /** How often each fact was asked of the service; what the agent knows already is not. */
  readonly asked = new Map<Fact, number>();
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #facts: SimInstanceFacts;
  readonly #known = new Map<Fact, unknown>();
  #trouble: MetadataErrorCode | null = null;

  constructor(clock: Clock, more: Partial<SimInstanceFacts> = {}, latencyMs = 1) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
    this.#facts = { ...usualFacts, ...more };
  }

  readonly port: InstanceMetadataPort = {
    instanceId: (signal) => this.#tell('instanceId', signal),
    region: (signal) => this.#tell('region', signal),
    identity: (signal) => this.#tell('identity', signal),
    vpcId: (signal) => this.#tell('vpcId', signal),
    subnetId: (signal) => this.#tell('subnetId', signal),
    availabilityZoneId: (signal) => this.#tell('availabilityZoneId', signal),
    outpostArn: (signal) => this.#tell('outpostArn', signal),
    userData: (signal) => this.#tell('userData', signal),
    spotAction: (signal) => this.#tell('spotAction', signal),
    lifecycleState: (signal) => this.#tell('lifecycleState', signal),
  };

  /** From now on these are its facts. */
  set(more: Partial<SimInstanceFacts>): void {
    Object.assign(this.#facts, more);
  }

  /** From now on every question fails so; null ends that. */
  setTrouble(trouble: MetadataErrorCode | null): void {
    this.#trouble = trouble;
  }

  #tell<Name extends Fact>(name: Name, signal?: Signal): Promise<SimInstanceFacts[Name]> {
    if (this.#known.has(name))
      return Promise.resolve(this.#known.get(name) as SimInstanceFacts[Name]);
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    return new Promise((resolve, reject) => {
      const fail = (code: MetadataErrorCode) => reject(new MetadataError(code, messages[code]));
      const answer = () => {
        if (this.#trouble) return fail(this.#trouble);
        if (!passing.includes(name)) this.#known.set(name, this.#facts[name]);
        resolve(this.#facts[name]);
      };
      const cancel = this.#clock.at(this.#clock.now() + this.#latencyMs, answer);
      const giveUp = () => {
        cancel();
        fail('METADATA_UNREACHABLE');
      };
      if (signal?.aborted) giveUp();
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}
