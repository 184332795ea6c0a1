import type { ContainerSketch, Scenario, Step, TaskSketch } from '../model.ts';

/** One entry of a flight record, as far as a scenario is made of it. */
interface Entry {
  at: number;
  actor: string;
  event: string;
  from: string;
  to: string;
  told: Record<string, unknown>;
}

/** What was done to the agent, and what it then told ECS. */
type Happening = { at: number } & ({ step: Step } | { submitted: string });

/**
 * Makes a scenario of the lines of a flight record: what ECS wanted, how containers ended, when the
 * agent's process did, and what ECS was told. Of what the record says it takes names, statuses and
 * exit codes alone.
 */
export function scenarioOf(lines: string[]): Scenario {
  const recording = new Recording();
  for (const line of lines) {
    const entry = entryOf(line);
    if (entry) recording.hear(entry);
  }
  return recording.scenario();
}

function entryOf(line: string): Entry | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  const names = ['at', 'actor', 'event', 'from', 'to', 'told'];
  const object: Record<string, unknown> = Array.isArray(parsed)
    ? Object.fromEntries(names.map((name, index) => [name, parsed[index]]))
    : membersOf(parsed);
  const { at, told } = object;
  if (typeof at !== 'number' || !Number.isFinite(at)) return null;
  const text = (name: string) => textOf(object[name]);
  const [actor, event, from, to] = [text('actor'), text('event'), text('from'), text('to')];
  return { at, actor, event, from, to, told: membersOf(told) };
}

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.map(membersOf) : [];

/** Words that may be written as they are: names, statuses. Whatever else is left out. */
const word = (value: unknown): string =>
  /^[A-Za-z][\w-]{0,254}$/.test(textOf(value)) ? textOf(value) : '…';

class Recording {
  readonly #tasks = new Map<string, { name: string; sketch: TaskSketch }>();
  readonly #happenings: Happening[] = [];
  /** What each outbox is sending, until ECS has taken it. */
  readonly #sending = new Map<string, string>();
  /** Containers whose end has been told. */
  readonly #ended = new Set<string>();
  #isRunning = false;
  #startedAt = 0;

  hear(entry: Entry): void {
    const [kind = '', id = '', container = ''] = entry.actor.split('/');
    if (entry.event.startsWith('process.')) this.#hearProcess(entry);
    else if (kind === 'task' && entry.event === 'ecs.wants') this.#hearWish(id, entry);
    else if (kind === 'container') this.#hearContainer(id, container, entry);
    else if (kind === 'outbox') this.#hearOutbox(id, entry);
  }

