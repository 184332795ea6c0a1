import {
  CreateClusterCommand,
  DiscoverPollEndpointCommand,
  ECSClient,
  RegisterContainerInstanceCommand,
  SubmitTaskStateChangeCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { abortSignalOf, type Ending, type Signal } from '../../machines/names/ending.ts';
import type { TaskReport } from '../../machines/report/model.ts';
import type { Clock } from '../host/port.ts';
import type { Credentials } from '../wire/credentials.ts';
import type { Wire } from '../wire/http.ts';
import { within } from '../wire/within.ts';
import { encodeRegistration, encodeTaskChange } from './codec.ts';
import { type EndpointOptions, endpointConfig } from './endpoint.ts';
import { ecsErrorOf, refusedRegistration } from './errors.ts';
import {
  EcsError,
  type EcsPort,
  type InstanceState,
  type PollEndpoints,
  type Registered,
  type Registration,
  roundTripMs,
} from './port.ts';

/** How the agent reaches the ECS API. */
export interface EcsOptions extends EndpointOptions {
  region: string;
  credentials: Credentials;
  userAgent: string;
  clock: Clock;
  wire: Wire;
}

/** How long an endpoint of ACS is used before ECS is asked for it again. */
const endpointsMs = 12 * 3_600_000;

/** The ECS API over the AWS SDK. */
export const ecsClient = (options: EcsOptions): EcsPort => new EcsClient(options);

/**
 * Calls are not repeated here, not by the SDK either: registration, session and outbox have charts
 * that show each wait, so that an operator sees them, and that a simulation runs in virtual time.
 */
class EcsClient implements EcsPort {
  readonly #options: EcsOptions;
  readonly #client: ECSClient;
  readonly #endpoints = new Map<string, { found: PollEndpoints; until: number }>();

  constructor(options: EcsOptions) {
    this.#options = options;
    this.#client = clientOf(options);
  }

  async register(registration: Registration, signal?: Signal): Promise<Registered> {
    const command = new RegisterContainerInstanceCommand(encodeRegistration(registration));
    const invalid = ['InvalidParameterException', 'ClientException'];
    const { containerInstance } = await this.#call({ signal, invalid }, (ending) =>
      this.#client.send(command, { abortSignal: abortSignalOf(ending) }),
    ).catch((error: EcsError) => Promise.reject(refusedRegistration(error)));
    const { containerInstanceArn, attributes = [] } = containerInstance ?? {};
    requireAll(registration, attributes);
    if (!containerInstanceArn)
      throw new EcsError('ECS_FAILED', 'NoArn', 'ECS registered no container instance');
    const zone = attributes.find(({ name }) => name === 'ecs.availability-zone');
    return { containerInstanceArn, availabilityZone: zone?.value ?? '' };
  }

  async createCluster(clusterName: string, signal?: Signal): Promise<void> {
    const command = new CreateClusterCommand({ clusterName });
    const invalid = ['InvalidParameterException', 'ClientException'];
    await this.#call({ signal, invalid }, (ending) =>
      this.#client.send(command, { abortSignal: abortSignalOf(ending) }),
    );
  }

  async updateInstanceState(
    { arn, cluster, status }: InstanceState,
    signal?: Signal,
  ): Promise<void> {
    const command = new UpdateContainerInstancesStateCommand({
      containerInstances: [arn],
      cluster,
      status,
    });
    const { failures = [] } = await this.#call({ signal, invalid: [] }, (ending) =>
      this.#client.send(command, { abortSignal: abortSignalOf(ending) }),
    );
    const [failure] = failures;
    if (!failure) return;
    const { reason = 'no reason', detail } = failure;
    const said = `ECS did not make ${arn} ${status}: ${detail ? `${reason}, ${detail}` : reason}`;
    // ECS knows the instance not at all, or no more: it will not do when asked again.
    throw new EcsError('ECS_INVALID', reason, said);
  }

  async discoverPollEndpoint(
    { arn, cluster }: { arn: string; cluster: string },
    signal?: Signal,
  ): Promise<PollEndpoints> {
    const known = this.#endpoints.get(arn);
    const now = this.#options.clock.now();
    if (known && now < known.until) return known.found;
    const command = new DiscoverPollEndpointCommand({ containerInstance: arn, cluster });
    try {
      const answer = await this.#call({ signal, invalid: [] }, (ending) =>
        this.#client.send(command, { abortSignal: abortSignalOf(ending) }),
      );
      if (!answer.endpoint)
        throw new EcsError('ECS_FAILED', 'NoEndpoint', 'ECS names no endpoint of ACS');
      const found = { acs: answer.endpoint, telemetry: answer.telemetryEndpoint ?? null };
      this.#endpoints.set(arn, { found, until: now + endpointsMs });
      return found;
    } catch (error) {
      // An old answer is better than none while the API does not answer.
      if (known) return known.found;
      throw error;
    }
  }

  async submitTaskStateChange(cluster: string, report: TaskReport, signal?: Signal): Promise<void> {
    const command = new SubmitTaskStateChangeCommand(encodeTaskChange(cluster, report));
    // All else is tried again, as by the Amazon ECS agent: a change that is lost stays unknown.
    const invalid = ['InvalidParameterException'];
    // Without options, so that the SDK keeps what it has worked out for calls of this kind.
    await this.#call({ signal, invalid }, () => this.#client.send(command));
  }

  /** Runs a call that ends when its time is up or the caller's signal aborts, come what may. */
  async #call<Answer>(
    { signal, invalid }: { signal: Signal | undefined; invalid: string[] },
    send: (ending: Ending) => Promise<Answer>,
  ): Promise<Answer> {
    const { clock, endpoint, region } = this.#options;
    const where = endpoint ?? `region ${region}`;
    try {
      // The SDK looks at its signal only while it waits for the answer, not while it asks for keys.
      const bounds = { clock, ms: roundTripMs, late: () => tooLate(where), signal, givenUp };
      return await within(bounds, send);
    } catch (error) {
      throw ecsErrorOf(error, { where, invalid });
    }
  }
}

