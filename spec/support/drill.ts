import { createPlane } from '../../actors/plane.ts';
import { World } from '../../bin/world/world.ts';
import type { PlacedTask } from '../../machines/plane/model.ts';
import type { OutboxContext, TaskReport } from '../../machines/report/model.ts';
import type { TaskPlan } from '../../machines/task/model.ts';
import { dockerNameOf } from '../../transport/docker/port.ts';
import { EcsError, type EcsErrorCode } from '../../transport/ecs/port.ts';
import type { PlaneFault } from '../../transport/sim/plane/api.ts';
import { simRandom } from '../../transport/sim/random.ts';
import { container, ending, inessential, task } from './builders.ts';

const second = 1_000;

const error = (code: EcsErrorCode, type: string): PlaneFault => ({
  is: 'error',
  error: new EcsError(code, type, `${type}: a drill`),
});

/** What the ECS API may be like for a while; `roll` decides for each call. */
export const weathers: Record<string, (roll: number) => PlaneFault | null> = {
  fair: () => null,
  failing: () => error('ECS_THROTTLED', 'ServerException'),
  throttling: (roll) => (roll < 0.7 ? error('ECS_THROTTLED', 'ThrottlingException') : null),
  hanging: (roll) => (roll < 0.6 ? { is: 'hang' } : null),
  silent: () => ({ is: 'hang' }),
  denying: () => error('ECS_DENIED', 'AccessDeniedException'),
  refusing: (roll) => (roll < 0.5 ? error('ECS_FAILED', 'ClientException') : null),
  unreachable: () => error('ECS_UNREACHABLE', 'ECONNREFUSED'),
  'losing replies': (roll) => (roll < 0.4 ? { is: 'lost reply' } : null),
};

/** How connections to ACS end, by their close code; 1006 stands for a broken stream too. */
const ends = [
  { clean: true, reason: '1000 drill' },
  { clean: true, reason: '1001 drill' },
  { clean: true, reason: '1006' },
  { clean: true, reason: '1011 drill' },
  { clean: false, reason: '1005' },
  { clean: false, reason: '1006 read ECONNRESET' },
  { clean: false, reason: '1012 drill' },
];

/** What tasks of a drill do, in turn; `s` is a time in seconds of their own. */
const kinds: ((id: string, s: number) => TaskPlan)[] = [
  (id, s) => task(id, [ending('main', s % 7)]),
  (id) => task(id),
  (id, s) => task(id, [ending('main', s % 5, s)]),
  (id, s) => task(id, [container('main'), inessential(ending('side', s % 3, s / 2))]),
  (id, s) => task(id, [ending('main', 1, s), container('log')]),
  (id) => {
    const dependsOn = [{ container: 'db', condition: 'START' as const }];
    return task(id, [container('db'), container('app', { dependsOn })]);
  },
  (id, s) => {
    const restartPolicy = { ignoredExitCodes: [0], attemptPeriodS: 60 };
    return task(id, [{ ...ending('main', 3, 61 + s), restartPolicy }]);
  },
];

/** How tasks and their containers are: as the Engine has them, or as the control plane was told. */
type Seen = Record<string, { status: string; containers: Record<string, string> }>;

const ranks = { PENDING: 0, MANIFEST_PULLED: 1, RUNNING: 2, STOPPED: 3 } as const;

/**
 * An agent with a hundred tasks whose ECS API fails in every way and whose connection to ACS flaps,
 * all by one seed. The control plane behind them is that of `ecs-agent dev`, without its sockets.
 */
export class Drill {
  readonly world = new World({ planeLatencyMs: 40 });
  readonly plans = new Map<string, TaskPlan>();
  /** What is wrong with what was told, in words; nothing is hoped for. */
  readonly faults: string[] = [];
  /** Payloads that reached the agent on the connection that stands, and are not acknowledged yet. */
  readonly unanswered = new Set<string>();
  /** How often something was told again of which the agent could not know that it was accepted. */
  repeats = 0;
  kills = 0;
  /** How often the ECS API changed its ways. */
  changes = 0;
  readonly #random: ReturnType<typeof simRandom>;
  readonly #plane: ReturnType<typeof createPlane>;
  /** What the agent knows to be accepted, and what of it is not on disk. */
  readonly #heard = new Map<string, Map<string, number>>();
  #isHeld = false;
  #weather = 'fair';
  #weatherUntil = 0;
  #lineUntil = 0;