  scenario(): Scenario {
    const tasks = [...this.#tasks.values()].map(({ name, sketch }) => [name, sketch] as const);
    return {
      scenario: 'What an agent has recorded happens again.',
      ...(tasks.length > 0 && { tasks: Object.fromEntries(tasks) }),
      steps: stepsOf(this.#happenings),
    };
  }

  #hearProcess({ at, event }: Entry): void {
    const isFirst = this.#startedAt === 0;
    if (event === 'process.ended') {
      if (!isFirst) this.#do(at, { stop: 'agent' });
      this.#isRunning = false;
      return;
    }
    if (this.#isRunning) this.#do(at, { crash: 'agent' });
    if (!isFirst) this.#do(at, { start: 'agent' });
    this.#isRunning = true;
    this.#startedAt = at;
  }

  #hearWish(id: string, { at, told }: Entry): void {
    if (!this.#tasks.has(id)) {
      const name = this.#nameFor(textOf(told.family));
      const containers = listOf(told.containers).map((one): [string, ContainerSketch] => [
        word(one.name),
        sketchOf(one),
      ]);
      this.#tasks.set(id, { name, sketch: { containers: Object.fromEntries(containers) } });
    }
    const name = this.#tasks.get(id)?.name ?? '';
    this.#do(at, { acs: told.desired === 'STOPPED' ? { stop: [name] } : { run: [name] } });
  }

  #hearContainer(id: string, container: string, { at, event, from, told }: Entry): void {
    const task = this.#tasks.get(id);
    const sketch = task?.sketch.containers[container];
    const isEnd = told.state === 'exited' || event === 'engine.hint';
    const code = typeof told.exitCode === 'number' ? told.exitCode : null;
    if (!task || !sketch) return;
    const key = `${task.name}/${container}`;
    if (event === 'done.start') this.#ended.delete(key);
    if (!isEnd || code === null) return;
    if (from.startsWith('stopping')) {
      if (code !== 0) sketch.does = `runs until SIGTERM, then exits with ${code}`;
    } else if (!this.#ended.has(key)) this.#exit(at, key, code);
    this.#ended.add(key);
  }

  /** An end that is seen at once when the agent starts came before that. */
  #exit(at: number, exit: string, code: number): void {
    const happening = { at, step: { engine: { exit, code } } };
    const start = this.#happenings.findLastIndex((one) => 'step' in one && 'start' in one.step);
    if (start >= 0 && at - this.#startedAt < 2_000)
      this.#happenings.splice(start, 0, { ...happening, at: this.#startedAt });
    else this.#happenings.push(happening);
  }

  #hearOutbox(id: string, { at, event, to, told }: Entry): void {
    const task = this.#tasks.get(id);
    if (task && to === 'sending' && told.status !== undefined)
      this.#sending.set(id, `${task.name} ${lineOf(told)}`);
    const submitted = this.#sending.get(id);
    if (event !== 'done.submit' || submitted === undefined) return;
    this.#happenings.push({ at, submitted });
    this.#sending.delete(id);
  }

  #do(at: number, step: Step): void {
    this.#happenings.push({ at, step });
  }

  /** A name for a task of this family that no other has. */
  #nameFor(family: string): string {
    const plain = family.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
    const base = /^[a-z]/.test(plain) ? plain : `task${plain}`;
    const taken = [...this.#tasks.values()].map(({ name }) => name);
    for (let count = 1; ; count++) {
      const name = count === 1 ? base : `${base}-${count}`;
      if (!taken.includes(name)) return name;
    }
  }
}

function sketchOf({ essential, dependsOn, restarts }: Record<string, unknown>): ContainerSketch {
  const on = listOf(dependsOn).map((one) => [word(one.container), word(one.condition)]);
  return {
    ...(essential === false && { essential: false }),
    ...(on.length > 0 && { dependsOn: Object.fromEntries(on) }),
    ...(restarts === true && { restartPolicy: { enabled: true } }),
  };
}

/** What ECS was told, as a look says it; of reasons the record has no more than the name. */
function lineOf({ status, reason, containers }: Record<string, unknown>): string {
  const because = (given: unknown) => {
    if (given === undefined) return '';
    const name = word(given);
    return name === '…' ? ' (…)' : ` (${name}: …)`;
  };
  const parts = listOf(containers).map((one) => {
    const code = typeof one.exitCode === 'number' ? ` ${one.exitCode}` : '';
    return `${word(one.name)} ${word(one.status)}${code}${because(one.reason)}`;
  });
  const head = `${word(status)}${because(reason)}`;
  return parts.length > 0 ? `${head}: ${parts.join(', ')}` : head;
}

/** What was done with the time between, and what was told between two of these. */
function stepsOf(happenings: Happening[]): Step[] {
  const steps: Step[] = [];
  let told: string[] = [];
  let now = happenings[0]?.at ?? 0;
  const look = () => {
    if (told.length > 0) steps.push({ see: { submitted: told } });
    told = [];
  };
  for (const happening of happenings) {
    if ('submitted' in happening) told.push(happening.submitted);
    else {
      look();
      if (happening.at > now) steps.push({ wait: durationOf(happening.at - now) });
      steps.push(happening.step);
    }
    now = Math.max(now, happening.at);
  }
  look();
  return steps;
}

/** A duration as a scenario has it. */
export const durationOf = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);
