import type { Signal } from '../../machines/names/ending.ts';
import type { PlaneEvent } from '../../machines/plane/model.ts';
import type { TaskReport } from '../../machines/report/model.ts';
import type {
  Acknowledgement,
  CredentialReceipt,
  InboundMessage,
  Payload,
} from '../../machines/session/model.ts';
import type { RefusedTask, TaskArrival } from '../../machines/task/model.ts';
import { hearFrame } from '../acs/codec.ts';
import type {
  AcsAddress,
  AcsConnection,
  AcsListener,
  AcsPort,
  RoleCredentials,
} from '../acs/port.ts';
import type { EcsError, EcsPort, InstanceState, Registration } from '../ecs/port.ts';
import type { Clock } from '../host/port.ts';
import { type PlaneCall, SimApi } from './plane/api.ts';
import { SimForTasks } from './plane/for-tasks.ts';
import { simRandom } from './random.ts';

/** How a connection ends. */
type LineEnd = { clean: boolean; inactiveInstance?: boolean; reason?: string };

/**
 * A control plane without sockets, for one container instance under one virtual clock: both ports
 * of the agent, what it was told, and the faults it can have.
 */
export class SimPlane {
  /** Every change that was taken, in order; `unheard` are those for which the agent was not thanked. */
  readonly reports: TaskReport[] = [];
  readonly unheard = new Set<TaskReport>();
  readonly acknowledgements: Acknowledgement[] = [];
  readonly registrations: Registration[] = [];
  /** The clusters that it was asked to create, and the states to give to its container instance. */
  readonly clusters: string[] = [];
  readonly states: InstanceState[] = [];
  /** How often the agent connected. */
  connections = 0;
  /** How connections end before they are open; null where they are taken. */
  refusal: LineEnd | null = null;
  readonly api: SimApi;
  /** What it answers the agent on behalf of tasks. */
  readonly forTasks: SimForTasks;
  /** What the agent said of itself at each try to connect. */
  readonly addresses: AcsAddress[] = [];
  readonly #clock: Clock;
  readonly #latencyMs: number;
  #tell: (event: PlaneEvent) => void = () => {};
  #listener: AcsListener | null = null;
  /** Whether anything gets through: the connection is open, and not only half. */
  #isThrough = false;
  /** Which task has the credentials of an id. */
  readonly #holders = new Map<string, string>();
  readonly #random = simRandom(0);
  #messages = 0;
  #seqNum = 0;

