import {
  ECSClient,
  type ECSClientConfig,
  GetTaskProtectionCommand,
  type GetTaskProtectionCommandOutput,
  ListTagsForResourceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { abortSignalOf } from '../../machines/names/ending.ts';
import { type ProtectionAnswer, ProtectionError, type ProtectionPort } from '../agentapi/port.ts';
import type { Clock, Random } from '../host/port.ts';
import type { Credentials } from '../wire/credentials.ts';
import type { Wire } from '../wire/http.ts';
import { within } from '../wire/within.ts';
import { type EndpointOptions, endpointConfig } from './endpoint.ts';

/** How ECS is reached for what tasks ask of it. */
export interface ForTasksOptions extends EndpointOptions {
  region: string;
  userAgent: string;
  wire: Wire;
}

/** Task protection over the AWS SDK, with a client for each call, as each has its task's own keys. */
export const taskProtection = (options: ForTasksOptions): ProtectionPort => ({
  get: ({ cluster, taskArn, keys }, signal) =>
    protectionOf(clientOf(options, { credentials: keys }), (client) => {
      const command = new GetTaskProtectionCommand({ cluster, tasks: [taskArn] });
      return client.send(command, { abortSignal: abortSignalOf(signal) });
    }),
  update: ({ cluster, taskArn, keys, enabled, expiresInMinutes }, signal) =>
    protectionOf(clientOf(options, { credentials: keys }), (client) => {
      const command = new UpdateTaskProtectionCommand({
        cluster,
        tasks: [taskArn],
        protectionEnabled: enabled,
        ...(expiresInMinutes !== null && { expiresInMinutes }),
      });
      return client.send(command, { abortSignal: abortSignalOf(signal) });
    }),
});

type Answered = Pick<GetTaskProtectionCommandOutput, 'protectedTasks' | 'failures'>;

async function protectionOf(
  client: ECSClient,
  send: (client: ECSClient) => Promise<Answered>,
): Promise<ProtectionAnswer> {
  try {
    const { protectedTasks = [], failures = [] } = await send(client);
    return {
      tasks: protectedTasks.map((task) => ({
        taskArn: task.taskArn ?? null,
        enabled: task.protectionEnabled ?? null,
        expires: task.expirationDate ?? null,
      })),
      failures: failures.map(({ arn = null, reason = null, detail = null }) => ({
        ...{ arn, reason, detail },
      })),
    };
  } catch (error) {
    throw protectionErrorOf(error as SdkError);
  }
}

/** What the SDK rejects with; the service's own errors say on whose side the fault is. */
type SdkError = Error & {
  $fault?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
};

function protectionErrorOf({ name, message, $fault, $metadata }: SdkError): ProtectionError {
  const status = $metadata?.httpStatusCode ?? null;
  const isOfService = $fault !== undefined || status !== null;
  return new ProtectionError(message, {
    status,
    type: isOfService ? name : null,
    requestId: $metadata?.requestId ?? '',
  });
}

/** How tags are read: by the agent itself, in its own role. */
export interface TagOptions extends ForTasksOptions {
  credentials: Credentials;
  clock: Clock;
  random: Random;
}

/** A task that asks for its metadata has its answer within five seconds. */
const tagsWithinMs = 4_000;
const firstWaitMs = 500;
const longestWaitMs = 10_000;
const growth = 1.5;
const jitter = 0.1;

/** Exceptions after which ECS may answer the same request. */
const passing = ['ThrottlingException', 'ServerException', 'LimitExceededException'];

/**
 * Reads the tags of a task or a container instance, for one of its containers, which ECS is told of.
 * Tries again, but not beyond the time that the container waits; rejects with what it may be told.
 */
export function tagReader(options: TagOptions) {
  const { credentials } = options;
  return patientTagReader(options, (resourceArn, forContainer) => {
    const userAgent = `${options.userAgent} container/${forContainer}`;
    const client = clientOf({ ...options, userAgent }, { credentials, maxAttempts: 1 });
    return (abortSignal) => tagsOf(client, resourceArn, abortSignal);
  });
}

/** Asks ECS for tags once. */
type TagCall = (signal: AbortSignal) => Promise<Record<string, string>>;

/** The same patience with whoever is asked: it rejects with errors that have the service's names. */
export function patientTagReader(
  pulse: Pick<TagOptions, 'clock' | 'random'>,
  callOf: (resourceArn: string, forContainer: string) => TagCall,
) {
  return (resourceArn: string, forContainer: string): Promise<Record<string, string>> =>
    readTags(pulse, resourceArn, callOf(resourceArn, forContainer));
}

async function readTags(
  { clock, random }: Pick<TagOptions, 'clock' | 'random'>,
  resourceArn: string,
  call: TagCall,
): Promise<Record<string, string>> {
  const until = clock.now() + tagsWithinMs;
  for (let attempt = 1, waitMs = firstWaitMs; ; attempt++) {
    try {
      // The SDK looks at its signal only while it waits for the answer, not while it asks for keys.
      const ms = until - clock.now();
      return await within({ clock, ms, late: tooLate }, (ending) => call(abortSignalOf(ending)));
    } catch (error) {
      const { name, message } = error as Error;
      const wakeAt = clock.now() + waitMs * (1 + jitter * random.roll());
      if (!passing.includes(name) || wakeAt >= until)
        throw new Error(
          `GetResourceTags failed for ${resourceArn} after ${attempt} attempts: ${message}`,
          { cause: error },
        );
      await new Promise<void>((resolve) => clock.at(wakeAt, resolve));
      waitMs = Math.min(longestWaitMs, waitMs * growth);
    }
  }
}

const tooLate = () => new Error(`ECS did not answer within ${tagsWithinMs / 1_000} s`);

async function tagsOf(
  client: ECSClient,
  resourceArn: string,
  abortSignal: AbortSignal,
): Promise<Record<string, string>> {
  const command = new ListTagsForResourceCommand({ resourceArn });
  const { tags = [] } = await client.send(command, { abortSignal });
  return Object.fromEntries(tags.map(({ key = '', value = '' }) => [key, value]));
}

function clientOf(
  { region, userAgent, wire, ...where }: ForTasksOptions,
  more: Pick<ECSClientConfig, 'credentials' | 'maxAttempts'>,
): ECSClient {
  const client = new ECSClient({
    region,
    requestHandler: wire.sdkHandler(),
    ...endpointConfig(where),
    ...more,
  });
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers: Record<string, string> };
      request.headers['user-agent'] = userAgent;
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'agentUserAgent' },
  );
  return client;
}
