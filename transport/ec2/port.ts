import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';

/** The Amazon EC2 API as far as an agent calls it. All calls reject with {@link Ec2Error}. */
export interface Ec2Port {
  /** The tags of an instance, those that AWS made among them. */
  instanceTags(instanceId: string, signal?: Signal): Promise<Record<string, string>>;
}

/** Raised for what EC2 did not answer. `passing` says whether asking again may help. */
export class Ec2Error extends AgentError {
  readonly passing: boolean;

  constructor(message: string, { passing, cause }: { passing: boolean; cause?: unknown }) {
    super('EC2_FAILED', message, { cause });
    this.passing = passing;
  }
}
