import { createPlane } from '../../../actors/plane.ts';
import type { Delivery, PlaneEvent } from '../../../machines/plane/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import type { RoleCredentials } from '../../../transport/acs/port.ts';
import { taskArn } from '../../world/settings.ts';
import type { World } from '../../world/world.ts';
import type { Step } from '../plan/plan.ts';
import type { Weather } from './weather.ts';

/** What a message of ACS said of a task. */
type Said = Pick<Delivery, 'taskArn' | 'desired'>;

/**
 * ECS itself: what it wants of each task and what it was told. A payload is sent again on each new
 * connection until it is acknowledged; of a task that is known to have stopped it wants no more.
 */
export class SimEcs {
  /** What each payload said. */
  readonly said = new Map<string, Said>();
  readonly #plane: ReturnType<typeof createPlane>;
  readonly #world: World;
  readonly #plans: ReadonlyMap<string, TaskPlan>;
  readonly #weather: Weather;
  #again = 0;

  constructor(world: World, plans: ReadonlyMap<string, TaskPlan>, weather: Weather) {
    this.#world = world;
    this.#plans = plans;
    this.#weather = weather;
    const { clock, random, plane } = world;
    this.#plane = createPlane(
      { clock, random },
      {
        deliver: (delivery) => this.#deliver(delivery),
        heartbeat: (messageId) => plane.heartbeat(messageId),
        manifest: ({ messageId, timeline, tasks }) => {
          const running = tasks.filter(({ desired }) => desired === 'RUNNING');
          const arns = running.map(({ taskArn }) => taskArn);
          plane.tell({
            kind: 'manifest',
            manifest: { messageId, timeline, running: arns, ...addressed },
          });
        },
        verified: (messageId, taskArns) =>
          plane.tell({ kind: 'stopVerified', messageId, taskArns }),
      },
    );
    this.#plane.start();
  }

  hear(event: PlaneEvent): void {
    this.#plane.send(event);
    if (event.type === 'agent.connected') this.#sendRoles();
  }

  /** All that it wants and was told. */
  get state() {
    return this.#plane.getSnapshot().context;
  }

  take(step: Step): void {
    const arn = 'task' in step ? taskArn(step.task) : '';
    if (step.does === 'manifest') this.#plane.send({ type: 'manifest.due' });
    else if (step.does === 'nonsense')
      this.#world.plane.say('{"type":"Nonsense","message":{"messageId":"n"}}');
    else if (step.does === 'again') this.#sayAgain(arn);
    else if (step.does === 'stop') this.#plane.send({ type: 'task.stop', taskArn: arn });
    else this.#plane.send({ type: 'task.run', taskArn: arn, essential: [] });
  }

  /** It wants no task any more. */
  stopAll(): void {
    for (const { arn, desired, status } of Object.values(this.state.tasks))
      if (desired === 'RUNNING' && status !== 'STOPPED')
        this.#plane.send({ type: 'task.stop', taskArn: arn });
  }

  /** New keys for the roles of all tasks that it wants running. */
  #sendRoles(): void {
    for (const { arn, desired, status } of Object.values(this.state.tasks)) {
      if (desired === 'STOPPED' || status === 'STOPPED') continue;
      for (const role of rolesOf(this.#plans.get(arn))) this.#world.plane.refresh(role);
    }
  }

  #sayAgain(arn: string): void {
    const placed = this.state.tasks[arn];
    if (!placed) return;
    const messageId = `again-${++this.#again}`;
    this.#deliver({ messageId, seqNum: this.state.seqNum, taskArn: arn, desired: placed.desired });
  }

  #deliver({ messageId, seqNum, taskArn: arn, desired }: Delivery): void {
    const plan = this.#plans.get(arn);
    if (!plan) return;
    const placed = this.state.tasks[arn];
    // What is sent again says as often what is wanted by now as what was wanted then.
    const wanted = placed && this.#weather.draw.chance(0.5) ? placed.desired : desired;
    const said: Said = {
      taskArn: arn,
      desired: placed?.status === 'STOPPED' ? 'STOPPED' : wanted,
    };
    this.said.set(messageId, said);
    const arrival = { plan, desired: said.desired, roll: this.#weather.draw.below(1_000) / 1_000 };
    // That the task is not wanted any more is then told by a manifest, or later.
    if (said.desired === 'STOPPED' && this.#weather.meets('acs.stop not sent')) return;
    this.#world.plane.redeliver(messageId, [arrival], { seqNum, credentials: rolesOf(plan) });
  }
}

const rolesOf = (plan: TaskPlan | undefined): RoleCredentials[] =>
  plan?.executionCredentialsId
    ? [
        {
          credentialsId: plan.executionCredentialsId,
          roleArn: 'arn:aws:iam::123456789012:role/simulated',
          expiration: '2030-01-01T00:00:00Z',
          keys: { accessKeyId: 'SIMULATED', secretAccessKey: 'simulated', sessionToken: '' },
        },
      ]
    : [];

const addressed = {
  clusterArn: 'arn:aws:ecs:sim:000000000000:cluster/simulated',
  containerInstanceArn: 'arn:aws:ecs:sim:000000000000:container-instance/simulated',
};
