import { EcsError } from '../ecs/port.ts';

/** Keys that sign the agent's own calls. */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Answers the keys that are valid now. Rejects with `ECS_DENIED` where there are none. */
export type Credentials = () => Promise<AwsKeys>;

/**
 * Keys from the configuration if it has them, else from where the AWS SDK looks for them: shared
 * files, web identity, the container's or the instance's role. The SDK's chain is loaded when it is
 * first needed, and keeps what it found until that expires.
 */
export function credentialsFrom(configured: AwsKeys | null): Credentials {
  if (configured) return () => Promise.resolve(configured);
  let chain: Credentials | undefined;
  return async () => {
    try {
      chain ??= (await import('@aws-sdk/credential-provider-node')).defaultProvider();
      return await chain();
    } catch (error) {
      throw new EcsError(
        'ECS_DENIED',
        'CredentialsProviderError',
        'No AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ' +
          'or give the container instance a role',
        error,
      );
    }
  };
}
