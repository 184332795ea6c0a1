import type { Explanation } from '../../transport/http/port.ts';
import { beside, matches, verdictOf } from './compare.ts';
import type { Look, ReadScenario } from './model.ts';
import type { Failure } from './play.ts';
import type { Stage } from './stage/stage.ts';

/** What is told as lines in order, and looked at once. */
const streams = ['submitted', 'acknowledged', 'asked', 'happened', 'answered'] as const;
type Stream = (typeof streams)[number];

/** What holds at a time, by name. */
const standings = ['told', 'containers', 'states', 'explain'] as const;
type Standing = (typeof standings)[number];

/** Looks at a stage, and knows what it has seen before. */
export class Gaze {
  readonly #read: ReadScenario;
  readonly #stage: Stage;
  /** The streams that are as the present look says. */
  readonly #met = new Set<Stream>();
  readonly #seen: Record<Stream, number> = {
    ...{ submitted: 0, acknowledged: 0, asked: 0, happened: 0 },
    answered: 0,
  };

  constructor(read: ReadScenario, stage: Stage) {
    this.#read = read;
    this.#stage = stage;
  }

  /** What was submitted since the last look at that. */
  left(): string[] {
    return this.newly('submitted');
  }

  /** What has come of a stream since the last look at it. */
  newly(stream: Stream): string[] {
    return this.#stage.seen[stream].slice(this.#seen[stream]);
  }

  /** Begins another look. */
  begin(): void {
    this.#met.clear();
  }

  /**
   * Whether all is there that is looked for, or can never be. Lines that are there have been seen:
   * what follows them while other things are waited for is for the next look.
   */
  isDecided(see: Look): boolean {
    if (this.#unwanted(see).length > 0) return true;
    let isThere = true;
    for (const stream of streams) {
      const wanted = this.#wanted(see, stream);
      if (!wanted || this.#met.has(stream)) continue;
      const verdict = verdictOf(wanted, this.newly(stream));
      if (verdict === 'never') return true;
      if (verdict === 'yes') {
        this.#met.add(stream);
        this.#seen[stream] = this.#stage.seen[stream].length;
      } else isThere = false;
    }
    return isThere && this.#standsAs(see);
  }

  #wanted(see: Look, stream: Stream): string[] | undefined {
    if (stream !== 'asked') return see[stream];
    return see.asked?.filter((line) => this.#stage.isRepeatable(line));
  }

  #standsAs(see: Look): boolean {
    for (const what of standings)
      for (const [name, wanted] of Object.entries(see[what] ?? {}))
        if (!this.#candidates(what, name).some((one) => isSaid(wanted, one))) return false;
    if (see.ended !== undefined && this.#stage.exitCode() !== see.ended) return false;
    return (see.logged ?? []).every((wanted) => this.#isLogged(wanted));
  }

  /** A member of a look that is not as it says, one that can never be first; null where all are. */
  failureOf(see: Look, index: number): Failure | null {
    const unwanted = this.#unwanted(see);
    if (unwanted.length > 0) return this.surplus(index, 'not logged', unwanted);
    const open = streams.filter((stream) => see[stream] && !this.#met.has(stream));
    const isWrong = (stream: Stream) =>
      verdictOf(see[stream] ?? [], this.newly(stream)) === 'never';
    const stream = open.find(isWrong) ?? open[0];
    if (stream)
      return this.#failure([stream], index, beside(see[stream] ?? [], this.newly(stream)));
    for (const what of standings) {
      const wanted = Object.entries(see[what] ?? {});
      const differs = ([name, text]: [string, string]) =>
        !this.#candidates(what, name).some((one) => isSaid(text, one));
      if (wanted.some(differs)) return this.#standingFailure(what, wanted, index);
    }
    if (see.ended !== undefined && this.#stage.exitCode() !== see.ended)
      return this.#failure(['ended'], index, [
        { expected: String(see.ended), seen: this.#endingWords(), isSame: false },
      ]);
    const missing = (see.logged ?? []).filter((wanted) => !this.#isLogged(wanted));
    if (missing.length === 0) return null;
    return this.#failure(['logged'], index, beside(missing, this.#stage.seen.logged.slice(-8)));
  }

  surplus(index: number, what: string, more: string[]): Failure {
    return this.#failure([what], index, beside([], more));
  }

  tooEarly(index: number, least: string, afterMs: number): Failure {
    const seen = `after ${afterMs / 1_000} s`;
    return this.#failure(['not before'], index, [
      { expected: `not before ${least}`, seen, isSame: false },
    ]);
  }

  #standingFailure(what: Standing, wanted: [string, string][], index: number): Failure {
    const most = what === 'explain' ? undefined : 1;
    const pairs = wanted.flatMap(([name, text]) => {
      const candidates = this.#candidates(what, name);
      const found = candidates.find((one) => isSaid(text, one));
      const seen = found === undefined ? candidates.slice(0, most) : [found];
      return seen.map((one, at) => ({
        expected: at === 0 ? `${name}: ${text}` : null,
        seen: `${name}: ${one}`,
        isSame: found !== undefined,
      }));
    });
    return this.#failure([what], index, pairs);
  }

  #failure(path: string[], index: number, pairs: Omit<Failure['pairs'][number], 'line'>[]) {
    const whole = ['steps', index, 'see', ...path];
    const place = this.#read.placeOf(whole);
    const what = path.join('.');
    return {
      place,
      what,
      says: `${what} is not as the scenario says`,
      pairs: pairs.map((pair, at) => ({
        ...pair,
        line: pair.expected === null ? null : this.#lineOf([...whole, at], pair.expected),
      })),
    };
  }

  #lineOf(path: (string | number)[], expected: string): number {
    const [name = ''] = expected.split(': ');
    const member = this.#read.placeOf([...path.slice(0, -1), name]);
    const whole = this.#read.placeOf(path.slice(0, -1));
    return member.line === whole.line ? this.#read.placeOf(path).line : member.line;
  }

  /** What may be seen under a name: one state, or all sentences of an explanation. */
  #candidates(what: Standing, name: string): string[] {
    if (what === 'told') return [this.#toldOf(name)];
    if (what === 'containers') return inWords(this.#stage.container(name));
    if (what === 'states') return [this.#stage.stateOf(name) ?? 'none'];
    const told = this.#stage.explain(name === 'agent' ? null : name).flatMap(sentencesOf);
    return told.length > 0 ? told : ['(nothing)'];
  }

  #toldOf(task: string): string {
    const line = this.#stage.seen.submitted.findLast((one) => one.startsWith(`${task} `));
    return line?.slice(task.length + 1) ?? 'nothing';
  }

  /** Lines of the log that there must not be. */
  #unwanted = ({ 'not logged': not = [] }: Look): string[] =>
    not.length === 0
      ? []
      : this.#stage.seen.logged.filter((line) => not.some((one) => matches(`…${one}…`, line)));

  #isLogged = (wanted: string): boolean =>
    this.#stage.seen.logged.some((line) => matches(`…${wanted}…`, line));

  #endingWords(): string {
    const code = this.#stage.exitCode();
    return code === null ? 'it runs' : String(code);
  }
}

/** A container's state, and that it is not running. */
const inWords = (state: string): string[] =>
  state === 'running' ? [state] : [state, 'not running'];

/** A sentence of an explanation may be told without its subject. */
const isSaid = (wanted: string, seen: string): boolean =>
  matches(wanted, seen) || matches(`…: ${wanted}`, seen);

/** A sentence and those of its parts, each with its subject. */
const sentencesOf = ({ subject, sentence, parts }: Explanation): string[] => [
  `${subject}: ${sentence}`,
  ...parts.flatMap(sentencesOf),
];
