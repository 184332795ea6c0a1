import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from 'xstate';
import type { Pulse } from '../../actors/effect.ts';
import { createPlane } from '../../actors/plane.ts';
import { refusalOf } from '../../machines/plane/decide.ts';
import type { Delivery, PlaneContext } from '../../machines/plane/model.ts';
import type { TaskReport } from '../../machines/report/model.ts';
import { AcsServer } from '../../transport/acs/server.ts';
import type { WireTask } from '../../transport/acs/task-definition.ts';
import { ecsServer } from '../../transport/ecs/server.ts';

/** Names that stand for the parts of AWS on this machine. */
const account = 'arn:aws:ecs:local:000000000000';

/** The ARN of a task of the local cluster. */
export const localTaskArn = (cluster: string, id: string): string =>
  `${account}:task/${cluster}/${id}`;

/** A control plane on loopback that speaks the ECS API and ACS to one agent. */
export class LocalPlane {
  readonly cluster: string;
  /** The address of its ECS API, once it is open. */
  url = '';
  readonly #pulse: Pulse;
  readonly #instance: string;
  readonly #wireTasks = new Map<string, WireTask>();
  readonly #acs = new AcsServer({
    connected: () => this.#plane.send({ type: 'agent.connected', at: this.#pulse.clock.now() }),
    disconnected: () => this.#plane.send({ type: 'agent.disconnected' }),
    acknowledged: ({ type, messageId }) => {
      if (type === 'AckRequest') this.#plane.send({ type: 'payload.acknowledged', messageId });
    },
  });
  readonly #server = createServer(
    ecsServer({
      register: ({ containerInstanceArn }) => this.#register(containerInstanceArn),
      discover: () => ({ acs: `${this.url}/acs/`, telemetry: null }),
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

  constructor(pulse: Pulse, cluster: string) {
    this.#pulse = pulse;
    this.cluster = cluster;
    const id = pulse.random.uuid().replaceAll('-', '');
    this.#instance = `${account}:container-instance/${cluster}/${id}`;
    this.#plane = createPlane(pulse, {
      deliver: (delivery) => this.#deliver(delivery),
      heartbeat: (messageId) => this.#acs.heartbeat(messageId),
    });
    this.#server.on('upgrade', (request, socket, head) => this.#acs.upgrade(request, socket, head));
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

  /** Wants every task stopped. */
  stopAll(): void {
    for (const taskArn of this.#wireTasks.keys()) this.#plane.send({ type: 'task.stop', taskArn });
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
    const refused = refusalOf(this.context(), report);
    if (refused === null) this.#plane.send({ type: 'task.reported', report });
    return refused;
  }

  #deliver({ messageId, seqNum, taskArn, desired }: Delivery): void {
    const task = this.#wireTasks.get(taskArn);
    if (!task) return;
    this.#acs.payload({
      messageId,
      seqNum,
      clusterArn: this.#clusterArn,
      containerInstanceArn: this.context().containerInstanceArn ?? this.#instance,
      generatedAt: this.#pulse.clock.now(),
      tasks: [{ ...task, desiredStatus: desired }],
    });
  }
}
