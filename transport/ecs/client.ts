import {
  DiscoverPollEndpointCommand,
  ECSClient,
  RegisterContainerInstanceCommand,
  type RegisterContainerInstanceCommandInput,
  SubmitTaskStateChangeCommand,
  type SubmitTaskStateChangeCommandInput,
} from '@aws-sdk/client-ecs';
import type { Clock } from '../host/port.ts';
import type { Credentials } from '../wire/credentials.ts';
import { encodeRegistration, encodeTaskChange } from './codec.ts';
import { ecsErrorOf } from './errors.ts';
import { EcsError, type EcsPort, type PollEndpoints, type Registration } from './port.ts';

/** How the agent reaches the ECS API. */
export interface EcsOptions {
  /** null for the region's own endpoint. */
  endpoint: string | null;
  region: string;
  credentials: Credentials;
  userAgent: string;
  clock: Clock;
}

/** A whole round trip: 30 s to connect, 10 s for TLS, 2 s for the answer. */
const roundTripMs = 42_000;
/** How long an endpoint of ACS is used before ECS is asked for it again. */
const endpointsMs = 12 * 3_600_000;

/**
 * The ECS API over the AWS SDK. Calls are not repeated here: registration, session and outbox have
 * charts that show each wait between tries.
 */
export function ecsClient(options: EcsOptions): EcsPort {
  const client = clientOf(options);
  const within = deadline(options.clock);
  const cache = new Map<string, { endpoints: PollEndpoints; until: number }>();
  const where = options.endpoint ?? `region ${options.region}`;

  const call = async <Answer>(
    signal: AbortSignal | undefined,
    send: (abortSignal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await within(signal, send);
    } catch (error) {
      throw ecsErrorOf(error, where);
    }
  };

  return {
    register: async (registration, signal) => {
      const input = encodeRegistration(registration) as RegisterContainerInstanceCommandInput;
      const command = new RegisterContainerInstanceCommand(input);
      const { containerInstance } = await call(signal, (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      requireAll(registration, containerInstance?.attributes ?? []);
      if (!containerInstance?.containerInstanceArn)
        throw new EcsError('ECS_FAILED', 'NoArn', 'ECS registered no container instance');
      return containerInstance.containerInstanceArn;
    },

    discoverPollEndpoint: async ({ arn, cluster }, signal) => {
      const known = cache.get(arn);
      const now = options.clock.now();
      if (known && now < known.until) return known.endpoints;
      const command = new DiscoverPollEndpointCommand({ containerInstance: arn, cluster });
      try {
        const answer = await call(signal, (abortSignal) => client.send(command, { abortSignal }));
        if (!answer.endpoint)
          throw new EcsError('ECS_FAILED', 'NoEndpoint', 'ECS names no endpoint of ACS');
        const endpoints = { acs: answer.endpoint, telemetry: answer.telemetryEndpoint ?? null };
        cache.set(arn, { endpoints, until: now + endpointsMs });
        return endpoints;
      } catch (error) {
        // An old answer is better than none while the API does not answer.
        if (known) return known.endpoints;
        throw error;
      }
    },

    submitTaskStateChange: async (cluster, report, signal) => {
      const { pullStartedAt, pullStoppedAt, executionStoppedAt, ...rest } = encodeTaskChange(
        cluster,
        report,
      );
      const date = (seconds: number | undefined) => new Date((seconds ?? 0) * 1_000);
      const input = {
        ...rest,
        ...(pullStartedAt !== undefined && { pullStartedAt: date(pullStartedAt) }),
        ...(pullStoppedAt !== undefined && { pullStoppedAt: date(pullStoppedAt) }),
        ...(executionStoppedAt !== undefined && { executionStoppedAt: date(executionStoppedAt) }),
      } as SubmitTaskStateChangeCommandInput;
      const command = new SubmitTaskStateChangeCommand(input);
      await call(signal, (abortSignal) => client.send(command, { abortSignal }));
    },
  };
}

function clientOf({ endpoint, region, credentials, userAgent }: EcsOptions): ECSClient {
  const client = new ECSClient({
    region,
    credentials,
    maxAttempts: 1,
    ...(endpoint !== null && { endpoint }),
  });
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const request = args.request as { body: string };
        const members = privateMembers(commandName, args.input);
        request.body = JSON.stringify({ ...JSON.parse(request.body), ...members });
        return next(args);
      },
    { step: 'build', priority: 'high', name: 'privateMembers' },
  );
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

/** Members that ECS takes and the SDK's public model, which drops them, does not know. */
function privateMembers(commandName: unknown, input: object): Record<string, unknown> {
  if (commandName === 'DiscoverPollEndpointCommand') return { zoneId: '' };
  return 'clientToken' in input ? { clientToken: input.clientToken } : {};
}

/** Every attribute that was sent must come back as it was, or ECS would place tasks wrongly. */
function requireAll(
  { attributes }: Registration,
  taken: { name?: string | undefined; value?: string | undefined }[],
): void {
  const values = new Map(taken.map(({ name, value }) => [name, value ?? '']));
  const lost = attributes.find(({ name, value }) => values.get(name) !== (value ?? ''));
  if (!lost) return;
  throw new EcsError(
    'ECS_ATTRIBUTES',
    'AttributeError',
    `ECS did not take the attribute ${lost.name}; see that ECS_INSTANCE_ATTRIBUTES is valid`,
  );
}

/** Runs a call that ends when its time is up or the caller's signal aborts. */
const deadline =
  (clock: Clock) =>
  async <Answer>(
    signal: AbortSignal | undefined,
    send: (abortSignal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> => {
    const ending = new AbortController();
    const end = () => ending.abort();
    const cancel = clock.at(clock.now() + roundTripMs, end);
    signal?.addEventListener('abort', end, { once: true });
    try {
      return await send(ending.signal);
    } finally {
      cancel();
      signal?.removeEventListener('abort', end);
    }
  };
