import { styleText } from 'node:util';
import type { Transition } from '../../actors/recorder.ts';
import type { NetworkBinding } from '../../machines/container/model.ts';
import { taskIdOf } from '../../machines/names/arn.ts';
import type { ContainerFigures, PlacedTask } from '../../machines/plane/model.ts';
import type { Clock } from '../../transport/host/port.ts';

/** The step of its life that an actor is in: what prepares a container is told step by step. */
function lifecycleState(state: string): string {
  const [outer = '', inner = outer] = state.split('.');
  return outer === 'preparing' ? inner : outer;
}

/** Where lines go. */
export interface Output {
  write: (text: string) => void;
  colours: boolean;
  /** How figures are shown: in one line kept below all others, in lines of their own, or not at all. */
  figures: 'kept' | 'repeated' | 'hidden';
  columns: () => number;
}

/** Takes the cursor to the start of its line and empties it (ECMA-48). */
const emptyLine = '\r\x1b[2K';

/** What the command shows: lines of plain text, in colour where the output is a terminal. */
export class Lines {
  readonly #clock: Clock;
  readonly #out: Output;
  /** The figures that are shown now. */
  #figures = '';
  /** Begins every line when what is shown did not happen in a real Engine. */
  mark = '';
  readonly #states = new Map<string, string>();
  readonly #families = new Map<string, string>();

  constructor(clock: Clock, out: Output) {
    this.#clock = clock;
    this.#out = out;
  }

  say(text: string): void {
    const line = `${this.mark}${text}\n`;
    this.#out.write(this.#kept() ? `${emptyLine}${line}${this.#kept()}` : line);
  }

  /** What running containers use, each time it is told anew; none where none runs. */
  figures(all: { task: PlacedTask; containers: ContainerFigures[] }[]): void {
    const texts = all.flatMap(({ task, containers }) =>
      containers.map((one) => `${this.#nameOf(taskIdOf(task.arn))}/${figuresOf(one)}`),
    );
    const before = this.#figures;
    this.#figures = texts.join(' · ');
    if (this.#figures === before) return;
    if (this.#out.figures === 'kept') this.#out.write(`${emptyLine}${this.#kept()}`);
    if (this.#out.figures !== 'repeated') return;
    for (const text of texts) this.say(`${this.#time()}  ${text}`);
  }

  #kept(): string {
    if (this.#out.figures !== 'kept' || this.#figures === '') return '';
    return `${this.mark}${this.#figures}`.slice(0, this.#out.columns() - 1);
  }

  #nameOf(taskId: string): string {
    return this.#families.get(taskId) ?? taskId;
  }

  /** Tells of a task under its family's name rather than its id. */
  introduce(taskArn: string, family: string): void {
    this.#families.set(taskIdOf(taskArn), family);
  }

  /** A line for each change of a task or a container between the states of its lifecycle. */
  transition({ actor, to }: Transition): void {
    const [kind = '', taskId = '', container] = actor.split('/');
    if (kind !== 'task' && kind !== 'container') return;
    const state = lifecycleState(to);
    const before = this.#states.get(actor);
    // To have started is to run: it is left in the same moment.
    if (state === before || state === 'started') return;
    this.#states.set(actor, state);
    if (before === undefined) return;
    const family = this.#nameOf(taskId);
    const who = container === undefined ? family : `${family}/${container}`;
    const change = `${before} → ${this.#paint(state)}`;
    this.say(`${this.#time()}  ${kind.padEnd(9)}  ${who.padEnd(24)}  ${change}`);
  }

  /** Where a published port of a container is to be reached from this machine. */
  address(name: string, binding: NetworkBinding): void {
    const [port, inside] =
      'hostPort' in binding
        ? [binding.hostPort, binding.containerPort]
        : [binding.hostPortRange, binding.containerPortRange];
    const scheme = binding.protocol === 'tcp' ? 'http' : binding.protocol;
    const address = `${scheme}://127.0.0.1:${port}`;
    this.say(`${this.#time()}  ${name} listens on ${address} (${inside} in the container)`);
  }

  /** How a task ended: its reason and its containers' exit codes. */
  ending(task: PlacedTask): void {
    if (task.reason) this.say(`${this.#time()}  ${task.reason}`);
    for (const { name, exitCode, reason } of Object.values(task.containers)) {
      const how = exitCode === null ? 'never ran' : `exited with ${exitCode}`;
      this.say(`${this.#time()}  ${name} ${how}${reason === null ? '' : `: ${reason}`}`);
    }
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString().slice(11, 19);
  }

  #paint(state: string): string {
    if (!this.#out.colours) return state;
    const colours = { running: 'green', stopped: 'red', stopping: 'yellow' } as const;
    return styleText(colours[state as keyof typeof colours] ?? 'cyan', state);
  }
}

/** A container and what it uses: of the CPUs of the whole host, and of memory. */
function figuresOf({ name, cpuPercent, memoryMiB, health }: ContainerFigures): string {
  const texts = [
    name,
    cpuPercent === null ? '' : `${cpuPercent.toFixed(1)} % CPU`,
    memoryMiB === null ? '' : `${memoryMiB} MiB`,
    health === null || health === 'UNKNOWN' ? '' : health.toLowerCase(),
  ];
  return texts.filter((text) => text !== '').join(' ');
}
