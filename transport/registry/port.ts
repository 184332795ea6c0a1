import type { EcrLogin } from '../../machines/container/model.ts';
import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { RegistryLogin } from '../docker/port.ts';
import type { AwsKeys } from '../wire/credentials.ts';

/** Who pulls which image. */
export interface LoginRequest {
  /** The reference as the task definition gives it. */
  image: string;
  ecr: EcrLogin | null;
  /** The keys of the task's execution role, where `ecr` wants them; null for the agent's own. */
  executionRole: { credentialsId: string; roleArn: string; keys: AwsKeys } | null;
}

/** Finds the credentials for a registry. */
export interface RegistryPort {
  /**
   * The login for an image; null where none is known, and the pull is anonymous. Rejects with
   * {@link RegistryError}.
   */
  loginFor(request: LoginRequest, signal?: Signal): Promise<RegistryLogin | null>;
}

/** Stable codes of what keeps the agent from a registry's credentials. */
export type RegistryErrorCode =
  | 'REGISTRY_ECR' // ECR gave no token; told to ECS as CannotPullECRContainerError
  | 'REGISTRY_AUTH'; // the agent's own configuration of registries; CannotPullContainerAuthError

/** Raised by {@link RegistryPort}. Neither is tried again by the one who pulls. */
export class RegistryError extends AgentError {
  constructor(code: RegistryErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, options);
  }
}