const tooLate = (where: string): EcsError =>
  new EcsError(
    'ECS_UNREACHABLE',
    'TimeoutError',
    `The ECS API (${where}) did not answer within ${roundTripMs / 1_000} s`,
  );
const givenUp = (): EcsError =>
  new EcsError('ECS_UNREACHABLE', 'AbortError', 'The call to the ECS API was given up');

/** What the SDK does for each call besides: its own name, which is replaced, a log, a trace of Lambda. */
const unneeded = ['getUserAgentMiddleware', 'loggerMiddleware', 'recursionDetectionMiddleware'];

function clientOf(options: EcsOptions): ECSClient {
  const { region, credentials, userAgent, wire } = options;
  const client = new ECSClient({
    region,
    credentials,
    cacheMiddleware: true,
    requestHandler: wire.sdkHandler({ roundTripMs }),
    ...endpointConfig(options),
  });
  for (const name of unneeded) client.middlewareStack.remove(name);
  // Nothing is repeated here; others have their places by that of what would do it.
  client.middlewareStack.add((next) => next, {
    step: 'finalizeRequest',
    priority: 'high',
    name: 'retryMiddleware',
    override: true,
  });
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const request = args.request as { body: string | Uint8Array };
        const members = privateMembers(commandName, args.input);
        if (members === null) return next(args);
        // Decoded so because the SDK's body warns of every method of a string that is called on it.
        const text =
          request.body instanceof Uint8Array
            ? new TextDecoder().decode(request.body)
            : request.body;
        const body = JSON.parse(text);
        request.body = JSON.stringify({ ...body, ...members });
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
function privateMembers(commandName: unknown, input: object): Record<string, unknown> | null {
  if (commandName === 'DiscoverPollEndpointCommand') return { zoneId: '' };
  return 'clientToken' in input ? { clientToken: input.clientToken } : null;
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
