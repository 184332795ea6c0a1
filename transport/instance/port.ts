import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';

/** What EC2 is about to do with a Spot Instance. */
export interface SpotAction {
  /** `terminate`, `stop` or `hibernate`, unless EC2 learns another. */
  action: string;
  /** When, as EC2 writes it; '' where it does not say. */
  time: string;
}

/**
 * What an EC2 instance can tell of itself (Amazon EC2 User Guide, "Use instance metadata"). Each
 * answers null for what the instance does not have, and rejects with {@link MetadataError} where it
 * cannot be told. What cannot change while the process lives is asked for once.
 */
export interface InstanceMetadataPort {
  instanceId(signal?: Signal): Promise<string | null>;
  region(signal?: Signal): Promise<string | null>;
  /** The instance identity document and its signature. */
  identity(signal?: Signal): Promise<{ document: string; signature: string } | null>;
  vpcId(signal?: Signal): Promise<string | null>;
  subnetId(signal?: Signal): Promise<string | null>;
  availabilityZoneId(signal?: Signal): Promise<string | null>;
  outpostArn(signal?: Signal): Promise<string | null>;
  userData(signal?: Signal): Promise<string | null>;
  /** Null while no interruption of this Spot Instance is announced. */
  spotAction(signal?: Signal): Promise<SpotAction | null>;
  /** Where its Auto Scaling group wants it, e.g. `Warmed:Stopped` or `InService`. */
  lifecycleState(signal?: Signal): Promise<string | null>;
}

/**
 * Stable codes of what keeps the agent from the instance's metadata.
 *
 * - `METADATA_UNREACHABLE`: no answer.
 * - `METADATA_UNAVAILABLE`: the service is asked too often, or is ill: worth trying again.
 * - `METADATA_REFUSED`: it answers, and will not tell.
 * - `METADATA_UNREADABLE`: what it tells makes no sense.
 */
export type MetadataErrorCode =
  | 'METADATA_UNREACHABLE'
  | 'METADATA_UNAVAILABLE'
  | 'METADATA_REFUSED'
  | 'METADATA_UNREADABLE';

/** Raised by every call of {@link InstanceMetadataPort}. No message holds what the service told. */
export class MetadataError extends AgentError {
  constructor(code: MetadataErrorCode, message: string, options: { cause?: unknown } = {}) {
    const retry = code === 'METADATA_UNREACHABLE' || code === 'METADATA_UNAVAILABLE';
    super(code, message, { ...options, retry });
  }
}
