import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from 'xstate';
import type { Pulse } from '../../actors/effect.ts';
import { createPlane } from '../../actors/plane.ts';
import { refusalOf } from '../../machines/plane/decide.ts';
import type { Delivery, PlaneContext, WishList } from '../../machines/plane/model.ts';
import type { TaskReport } from '../../machines/report/model.ts';
import type { Acknowledgement } from '../../machines/session/model.ts';
import type { TaskRole } from '../../transport/acs/port.ts';
import { AcsServer, type CredentialsFrame } from '../../transport/acs/server.ts';
import type { WireTask } from '../../transport/acs/task-definition.ts';
import { ecsServer } from '../../transport/ecs/server.ts';
import { TcsServer } from '../../transport/tcs/server.ts';

/** Names that stand for the parts of AWS on this machine. */
const account = 'arn:aws:ecs:local:000000000000';

/** The ARN of a task of the local cluster. */
export const localTaskArn = (cluster: string, id: string): string =>
  `${account}:task/${cluster}/${id}`;

/** A control plane on loopback that speaks the ECS API, ACS and TCS to one agent. */
export class LocalPlane {
  readonly cluster: string;
  /** The address of its ECS API, once it is open. */
  url = '';
  readonly #pulse: Pulse;
  readonly #told: (report: TaskReport) => void;
  readonly #instance: string;
  readonly #wireTasks = new Map<string, WireTask>();
  readonly #acs = new AcsServer({
    connected: () => this.#plane.send({ type: 'agent.connected', at: this.#pulse.clock.now() }),
    disconnected: () => this.#plane.send({ type: 'agent.disconnected' }),
    acknowledged: (said) => this.#hear(said),
  });
  readonly #tcs = new TcsServer((published) =>
    this.#plane.send({ type: 'telemetry.published', published }),
  );
  readonly #server = createServer(
    ecsServer({
      register: ({ containerInstanceArn }) => this.#register(containerInstanceArn),
      discover: () => ({ acs: `${this.url}/acs/`, telemetry: `${this.url}/tcs/` }),
      submit: (report) => this.#take(report),
      createCluster: (name) => (name === this.cluster ? this.#clusterArn : null),
      updateState: (arns, status) => {
        const { containerInstanceArn } = this.context();
        const missing = arns.filter((arn) => arn !== containerInstanceArn);
        if (missing.length < arns.length) this.#plane.send({ type: 'instance.changed', status });
        return missing;
      },
    }),
  );
  readonly #plane: ReturnType<typeof createPlane>;

  /** `told` hears every report, where the latest of each task is not enough. */
  constructor(pulse: Pulse, cluster: string, told: (report: TaskReport) => void = () => {}) {
    this.#pulse = pulse;
    this.#told = told;
    this.cluster = cluster;
    const id = pulse.random.uuid().replaceAll('-', '');
    this.#instance = `${account}:container-instance/${cluster}/${id}`;
    this.#plane = createPlane(pulse, {
      deliver: (delivery) => this.#deliver(delivery),
      manifest: (list) => this.#sendManifest(list),
      verified: (messageId, taskArns) => this.#verify(messageId, taskArns),
      heartbeat: (messageId) => this.#acs.heartbeat(messageId),
    });
    this.#server.on('upgrade', (request, socket, head) => {
      const server = request.url?.startsWith('/tcs/') ? this.#tcs : this.#acs;
      server.upgrade(request, socket, head);
    });
  }

  /** Listens on a free port of loopback. */
  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.#plane.start();
  }

  /** Places a task; answers nothing, the agent's reports tell how it goes. */
  run(task: WireTask): void {
    this.#wireTasks.set(task.arn, task);
    const essential = task.containers.filter((of) => of.essential).map(({ name }) => name);
    this.#plane.send({ type: 'task.run', taskArn: task.arn, essential });
  }

  /** Resolves once an agent is connected. */
  async connected(): Promise<void> {
    await waitFor(this.#plane, (snapshot) => snapshot.matches('connected'));
  }

  isConnected(): boolean {
    return this.#plane.getSnapshot().matches('connected');
  }

  /** Wants a task stopped. */
  stop(taskArn: string): void {
    this.#plane.send({ type: 'task.stop', taskArn });
  }

  /** Wants every task stopped. */
  stopAll(): void {
    for (const taskArn of this.#wireTasks.keys()) this.stop(taskArn);
  }

  /** Tells a connected agent all that is wanted of it; what it has beyond that is to stop. */
  sendManifest(): void {
    this.#plane.send({ type: 'manifest.due' });
  }

  /** Gives a connected agent new keys for a role of a task. */
  refresh({ taskArn, keys, ...role }: TaskRole, roleType: CredentialsFrame['roleType']): void {
    const messageId = this.#pulse.random.uuid();
    const roleCredentials = { ...keys, ...role };
    this.#acs.credentials({ messageId, taskArn, roleType, roleCredentials });
  }

  /** Breaks the connection to the agent off. */
  drop(): void {
    this.#acs.drop();
  }

  /** What it wants and what it was told. */
  context(): PlaneContext {
    return this.#plane.getSnapshot().context;
  }

  /** Calls `look` now and at each change until it answers true. */
  until(look: (context: PlaneContext) => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (look(this.context())) return resolve();
      const subscription = this.#plane.subscribe(({ context }) => {
        if (!look(context)) return;
        subscription.unsubscribe();
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#plane.stop();
    this.#acs.close();
    this.#tcs.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get #clusterArn(): string {
    return `${account}:cluster/${this.cluster}`;
  }

  #register(known: string | null): string {
    const containerInstanceArn = known ?? this.#instance;
    this.#plane.send({ type: 'instance.registered', containerInstanceArn });
    return containerInstanceArn;
  }

  #take(report: TaskReport): string | null {
    this.#told(report);
    const refused = refusalOf(this.context(), report);
    if (refused === null) this.#plane.send({ type: 'task.reported', report });
    return refused;
  }

  #hear(said: Acknowledgement): void {
    const { kind, messageId } = said;
    if (kind === 'received') this.#plane.send({ type: 'payload.acknowledged', messageId });
    if (kind !== 'stopVerification') return;
    const taskArns = said.stopCandidates.map(({ taskArn }) => taskArn);
    this.#plane.send({ type: 'stop.asked', messageId, taskArns });
  }

  #deliver({ messageId, seqNum, taskArn, desired }: Delivery): void {
    const task = this.#wireTasks.get(taskArn);
    if (!task) return;
    const tasks = [{ ...task, desiredStatus: desired }];
    this.#acs.payload({ ...this.#headOf(messageId), seqNum, tasks });
  }

  #sendManifest({ messageId, timeline, tasks }: WishList): void {
    const { clusterArn: taskClusterArn } = this.#headOf(messageId);
    const wanted = tasks.map(({ taskArn, desired }) => ({
      taskArn,
      taskClusterArn,
      desiredStatus: desired,
    }));
    this.#acs.manifest({ ...this.#headOf(messageId), timeline, tasks: wanted });
  }

  #verify(messageId: string, taskArns: string[]): void {
    const { clusterArn: taskClusterArn, generatedAt } = this.#headOf(messageId);
    const stopTasks = taskArns.map((taskArn) => ({
      taskArn,
      taskClusterArn,
      desiredStatus: 'STOPPED' as const,
    }));
    this.#acs.verified({ messageId, generatedAt, stopTasks });
  }

  #headOf = (messageId: string) => ({
    messageId,
    clusterArn: `${account}:cluster/${this.cluster}`,
    containerInstanceArn: this.context().containerInstanceArn ?? this.#instance,
    generatedAt: this.#pulse.clock.now(),
  });
}
