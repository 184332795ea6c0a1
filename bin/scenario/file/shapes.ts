import { type Branch, complain } from './tree.ts';

/** Reads one part of the file. Throws `ScenarioError` that says what is wanted in its place. */
export type Shape<Value> = (at: Branch) => Value;

/** A member that may be missing. */
export interface Optional<Value> {
  optional: Shape<Value>;
}

type Members = Record<string, Shape<unknown> | Optional<unknown>>;
type Flat<Type> = { [Name in keyof Type]: Type[Name] };
type Read<Of extends Members> = Flat<
  {
    [Name in keyof Of as Of[Name] extends Shape<unknown> ? Name : never]: Of[Name] extends Shape<
      infer Value
    >
      ? Value
      : never;
  } & {
    [Name in keyof Of as Of[Name] extends Optional<unknown>
      ? Name
      : never]?: Of[Name] extends Optional<infer Value> ? Value : never;
  }
>;

/** A map with these members, the first of which says which of several it is. */
export type RecordShape<Value> = Shape<Value> & { names: string[] };

export const optional = <Value>(shape: Shape<Value>): Optional<Value> => ({ optional: shape });

/** Complains that something else is wanted here. */
export const wanted = (at: Branch, what: string): never =>
  complain(at, `${at.name} must be ${what}, not ${shown(at)}`);

function shown({ value, text }: Branch): string {
  if (value instanceof Map) return value.size > 0 ? 'a map' : 'an empty map';
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  return typeof value === 'string' ? JSON.stringify(text.split('\n')[0]) : text;
}

const isScalar = ({ value }: Branch): boolean => value !== null && typeof value !== 'object';

/** A text; numbers and truths are taken as they are written. */
export const text: Shape<string> = (at) => {
  if (!isScalar(at)) return wanted(at, 'a text');
  return typeof at.value === 'string' ? at.value : at.text;
};

/** A text that a test holds of. */
export const textOf =
  (what: string, is: (text: string) => boolean): Shape<string> =>
  (at) =>
    isScalar(at) && is(text(at)) ? text(at) : wanted(at, what);

/** One of these words. */
export const word =
  <Word extends string>(...words: Word[]): Shape<Word> =>
  (at) =>
    words.find((one) => isScalar(at) && one === text(at)) ??
    wanted(at, words.length === 1 ? words.join('') : `one of ${words.join(', ')}`);

/** A whole number, not below `least`. */
export const count =
  (least = 0): Shape<number> =>
  (at) =>
    typeof at.value === 'number' && Number.isInteger(at.value) && at.value >= least
      ? at.value
      : wanted(at, `a whole number of at least ${least}`);

export const truth: Shape<boolean> = (at) =>
  typeof at.value === 'boolean' ? at.value : wanted(at, 'true or false');

/** Nothing but the member itself, as in `up: true`. */
export const itself: Shape<true> = (at) => (at.value === true ? true : wanted(at, 'true'));

const unitsMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const durationPattern = /^(\d+(\.\d+)?(ms|s|m|h|d))( \d+(\.\d+)?(ms|s|m|h|d))*$/;

/** A duration such as `1m 30s`, as it is written. */
export const duration = textOf('a duration such as 500ms, 30s or 1h 30m', (given) =>
  durationPattern.test(given),
);

/** A duration of a scenario in ms. */
export const msOf = (given: string): number =>
  [...given.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (unitsMs[unit] ?? 0),
    0,
  );

/** A list of these. */
export const list =
  <Value>(shape: Shape<Value>): Shape<Value[]> =>
  (at) =>
    Array.isArray(at.value) ? at.value.map(shape) : wanted(at, 'a list');

/** A list of these, or one of them alone. */
export const some =
  <Value>(shape: Shape<Value>): Shape<Value[]> =>
  (at) =>
    Array.isArray(at.value) ? at.value.map(shape) : [shape(at)];

/** Lines: a list of texts, or a text over several lines. */
export const lines: Shape<string[]> = (at) => {
  if (Array.isArray(at.value))
    return at.value.map((one) =>
      isScalar(one) ? text(one).trim() : wanted(one, 'lines of text: put this one in quotes'),
    );
  if (!isScalar(at)) return wanted(at, 'lines of text, after a | or as a list');
  return text(at)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
};

/** A map from names of any kind to these. */
export const map =
  <Value>(shape: Shape<Value>): Shape<Record<string, Value>> =>
  (at) => {
    if (!(at.value instanceof Map)) return wanted(at, 'a map');
    return Object.fromEntries([...at.value].map(([name, member]) => [name, shape(member)]));
  };

/** Whatever JSON it is. */
export const anything: Shape<unknown> = ({ value, ...at }) => {
  if (value instanceof Map) return map(anything)({ ...at, value });
  return Array.isArray(value) ? value.map(anything) : value;
};

/** A map with these members and no others. */
export function record<Of extends Members>(members: Of): RecordShape<Read<Of>> {
  const names = Object.keys(members);
  const shape = (at: Branch): Read<Of> => {
    if (!(at.value instanceof Map)) return wanted(at, `a map of ${names.join(', ')}`);
    for (const [name, member] of at.value)
      if (!Object.hasOwn(members, name))
        complain(
          member,
          `${at.name} has no ${JSON.stringify(name)}: ${names.join(', ')} are known`,
        );
    return membersOf(at, at.value, members) as Read<Of>;
  };
  return Object.assign(shape, { names });
}

function membersOf(at: Branch, value: Map<string, Branch>, members: Members) {
  const read: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(members)) {
    const member = value.get(name);
    if (member) read[name] = ('optional' in kind ? kind.optional : kind)(member);
    else if (!('optional' in kind)) complain(at, `${at.name} must have a member ${name}`);
  }
  return read;
}

/** The same, but that members of other names are taken as they are. */
export function openRecord<Of extends Members>(
  members: Of,
): Shape<Read<Of> & Record<string, unknown>> {
  return (at) => {
    if (!(at.value instanceof Map)) return wanted(at, 'a map');
    const known = new Map([...at.value].filter(([name]) => Object.hasOwn(members, name)));
    const others = [...at.value].filter(([name]) => !Object.hasOwn(members, name));
    return {
      ...record(members)({ ...at, value: known }),
      ...Object.fromEntries(others.map(([name, member]) => [name, anything(member)])),
    };
  };
}

/** One of several maps: which one, the first member that it must have says. */
export const either =
  <Value>(...records: RecordShape<Value>[]): Shape<Value> =>
  (at) => {
    const verbs = [...new Set(records.map(({ names }) => names[0] ?? ''))];
    if (!(at.value instanceof Map)) return wanted(at, `a map with one of ${verbs.join(', ')}`);
    const { value } = at;
    const found = records.find(({ names }) => value.has(names[0] ?? ''));
    if (found) return found(at);
    const [first] = value;
    return complain(
      first?.[1] ?? at,
      `${at.name} has no ${JSON.stringify(first?.[0] ?? '')}: it must have one of ${verbs.join(', ')}`,
    );
  };
