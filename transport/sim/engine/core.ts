import { EngineRefusal } from '../../docker/calls.ts';
import type { Cancel, Clock, Random } from '../../host/port.ts';
import { SimRegistry } from '../registry.ts';
import { behaviourOf } from './behaviour.ts';
import { EventLog } from './events.ts';
import { ImageStore } from './images.ts';
import { VolumeStore } from './volumes.ts';
import {
  type Contained,
  type CoreEvent,
  type CreateBody,
  companionsOf,
  has,
  healthVerdictOf,
  inspected,
  listed,
  measured,
  volumesOf,
} from './wire.ts';

/** What a simulated Engine's core is made of. */
export interface CoreOptions {
  clock: Clock;
  random: Random;
  /** The images it has at first; every one where it is not given. */
  images?: string[];
  /** What can be pulled; what `images` says where it is not given. */
  registry?: SimRegistry;
}

/** The containers of a simulated Engine and what becomes of them, in Docker's own terms. */
export class EngineCore {
  readonly events = new EventLog();
  readonly registry: SimRegistry;
  readonly images: ImageStore;
  readonly volumes: VolumeStore;
  /** Whether streams of statistics stay open and tell nothing. */
  isSilent = false;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #containers = new Map<string, Contained>();
  /** Those whose processes went with the Engine's own. */
  #lost: Contained[] = [];
  #isFull = false;
  #created = 0;