  constructor(seed: number) {
    this.#random = simRandom(seed);
    const { clock, plane } = this.world;
    this.#plane = createPlane(
      { clock, random: this.#random },
      {
        deliver: ({ messageId, taskArn, desired }) => {
          const plan = this.plans.get(taskArn);
          if (!plan) throw new Error(`${taskArn} was not placed`);
          if (plane.redeliver(messageId, [{ plan, desired, roll: this.#random.roll() }]))
            this.unanswered.add(messageId);
        },
        heartbeat: (messageId) => plane.heartbeat(messageId),
        manifest: () => {},
        verified: () => {},
      },
    );
    plane.follow((event) => {
      if (event.type === 'agent.disconnected') this.unanswered.clear();
      if (event.type === 'payload.acknowledged' && !this.unanswered.delete(event.messageId))
        this.faults.push(`${event.messageId} was acknowledged without having been delivered`);
      if (event.type === 'task.reported') this.#check(event.report);
      this.#plane.send(event);
    });
    this.#plane.start();
  }

  /** Ten minutes of it, with `kills` crashes of the agent; then all is well again, until all is told. */
  async run({ tasks, kills }: { tasks: number; kills: number }): Promise<void> {
    const { clock } = this.world;
    const lasts = 600 * second;
    await this.#begin();
    const end = clock.now() + lasts;
    const place = this.#placing(tasks, lasts);
    let nextKill = clock.now() + lasts / (kills + 1);
    while (clock.now() < end) {
      place();
      this.#change();
      if (clock.now() >= nextKill && this.kills < kills) {
        await this.#kill();
        nextKill += lasts / (kills + 1);
      }
      await clock.advance(1 + this.#below(2 * second));
    }
    await this.#calm();
    // By then all that ends by itself has ended.
    await clock.advance(300 * second);
    await clock.until(() => this.isTold(), 60 * second);
  }

  /**
   * A day without the ECS API, over which the tasks change; ACS is there. Answers how the Engine has
   * the tasks at its end, before their remains go, and how long it took to tell that, in ms.
   */
  async day({ tasks }: { tasks: number }): Promise<{ truth: Seen; toldWithinMs: number }> {
    const { clock } = this.world;
    const hour = 3_600 * second;
    await this.#begin();
    const place = this.#placing(tasks, 24 * hour);
    for (let hours = 0; hours < 24; hours++) {
      // Mostly calls hang, because those that fail at once are many more to simulate.
      const kinds = hours % 8 === 0 ? ['failing', 'denying', 'unreachable'] : ['silent'];
      this.#weather = this.#pick(kinds) ?? 'silent';
      for (let part = 0; part < 12; part++) {
        place();
        await clock.advance(hour / 12);
      }
    }
    const truth = this.true();
    const since = clock.now();
    await this.#calm();
    return { truth, toldWithinMs: clock.now() - since };
  }

  async #begin(): Promise<void> {
    await this.world.start();
    // The others are asked once in a life of the agent: see where it is killed.
    this.world.plane.api.weather = (call) =>
      call === 'submit' ? (weathers[this.#weather]?.(this.#random.roll()) ?? null) : null;
  }

  async #calm(): Promise<void> {
    this.#weather = 'fair';
    this.world.plane.refusal = null;
    await this.world.clock.until(() => this.isTold(), 900 * second);
  }

  /** Whether the agent has nothing left to tell, and all that it was sent is acknowledged. */
  isTold(): boolean {
    const { agent } = this.world;
    const isEmpty = (arn: string) => {
      const outbox = agent?.system.get(`outbox/${arn.slice(arn.lastIndexOf('/') + 1)}`);
      if (!outbox) return true;
      const { queue, collected } = outbox.getSnapshot().context as OutboxContext;
      return queue.length === 0 && collected === null;
    };
    const { unacknowledged } = this.#plane.getSnapshot().context;
    return unacknowledged.length === 0 && [...this.plans.keys()].every(isEmpty);
  }

  /** The tasks as the control plane was told of them. */
  told(): Seen {
    const { tasks } = this.#plane.getSnapshot().context;
    return Object.fromEntries(Object.values(tasks).map((placed) => [placed.arn, seenOf(placed)]));
  }

  /** The same as the Engine has them: a task has stopped when no container of it runs. */
  true(): Seen {
    const { core } = this.world.engine;
    const names = new Set(core.list({}).map(({ Names: [name = ''] }) => name.slice(1)));
    const stateOf = (plan: TaskPlan, { name }: { name: string }): string => {
      const found = plan.containers.find((candidate) => candidate.name === name);
      const dockerName = found && dockerNameOf({ task: plan, container: found });
      if (!dockerName || !names.has(dockerName)) return 'STOPPED null';
      const { Running, ExitCode, Status } = core.inspect(dockerName).State;
      if (Running) return 'RUNNING null';
      return `STOPPED ${Status === 'created' ? null : ExitCode}`;
    };
    const seen = [...this.plans.values()].map((plan) => {
      const containers = Object.fromEntries(
        plan.containers.map((one) => [one.name, stateOf(plan, one)]),
      );
      const runs = Object.values(containers).some((state) => state.startsWith('RUNNING'));
      return [plan.arn, { status: runs ? 'RUNNING' : 'STOPPED', containers }] as const;
    });
    return Object.fromEntries(seen);
  }

  /** Places the tasks one after the other while it `lasts`, and stops some of them again. */
  #placing(tasks: number, lasts: number): () => void {
    const { clock } = this.world;
    const begin = clock.now();
    const end = begin + 0.9 * lasts;
    const todo = Array.from({ length: tasks }, (_, at) => {
      const kind = kinds[at % kinds.length] ?? kinds[0];
      const plan = kind?.(`t${at}`, this.#below(lasts / 2 / second)) ?? task(`t${at}`);
      const from = begin + this.#below((end - begin) * 0.7);
      const to = this.#below(2) === 0 ? from + this.#below(end - from) : Number.POSITIVE_INFINITY;
      return { plan, from, to };
    });
    return () => {
      for (const { plan, from, to } of todo) {
        const { arn: taskArn } = plan;
        const essential = plan.containers.filter((one) => one.essential).map(({ name }) => name);
        if (from <= clock.now() && !this.plans.has(taskArn)) {
          this.plans.set(taskArn, plan);
          this.#plane.send({ type: 'task.run', taskArn, essential });
        }
        const placed = this.#plane.getSnapshot().context.tasks[taskArn];
        if (to <= clock.now() && placed?.desired === 'RUNNING')
          this.#plane.send({ type: 'task.stop', taskArn });
      }
    };
  }

  /** Changes the weather of the API and the state of the connection when their time is over. */
  #change(): void {
    const { clock, plane } = this.world;
    const now = clock.now();
    if (now >= this.#weatherUntil) {
      this.#weather = this.#pick(Object.keys(weathers)) ?? 'fair';
      this.changes += 1;
      this.#weatherUntil = now + (5 + this.#below(35)) * second;
    }
    if (now < this.#lineUntil) return;
    this.#lineUntil = now + (2 + this.#below(20)) * second;
    const end = this.#pick(ends) ?? null;
    plane.refusal = this.#below(4) === 0 ? { clean: false, reason: '1006 status 503' } : null;
    if (end && this.#below(8) > 0) plane.drop(end);
    else {
      plane.silence();
      this.unanswered.clear();
    }
  }

  /** The agent is killed while its disk is slow, so that it forgets what was accepted meanwhile. */
  async #kill(): Promise<void> {
    const { world } = this;
    world.store.hold();
    this.#isHeld = true;
    await world.clock.advance(this.#below(3 * second));
    await world.kill();
    this.kills += 1;
    this.#isHeld = false;
    world.plane.drop({ clean: false, reason: '1006 read ECONNRESET' });
    await world.clock.advance(this.#below(20 * second));
    const trouble = error('ECS_THROTTLED', 'ServerException');
    world.plane.api.plan('register', [trouble]);
    world.plane.api.plan('discover', [trouble]);
    await world.begin();
  }

  /** Statuses never go back, and nothing is told again that the agent knows to be accepted. */
  #check(report: TaskReport): void {
    const { taskArn, status, containers } = report;
    const parts = [
      ['', status] as const,
      ...containers.map((one) => [one.name, one.status] as const),
    ];
    const heard = this.#heard.get(taskArn) ?? new Map<string, number>();
    this.#heard.set(taskArn, heard);
    const known = (name: string) => heard.get(name) ?? (name === '' ? 0 : -1);
    if (ranks[status] < known('')) this.faults.push(`${taskArn} went back to ${status}`);
    const news = parts.filter(([name, is]) => ranks[is] > known(name));
    const old = parts.length - news.length;
    // A task's own status goes with every change of its containers.
    if (news.length === 0 || old > 1 || (old === 1 && ranks[status] > known('')))
      this.faults.push(`${taskArn} ${JSON.stringify(parts)} was told again`);
    if (this.world.plane.unheard.has(report) || this.#isHeld) this.repeats += 1;
    else for (const [name, is] of parts) heard.set(name, ranks[is]);
  }

  #pick = <One>(from: One[]): One | undefined => from[this.#below(from.length)];

  #below = (limit: number): number => Math.floor(this.#random.roll() * limit);
}

const seenOf = ({ status, containers }: PlacedTask): Seen[string] => ({
  status,
  containers: Object.fromEntries(
    Object.values(containers).map((one) => [one.name, `${one.status} ${one.exitCode}`]),
  ),
});
