import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from 'xstate';
import type { Pulse } from '../../actors/effect.ts';
import { createPlane } from '../../actors/plane.ts';
import type { Delivery, PlaneContext } from '../../machines/plane/model.ts';
import { AcsServer } from '../../transport/acs/server.ts';
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
  readonly #instance: string;
  readonly #wireTasks = new Map<string, WireTask>();
  readonly #acs = new AcsServer({
    connected: () => this.#plane.send({ type: 'agent.connected', at: this.#pulse.clock.now() }),
    disconnected: () => this.#plane.send({ type: 'agent.disconnected' }),
    acknowledged: ({ type, messageId }) => {
      if (type === 'AckRequest') this.#plane.send({ type: 'payload.acknowledged', messageId });
    },
  });
  readonly #tcs = new TcsServer((published) =>
    this.#plane.send({ type: 'telemetry.published', published }),
  );
  readonly #server = createServer(
    ecsServer({
      register: ({ containerInstanceArn }) => this.#register(containerInstanceArn),
      discover: () => ({ acs: `${this.url}/acs/`, telemetry: `${this.url}/tcs/` }),
      submit: (report) => this.#plane.send({ type: 'task.reported', report }),
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
    this.#tcs.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #register(known: string | null): string {
    const containerInstanceArn = known ?? this.#instance;
    this.#plane.send({ type: 'instance.registered', containerInstanceArn });
    return containerInstanceArn;
  }

  #deliver({ messageId, seqNum, taskArn, desired }: Delivery): void {
    const task = this.#wireTasks.get(taskArn);
    if (!task) return;
    this.#acs.payload({
      messageId,
      seqNum,
      clusterArn: `${account}:cluster/${this.cluster}`,
      containerInstanceArn: this.context().containerInstanceArn ?? this.#instance,
      generatedAt: this.#pulse.clock.now(),
      tasks: [{ ...task, desiredStatus: desired }],
    });
  }
}
