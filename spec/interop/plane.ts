import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pulse } from '../../actors/effect.ts';
import { createPlane } from '../../actors/plane.ts';
import type { ContainerReport, TaskReport } from '../../machines/report/model.ts';
import { AcsServer } from '../../transport/acs/server.ts';
import type { WireTask } from '../../transport/acs/task-definition.ts';
import { ecsServer } from '../../transport/ecs/server.ts';

const account = 'arn:aws:ecs:us-west-2:123456789012';

/** What was told of a container at one time. */
export type Told = ContainerReport;

/**
 * A control plane on loopback, of the same parts as that of `ecs-agent dev`. It wants one task stopped
 * and not the others, and keeps every report instead of the latest.
 */
export class Plane {
  readonly cluster: string;
  url = '';
  /** Which container instances registered, in order: null for one that had no ARN yet. */
  readonly registered: (string | null)[] = [];
  /** All that was told of tasks, in order. */
  readonly reports: TaskReport[] = [];
  readonly #tasks = new Map<string, WireTask>();
  readonly #waiting = new Set<() => void>();
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
      submit: (report) => {
        this.reports.push(report);
        this.#plane.send({ type: 'task.reported', report });
        for (const look of [...this.#waiting]) look();
        return null;
      },
      createCluster: () => null,
      updateState: () => [],
    }),
  );
  readonly #plane: ReturnType<typeof createPlane>;
  readonly #pulse: Pulse;

  constructor(pulse: Pulse, cluster: string) {
    this.#pulse = pulse;
    this.cluster = cluster;
    this.#plane = createPlane(pulse, {
      deliver: ({ messageId, seqNum, taskArn, desired }) => {
        const task = this.#tasks.get(taskArn);
        if (task) this.#send({ messageId, seqNum, tasks: [{ ...task, desiredStatus: desired }] });
      },
      heartbeat: (messageId) => this.#acs.heartbeat(messageId),
    });
    this.#server.on('upgrade', (request, socket, head) => this.#acs.upgrade(request, socket, head));
    this.#plane.subscribe(() => {
      for (const look of [...this.#waiting]) look();
    });
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.#plane.start();
  }

  arnOf(id: string): string {
    return `${account}:task/${this.cluster}/${id}`;
  }

  run(task: WireTask): void {
    this.#tasks.set(task.arn, task);
    const essential = task.containers.filter((of) => of.essential).map(({ name }) => name);
    this.#plane.send({ type: 'task.run', taskArn: task.arn, essential });
  }

  stop(taskArn: string): void {
    this.#plane.send({ type: 'task.stop', taskArn });
  }

  /** Resolves once an agent is connected and has acknowledged all that it was sent. */
  settled(): Promise<void> {
    return this.until(() => {
      const snapshot = this.#plane.getSnapshot();
      return snapshot.matches('connected') && snapshot.context.unacknowledged.length === 0;
    });
  }

  /** Resolves when the agent, which has ended, is no longer connected. */
  parted(): Promise<void> {
    return this.until(() => !this.#plane.getSnapshot().matches('connected'));
  }

  /** Looks now, and whenever something was told, until it holds. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  of(taskArn: string): TaskReport[] {
    return this.reports.filter((report) => report.taskArn === taskArn);
  }

  async close(): Promise<void> {
    this.#plane.stop();
    this.#acs.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #register(known: string | null): string {
    this.registered.push(known);
    const containerInstanceArn =
      known ?? `${account}:container-instance/${this.cluster}/${this.#pulse.random.uuid()}`;
    this.#plane.send({ type: 'instance.registered', containerInstanceArn });
    return containerInstanceArn;
  }

  #send(payload: { messageId: string; seqNum: number; tasks: WireTask[] }): void {
    this.#acs.payload({
      ...payload,
      clusterArn: `${account}:cluster/${this.cluster}`,
      containerInstanceArn: this.#plane.getSnapshot().context.containerInstanceArn ?? '',
      generatedAt: this.#pulse.clock.now(),
    });
  }
}