  constructor(clock: Clock, latencyMs = 1) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
    this.api = new SimApi(clock, latencyMs);
    this.forTasks = new SimForTasks(this.api, clock);
  }

  /** Where ECS says that the instance is. */
  availabilityZone = '';

  readonly ecs: EcsPort = {
    register: async (registration, signal) => {
      await this.#answer('register', signal);
      this.registrations.push(registration);
      const containerInstanceArn =
        registration.containerInstanceArn ?? `${this.#arn('container-instance')}/simulated`;
      this.#tell({ type: 'instance.registered', containerInstanceArn });
      return { containerInstanceArn, availabilityZone: this.availabilityZone };
    },
    createCluster: async (name, signal) => {
      await this.#answer('createCluster', signal);
      this.clusters.push(name);
    },
    updateInstanceState: async (state, signal) => {
      await this.#answer('updateState', signal);
      this.states.push(state);
    },
    discoverPollEndpoint: async (_, signal) => {
      await this.#answer('discover', signal);
      return { acs: 'sim://acs/', telemetry: null };
    },
    submitTaskStateChange: (_, report, signal) =>
      this.api.ask('submit', signal, (isHeard) => this.#take(structuredClone(report), isHeard)),
  };

  readonly acs: AcsPort = {
    connect: (address, listener) => {
      this.addresses.push(address);
      this.#listener = listener;
      this.#isThrough = false;
      const cancel = this.#clock.at(this.#clock.now() + this.#latencyMs, () => {
        if (this.#listener !== listener) return;
        if (this.refusal) return this.drop(this.refusal);
        this.connections += 1;
        this.#isThrough = true;
        listener.opened();
        this.#tell({ type: 'agent.connected', at: this.#clock.now() });
      });
      return this.#connection(listener, cancel);
    },
    flushed: () => Promise.resolve(),
  };

  /** Tells of all that is noticed of the agent, as the control plane's own chart takes it. */
  follow(tell: (event: PlaneEvent) => void): void {
    this.#tell = tell;
  }

  /** The next calls of this kind fail, one error each. */
  failNext(call: PlaneCall, ...errors: EcsError[]): void {
    this.api.plan(
      call,
      errors.map((error) => ({ is: 'error', error })),
    );
  }

  /**
   * Sends a payload message; answers its message id. Credentials come with the keys of their role,
   * or without where a story is not about them.
   */
  deliver(
    tasks: TaskArrival[],
    refused: RefusedTask[] = [],
    credentials: (RoleCredentials | CredentialReceipt)[] = [],
  ): string {
    const messageId = this.#messageId();
    this.#send({ messageId, tasks, refused }, credentials);
    return messageId;
  }

  /** Sends tasks under a message id, which may have been used before; answers whether they arrive. */
  redeliver(
    messageId: string,
    tasks: TaskArrival[],
    { credentials = [], seqNum }: { credentials?: RoleCredentials[]; seqNum?: number } = {},
  ): boolean {
    this.#send({ messageId, tasks, refused: [] }, credentials, seqNum);
    return this.#hears() !== null;
  }

  /** Sends new keys for a role of a task; answers the message id. */
  refresh(role: RoleCredentials): string {
    const messageId = this.#messageId();
    const { taskArn } = this.#roleOf(role);
    const message = { kind: 'credentials', messageId, taskArn, receipt: receiptOf(role) } as const;
    this.#hears()?.message(message, [this.#roleOf(role)]);
    return messageId;
  }

  /** Sends a manifest that wants these tasks running and no others; answers its message id. */
  manifest(running: string[], timeline = ++this.#seqNum): string {
    const manifest = { ...this.#addressed(this.#messageId()), timeline, running };
    this.#hears()?.message({ kind: 'manifest', manifest }, []);
    return manifest.messageId;
  }

  /** Sends a message as it is. */
  tell(message: InboundMessage): void {
    this.#hears()?.message(message, []);
  }

  /** Sends a frame as it would be on the wire. */
  say(frame: string): void {
    const listener = this.#hears();
    if (listener) hearFrame(frame, this.#random, listener);
  }

  heartbeat(messageId: string): void {
    this.#hears()?.message({ kind: 'heartbeat', messageId }, []);
  }

  /** Ends the connection, in good order or not. */
  drop(end: LineEnd): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.closed({ inactiveInstance: false, reason: 'dropped', ...end });
    this.#tell({ type: 'agent.disconnected' });
  }

  /** From now on nothing gets through, until the agent connects anew. */
  silence(): void {
    this.#isThrough = false;
  }

  /** The statuses the agent told of a task, in order. */
  statusesOf(taskArn: string): string[] {
    return this.reports.filter((told) => told.taskArn === taskArn).map(({ status }) => status);
  }

  #connection(listener: AcsListener, cancel: () => void): AcsConnection {
    const end = (clean: boolean) => {
      cancel();
      if (this.#listener === listener) this.drop({ clean });
    };
    return {
      send: (acknowledgement) => {
        if (this.#hears() !== listener) return;
        this.acknowledgements.push(acknowledgement);
        if (acknowledgement.kind === 'stopVerification') {
          const taskArns = acknowledgement.stopCandidates.map(({ taskArn }) => taskArn);
          this.#tell({ type: 'stop.asked', messageId: acknowledgement.messageId, taskArns });
        }
        if (acknowledgement.kind !== 'payload') return;
        this.#tell({ type: 'payload.acknowledged', messageId: acknowledgement.messageId });
      },
      close: () => end(true),
      terminate: () => end(false),
    };
  }

  #addressed = (messageId: string) => ({
    messageId,
    clusterArn: this.#arn('cluster'),
    containerInstanceArn: this.#arn('container-instance'),
  });

  #roleOf = (role: RoleCredentials) => ({
    ...structuredClone(role),
    taskArn: this.#holders.get(role.credentialsId) ?? this.#arn('task'),
  });

  #messageId = (): string => `message-${++this.#messages}`;

  #arn = (kind: string): string => `arn:aws:ecs:sim:000000000000:${kind}/simulated`;

  #send(
    { messageId, tasks, refused }: Pick<Payload, 'messageId' | 'tasks' | 'refused'>,
    credentials: (RoleCredentials | CredentialReceipt)[],
    seqNum = ++this.#seqNum,
  ): void {
    const payload: Payload = {
      ...this.#addressed(messageId),
      seqNum,
      tasks: structuredClone(tasks),
      refused,
      credentials: credentials.map(receiptOf),
    };
    for (const { plan } of tasks)
      for (const id of [plan.roleCredentialsId, plan.executionCredentialsId])
        if (id !== null) this.#holders.set(id, plan.arn);
    const roles = credentials.filter((role) => 'keys' in role).map((role) => this.#roleOf(role));
    this.#hears()?.message({ kind: 'payload', payload }, roles);
  }

  /** The agent's end of the line, while anything gets through to it. */
  #hears(): AcsListener | null {
    return this.#isThrough ? this.#listener : null;
  }

  #take(report: TaskReport, isHeard: boolean): void {
    this.reports.push(report);
    if (!isHeard) this.unheard.add(report);
    this.#tell({ type: 'task.reported', report });
  }

  #answer = (call: PlaneCall, signal?: Signal): Promise<void> =>
    this.api.ask(call, signal, () => {});
}

const receiptOf = ({ credentialsId, expiration }: CredentialReceipt): CredentialReceipt => ({
  credentialsId,
  expiration,
});
