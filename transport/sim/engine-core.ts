import type { Cancel, Clock, Random } from '../host/port.ts';
import { type Behaviour, behaviourOf } from './behaviour.ts';

/** An answer of the Engine that is no success: an HTTP status and its words. */
export class EngineRefusal extends Error {
  readonly statusCode: number;
  readonly json: { message: string };

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.json = { message };
  }
}

/** The body of a create request, as far as the simulation looks at it. */
export interface CreateBody {
  Image?: string;
  Cmd?: string[];
  Entrypoint?: string[];
  Labels?: Record<string, string>;
  HostConfig?: { PortBindings?: Record<string, { HostPort: string }[]> };
}

/** One event of the Engine's stream. */
export interface CoreEvent {
  Type: 'container';
  Action: 'create' | 'start' | 'die' | 'destroy';
  Actor: { ID: string; Attributes: Record<string, string> };
  /** Epoch seconds, and the same moment in nanoseconds. */
  time: number;
  timeNano: number;
}

interface Contained {
  id: string;
  name: string;
  body: CreateBody;
  behaviour: Behaviour;
  state: 'created' | 'running' | 'exited';
  exitCode: number;
  startedAt: number | null;
  finishedAt: number | null;
  outOfMemory: boolean;
  error: string;
  /** Ends the wait for the process's own end, or for its kill. */
  cancel: Cancel;
  /** Who waits for its end. */
  onEnd: (() => void)[];
}

/** The containers of a simulated Engine and what becomes of them, in Docker's own terms. */
export class EngineCore {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #containers = new Map<string, Contained>();
  readonly #listeners = new Set<(event: CoreEvent) => void>();
  /** Everything that ever happened, in order. */
  readonly log: CoreEvent[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  create(name: string, body: CreateBody): string {
    if (this.#containers.has(name))
      throw new EngineRefusal(409, `Conflict. The container name "/${name}" is already in use`);
    const uuid = () => this.#random.uuid().replaceAll('-', '');
    const made: Contained = {
      id: uuid() + uuid(),
      name,
      body,
      behaviour: behaviourOf([...(body.Entrypoint ?? []), ...(body.Cmd ?? [])]),
      state: 'created',
      exitCode: 0,
      startedAt: null,
      finishedAt: null,
      outOfMemory: false,
      error: '',
      cancel: () => {},
      onEnd: [],
    };
    this.#containers.set(name, made);
    this.#tell('create', made);
    return made.id;
  }

  start(nameOrId: string): void {
    const container = this.#find(nameOrId);
    if (container.state === 'running') throw new EngineRefusal(304, 'container already started');
    const { cannotStart, endsAfterMs, exitCode } = container.behaviour;
    if (cannotStart !== null) {
      container.error = cannotStart;
      throw new EngineRefusal(400, cannotStart);
    }
    container.state = 'running';
    container.startedAt = this.#clock.now();
    this.#tell('start', container);
    if (endsAfterMs !== null)
      container.cancel = this.#clock.at(container.startedAt + endsAfterMs, () =>
        this.#end(container, exitCode),
      );
  }

  /** Resolves when it has ended: by SIGTERM, or killed after the grace. */
  stop(nameOrId: string, graceS: number): Promise<void> {
    const container = this.#find(nameOrId);
    if (container.state !== 'running') throw new EngineRefusal(304, 'container already stopped');
    const { onTerm } = container.behaviour;
    return new Promise((resolve) => {
      container.onEnd.push(resolve);
      if (onTerm !== null) return this.#end(container, onTerm);
      const running = container.cancel;
      const kill = this.#clock.at(this.#clock.now() + graceS * 1_000, () =>
        this.#end(container, 137),
      );
      container.cancel = () => {
        running();
        kill();
      };
    });
  }

  /** Ends a container from outside; one that does not run is left alone. */
  exit(nameOrId: string, code: number, more: { outOfMemory?: boolean } = {}): void {
    const container = this.#find(nameOrId);
    if (container.state !== 'running') return;
    container.outOfMemory = more.outOfMemory ?? false;
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

  /** What an inspect of the Docker Engine API answers, as far as anybody here reads it. */
  inspect(nameOrId: string) {
    const container = this.#find(nameOrId);
    const running = container.state === 'running';
    return {
      Id: container.id,
      Name: `/${container.name}`,
      Config: { Labels: container.body.Labels ?? {} },
      State: {
        Status: container.state,
        Running: running,
        ExitCode: container.exitCode,
        OOMKilled: container.outOfMemory,
        Dead: false,
        Error: container.error,
        StartedAt: timeText(container.startedAt),
        FinishedAt: timeText(container.finishedAt),
      },
      NetworkSettings: { Ports: running ? published(container.body) : {} },
    };
  }

  list(labels: Record<string, string>) {
    return [...this.#containers.values()]
      .filter(({ body }) => has(body.Labels, labels))
      .map(({ id, name, body, state }) => ({
        Id: id,
        Names: [`/${name}`],
        Labels: body.Labels ?? {},
        State: state,
      }));
  }

  /** Tells of each event from now on; the answer ends it. */
  listen(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #find(nameOrId: string): Contained {
    const byName = this.#containers.get(nameOrId);
    const found = byName ?? [...this.#containers.values()].find(({ id }) => id === nameOrId);
    if (!found) throw new EngineRefusal(404, `No such container: ${nameOrId}`);
    return found;
  }

  #end(container: Contained, exitCode: number): void {
    if (container.state !== 'running') return;
    container.cancel();
    container.state = 'exited';
    container.exitCode = exitCode;
    container.finishedAt = this.#clock.now();
    this.#tell('die', container);
    for (const resolve of container.onEnd.splice(0)) resolve();
  }

  #tell(action: CoreEvent['Action'], { id, name, body, exitCode }: Contained): void {
    const now = this.#clock.now();
    const code = action === 'die' ? { exitCode: String(exitCode) } : {};
    const event: CoreEvent = {
      Type: 'container',
      Action: action,
      Actor: { ID: id, Attributes: { ...body.Labels, ...code, name } },
      time: Math.floor(now / 1_000),
      timeNano: now * 1_000_000,
    };
    this.log.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** Docker writes the year 1 for a time that has not come. */
const timeText = (time: number | null): string =>
  time === null ? '0001-01-01T00:00:00Z' : new Date(Math.max(time, 1)).toISOString();

export const has = (labels: Record<string, string> = {}, wanted: Record<string, string>): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

const published = ({ HostConfig }: CreateBody) =>
  Object.fromEntries(
    Object.entries(HostConfig?.PortBindings ?? {}).map(([port, bindings]) => [
      port,
      bindings.map(({ HostPort }) => ({ HostIp: '0.0.0.0', HostPort })),
    ]),
  );