  constructor({ clock, random, images, registry = new SimRegistry(images) }: CoreOptions) {
    this.#clock = clock;
    this.#random = random;
    this.registry = registry;
    const those = (isUser: (container: Contained) => boolean) =>
      [...this.#containers.values()].filter(isUser);
    const usersOf = (imageId: string) => those((container) => container.imageId === imageId);
    this.images = new ImageStore({ clock, registry, images, usersOf });
    this.volumes = new VolumeStore((name) =>
      those(({ body }) => volumesOf(body).includes(name)).map(({ id }) => id),
    );
  }

  /** All events of containers that ever happened, in order. */
  get log(): CoreEvent[] {
    return this.events.log;
  }

  create(name: string, body: CreateBody): string {
    if (this.#containers.has(name))
      throw new EngineRefusal(409, `Conflict. The container name "/${name}" is already in use`);
    const imageId = body.Image ? this.images.inspect(body.Image).id : '';
    if (this.#isFull) throw new EngineRefusal(500, `mkdir ${name}: no space left on device`);
    for (const other of companionsOf(body).all) this.#find(other);
    for (const volume of volumesOf(body)) this.volumes.ensure(volume);
    const made = this.#make({ name, body, imageId });
    this.#containers.set(name, made);
    this.#tell('create', made);
    return made.id;
  }

  /** Starts a container, or one that has ended again: its command does the same as before. */
  start(nameOrId: string): void {
    const container = this.#find(nameOrId);
    if (container.state === 'running') throw new EngineRefusal(304, 'container already started');
    if (container.state === 'dead')
      throw new EngineRefusal(409, 'container is marked for removal and cannot be started');
    for (const other of companionsOf(container.body).running)
      if (this.#find(other).state !== 'running')
        throw new EngineRefusal(409, `cannot join a non running container: /${other}`);
    const { cannotStart } = container.behaviour;
    if (cannotStart !== null) {
      Object.assign(container, { error: cannotStart, exitCode: 127 });
      throw new EngineRefusal(400, cannotStart);
    }
    this.#run(container);
  }

  /** Resolves when it has ended: by SIGTERM, or killed after the grace. */
  stop(nameOrId: string, graceS: number): Promise<void> {
    const container = this.#find(nameOrId);
    if (container.state !== 'running') throw new EngineRefusal(304, 'container already stopped');
    const { onTerm } = container.behaviour;
    return new Promise((resolve) => {
      container.onEnd.push(resolve);
      if (onTerm !== null) this.#end(container, onTerm);
      else this.#after(container, graceS * 1_000, () => this.#end(container, 137));
    });
  }

  /** Ends a container from outside; one that does not run is left alone. */
  exit(nameOrId: string, code: number, more: { outOfMemory?: boolean } = {}): void {
    const container = this.#find(nameOrId);
    if (container.state !== 'running') return;
    container.outOfMemory = more.outOfMemory ?? container.outOfMemory;
    this.#end(container, code);
  }

  remove(nameOrId: string, options: { force: boolean }): void {
    const container = this.#find(nameOrId);
    if (container.state === 'running') {
      if (!options.force)
        throw new EngineRefusal(409, `You cannot remove a running container ${container.id}`);
      this.#end(container, 137);
    }
    this.#containers.delete(container.name);
    this.#tell('destroy', container);
  }

  /** What the container uses now, as a line of the Engine's stream of statistics. */
  measure(nameOrId: string): string {
    return JSON.stringify(measured(this.#find(nameOrId), this.#clock.now()));
  }

  /** The same each second, until the answer is called. */
  followMeasures(nameOrId: string, tell: (line: string) => void): Cancel {
    const container = this.#find(nameOrId);
    let cancel: Cancel = () => {};
    const next = () => {
      cancel = this.#clock.at(this.#clock.now() + 1_000, () => {
        // First, as whoever is told may end it.
        next();
        if (!this.isSilent) tell(JSON.stringify(measured(container, this.#clock.now())));
      });
    };
    next();
    return () => cancel();
  }

  inspect(nameOrId: string) {
    return inspected(this.#find(nameOrId));
  }

  list(labels: Record<string, string>) {
    return [...this.#containers.values()]
      .filter(({ body }) => has(body.Labels, labels))
      .map(listed);
  }

  /** What the container was made of, as it was asked for. */
  bodyOf(nameOrId: string): CreateBody {
    return this.#find(nameOrId).body;
  }

  /** Whether a container runs in this cgroup. */
  isBusy(cgroupParent: string): boolean {
    const here = ({ state, body }: Contained) =>
      state === 'running' && body.HostConfig?.CgroupParent === cgroupParent;
    return [...this.#containers.values()].some(here);
  }

  /** What the health check of a running container says from now on, whatever its command is. */
  setHealth(nameOrId: string, health: 'healthy' | 'unhealthy'): void {
    const container = this.#find(nameOrId);
    if (container.state !== 'running' || container.health === health) return;
    container.health = health;
    this.#tell(`health_status: ${health}`, container);
  }

  /** A process of the container was killed for memory, and the container runs on. */
  setOutOfMemory(nameOrId: string): void {
    this.#find(nameOrId).outOfMemory = true;
  }

  /** The container's end could not be finished: to Docker it is dead, neither there nor gone. */
  setDead(nameOrId: string): void {
    const container = this.#find(nameOrId);
    this.#end(container, 137);
    container.state = 'dead';
  }

  /** Whether there is no room for another container or image. */
  setDiskFull(isFull: boolean): void {
    this.#isFull = isFull;
    this.images.isFull = isFull;
  }

  /** The Engine's process ends; without live restore the processes of its containers do as well. */
  goDown({ liveRestore }: { liveRestore: boolean }): void {
    if (liveRestore) return;
    this.#lost = [...this.#containers.values()].filter(({ state }) => state === 'running');
    for (const { cancels } of this.#lost) for (const cancel of cancels.splice(0)) cancel();
  }

  /** The Engine is there again, finds out which processes are not, and tells nobody. */
  comeBack(): void {
    for (const container of this.#lost.splice(0)) this.#end(container, 255);
    this.events.forget();
  }

  #make(of: Pick<Contained, 'name' | 'body' | 'imageId'>): Contained {
    const uuid = () => this.#random.uuid().replaceAll('-', '');
    const address = ++this.#created + 1;
    return {
      ...of,
      id: uuid() + uuid(),
      behaviour: behaviourOf([...(of.body.Entrypoint ?? []), ...(of.body.Cmd ?? [])]),
      ipv4: `172.17.${address >> 8}.${address & 0xff}`,
      state: 'created',
      health: 'none',
      exitCode: 0,
      createdAt: this.#clock.now(),
      startedAt: null,
      finishedAt: null,
      outOfMemory: false,
      error: '',
      cancels: [],
      onEnd: [],
    };
  }

  #run(container: Contained): void {
    const { endsAfterMs, exitCode } = container.behaviour;
    const verdict = healthVerdictOf(container.body);
    Object.assign(container, {
      state: 'running',
      health: verdict ? 'starting' : 'none',
      startedAt: this.#clock.now(),
      exitCode: 0,
      outOfMemory: false,
      error: '',
    });
    this.#tell('start', container);
    if (endsAfterMs !== null)
      this.#after(container, endsAfterMs, () => this.#end(container, exitCode));
    if (verdict)
      this.#after(container, verdict.afterMs, () => {
        // What a story has said of it is not gone back on.
        if (container.health === 'starting') this.setHealth(container.id, verdict.health);
      });
  }

  /** Does this then, if the container has not ended by then. */
  #after(container: Contained, ms: number, work: () => void): void {
    container.cancels.push(this.#clock.at(this.#clock.now() + ms, work));
  }

  #find(nameOrId: string): Contained {
    const byName = this.#containers.get(nameOrId);
    const found = byName ?? [...this.#containers.values()].find(({ id }) => id === nameOrId);
    if (!found) throw new EngineRefusal(404, `No such container: ${nameOrId}`);
    return found;
  }

  #end(container: Contained, exitCode: number): void {
    if (container.state !== 'running') return;
    for (const cancel of container.cancels.splice(0)) cancel();
    container.state = 'exited';
    container.exitCode = exitCode;
    container.finishedAt = this.#clock.now();
    this.#tell('die', container);
    for (const resolve of container.onEnd.splice(0)) resolve();
  }

  #tell(action: CoreEvent['Action'], { id, name, body, exitCode }: Contained): void {
    const now = this.#clock.now();
    const code = action === 'die' ? { exitCode: String(exitCode) } : {};
    this.events.tell({
      Type: 'container',
      Action: action,
      Actor: {
        ID: id,
        Attributes: { ...body.Labels, ...code, image: body.Image ?? '', name },
      },
      time: Math.floor(now / 1_000),
      // Not at the very beginning of its millisecond, as numbers of this size are not exact.
      timeNano: now * 1_000_000 + 500,
    });
  }
}
