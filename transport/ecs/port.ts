import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { TaskReport } from '../../machines/report/model.ts';

/** How long a call may take in all: 30 s to connect, 10 s for TLS, 2 s for the answer. */
export const roundTripMs = 42_000;

/** What the agent registers itself with. `clientToken` is one for all attempts of one start. */
export interface Registration {
  cluster: string;
  /** Of an earlier registration, to take the same place again; null for the first. */
  containerInstanceArn: string | null;
  clientToken: string;
  /** The EC2 instance identity document and its signature; null where there is none. */
  identity: { document: string; signature: string } | null;
  resources: { cpuUnits: number; memoryMiB: number; tcpPorts: number[]; udpPorts: number[] };
  attributes: { name: string; value?: string }[];
  tags: Record<string, string>;
}

/** Whether ECS may place tasks on a container instance. */
export interface InstanceState {
  arn: string;
  cluster: string;
  status: 'ACTIVE' | 'DRAINING';
}

/** What ECS answers to a registration. */
export interface Registered {
  containerInstanceArn: string;
  /** The Availability Zone of the instance; '' where ECS does not tell it. */
  availabilityZone: string;
}

/** Where the container instance finds its services. */
export interface PollEndpoints {
  acs: string;
  telemetry: string | null;
}

/** The Amazon ECS API as far as an agent calls it. All calls reject with {@link EcsError}. */
export interface EcsPort {
  register(registration: Registration, signal?: Signal): Promise<Registered>;
  /** Creates a cluster; one that exists is left alone. */
  createCluster(name: string, signal?: Signal): Promise<void>;
  /** Has tasks moved away from a container instance, or placed on it again. */
  updateInstanceState(state: InstanceState, signal?: Signal): Promise<void>;
  discoverPollEndpoint(
    instance: { arn: string; cluster: string },
    signal?: Signal,
  ): Promise<PollEndpoints>;
  submitTaskStateChange(cluster: string, report: TaskReport, signal?: Signal): Promise<void>;
}

/**
 * Raised by every call of {@link EcsPort}. `code` is `ECS_` and the kind of failure, `type` the
 * service's own exception name or the network's code.
 *
 * - `ECS_THROTTLED`: asked too often, or the service is ill: worth trying again.
 * - `ECS_INVALID`: the service will never take this request.
 * - `ECS_DENIED`: credentials are missing or may not do this.
 * - `ECS_UNREACHABLE`: no answer.
 * - `ECS_CLUSTER_MISSING`: there is no such cluster to register in.
 * - `ECS_ATTRIBUTES`: the service did not take every attribute.
 * - `ECS_FAILED`: anything else.
 */
export class EcsError extends AgentError {
  readonly type: string;

  constructor(code: EcsErrorCode, type: string, message: string, cause?: unknown) {
    super(code, message, {
      retry: code === 'ECS_THROTTLED' || code === 'ECS_UNREACHABLE',
      cause,
    });
    this.type = type;
  }
}

export type EcsErrorCode =
  | 'ECS_THROTTLED'
  | 'ECS_INVALID'
  | 'ECS_DENIED'
  | 'ECS_UNREACHABLE'
  | 'ECS_CLUSTER_MISSING'
  | 'ECS_ATTRIBUTES'
  | 'ECS_FAILED';
