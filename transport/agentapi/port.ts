import type { Disturbing, FaultOrder, Links } from '../../machines/fault/model.ts';
import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { AwsKeys } from '../wire/credentials.ts';

/** The task of a container that asks something of the agent. */
export interface AskingTask {
  arn: string;
  /** As its definition names it; '' for Docker's bridge. */
  networkMode: string;
  /** Whether its definition allows faults. */
  faultInjection: boolean;
  /** Whether it has stopped, so that nothing may be begun for it any more. */
  isOver: boolean;
  /** The keys of its own role; null where it has none, or none yet. */
  keys: AwsKeys | null;
}

/** What became of an order. */
export type FaultOutcome =
  | { is: 'running' | 'not-running' | 'stopped' }
  /** Another disturbance is there, and is to be stopped first. */
  | { is: 'occupied'; by: Disturbing }
  /** A command failed; nothing of it is left. */
  | { is: 'failed' }
  /** It took longer than a request may; nothing of it is left. */
  | { is: 'overdue' };

/** Faults in the network of this host. */
export interface FaultPort {
  /** Where packets leave this host; null where they do not. */
  links(): Promise<Links | null>;
  perform(order: FaultOrder, by: { taskArn: string; links: Links }): Promise<FaultOutcome>;
}

/** Who asks ECS about the protection of a task: the task itself, in its own role. */
export interface ProtectionCall {
  cluster: string;
  taskArn: string;
  keys: AwsKeys;
}

/** What ECS answers: of one task, or what it could not do for it. */
export interface ProtectionAnswer {
  tasks: { taskArn: string | null; enabled: boolean | null; expires: Date | null }[];
  failures: { arn: string | null; reason: string | null; detail: string | null }[];
}

/** Task protection of the Amazon ECS API. Both calls reject with {@link ProtectionError}. */
export interface ProtectionPort {
  get(call: ProtectionCall, signal: Signal): Promise<ProtectionAnswer>;
  update(
    call: ProtectionCall & { enabled: boolean; expiresInMinutes: number | null },
    signal: Signal,
  ): Promise<ProtectionAnswer>;
}

/** Raised where ECS refused, with code `ECS_PROTECTION`. */
export class ProtectionError extends AgentError {
  /** Status of the answer; null where there was none. */
  readonly status: number | null;
  /** The service's own name for what is wrong; null where it said nothing. */
  readonly type: string | null;
  readonly requestId: string;

  constructor(message: string, of: Pick<ProtectionError, 'status' | 'type' | 'requestId'>) {
    super('ECS_PROTECTION', message);
    this.status = of.status;
    this.type = of.type;
    this.requestId = of.requestId;
  }
}
