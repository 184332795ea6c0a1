import type { TaskReport } from '../../machines/report/model.ts';
import type { Acknowledgement, CredentialReceipt, Payload } from '../../machines/session/model.ts';
import type { RefusedTask, TaskArrival } from '../../machines/task/model.ts';
import type { AcsConnection, AcsListener, AcsPort, RoleCredentials } from '../acs/port.ts';
import { EcsError, type EcsPort, type Registration } from '../ecs/port.ts';
import type { Clock } from '../host/port.ts';

/** Which call of the ECS API a fault is for. */
export type PlaneCall = 'register' | 'discover' | 'submit' | 'state';

/**
 * A control plane without sockets, for one container instance under one virtual clock: both ports
 * of the agent, what it was told, and the faults it can have.
 */
export class SimPlane {
  /** Every change the agent was thanked for, in order. */
  readonly reports: TaskReport[] = [];
  readonly acknowledgements: Acknowledgement[] = [];
  readonly registrations: Registration[] = [];
  /** What the container instance was to be, in order. */
  readonly instanceStates: ('ACTIVE' | 'DRAINING')[] = [];
  /** How often the agent connected. */
  connections = 0;
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #faults = new Map<PlaneCall, EcsError[]>();
  #listener: AcsListener | null = null;
  #messages = 0;

  constructor(clock: Clock, latencyMs = 1) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  readonly ecs: EcsPort = {
    register: async (registration, signal) => {
      await this.#answer('register', signal);
      this.registrations.push(registration);
      return registration.containerInstanceArn ?? `${this.#arn('container-instance')}/simulated`;
    },
    discoverPollEndpoint: async (_, signal) => {
      await this.#answer('discover', signal);
      return { acs: 'sim://acs/', telemetry: null };
    },
    submitTaskStateChange: async (_, report, signal) => {
      await this.#answer('submit', signal);
      this.reports.push(structuredClone(report));
    },
    updateInstanceState: async ({ status }, signal) => {
      await this.#answer('state', signal);
      this.instanceStates.push(status);
    },
  };

  readonly acs: AcsPort = {
    connect: (_, listener) => {
      this.#listener = listener;
      const cancel = this.#clock.at(this.#clock.now() + this.#latencyMs, () => {
        this.connections += 1;
        listener.opened();
      });
      return this.#connection(listener, cancel);
    },
  };

  /** The next calls of this kind fail, one error each. */
  failNext(call: PlaneCall, ...errors: EcsError[]): void {
    this.#faults.set(call, [...(this.#faults.get(call) ?? []), ...errors]);
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
    const payload: Payload = {
      messageId,
      clusterArn: this.#arn('cluster'),
      containerInstanceArn: this.#arn('container-instance'),
      tasks: structuredClone(tasks),
      refused,
      credentials: credentials.map(receiptOf),
    };
    const roles = credentials.filter((role) => 'keys' in role);
    this.#listener?.message({ kind: 'payload', payload }, structuredClone(roles));
    return messageId;
  }

  /** Sends new keys for a role; answers the message id. */
  refresh(role: RoleCredentials): string {
    const messageId = this.#messageId();
    const message = { kind: 'credentials', messageId, receipt: receiptOf(role) } as const;
    this.#listener?.message(message, [structuredClone(role)]);
    return messageId;
  }

  heartbeat(messageId: string): void {
    this.#listener?.message({ kind: 'heartbeat', messageId }, []);
  }

  /** Ends the connection, in good order or not. */
  drop(end: { clean: boolean; inactiveInstance?: boolean }): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.closed({ inactiveInstance: false, reason: 'dropped', ...end });
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
      send: (acknowledgement) => this.acknowledgements.push(acknowledgement),
      close: () => end(true),
      terminate: () => end(false),
    };
  }

  #messageId = (): string => `message-${++this.#messages}`;

  #arn = (kind: string): string => `arn:aws:ecs:sim:000000000000:${kind}/simulated`;

  #answer(call: PlaneCall, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const fault = this.#faults.get(call)?.shift();
      const cancel = this.#clock.at(this.#clock.now() + this.#latencyMs, () =>
        fault ? reject(fault) : resolve(),
      );
      signal?.addEventListener('abort', () => {
        cancel();
        reject(new EcsError('ECS_UNREACHABLE', 'AbortError', 'The call was given up'));
      });
    });
  }
}

const receiptOf = ({ credentialsId, expiration }: CredentialReceipt): CredentialReceipt => ({
  credentialsId,
  expiration,
});
