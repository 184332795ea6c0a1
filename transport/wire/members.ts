import { AgentError } from '../../machines/names/errors.ts';

/** A JSON object of which nothing more is known yet. */
export type JsonObject = Record<string, unknown>;

/** Whether a value is a JSON object, so neither null nor a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Raised for JSON that is not what its protocol says, with code `WIRE_MALFORMED`. The message names
 * the member and never shows its value, which may be a secret.
 */
export class MalformedError extends AgentError {
  constructor(what: string) {
    super('WIRE_MALFORMED', what);
  }
}

/** Parses a text; `where` names it for people. Throws {@link MalformedError} for all but an object. */
export function readObject(text: string, where: string): JsonObject {
  try {
    const found: unknown = JSON.parse(text);
    if (isObject(found)) return found;
  } catch {
    // The parser's own message quotes the text, so it is not passed on.
  }
  throw new MalformedError(`${where} is not a JSON object`);
}

/**
 * Reads the members of one JSON object. Absent and null are the same; names match in any letter
 * case, as they do in the codec of the Amazon ECS agent. Every reader throws {@link MalformedError}
 * for a member of another type.
 */
export class Members {
  /** The object itself, to be passed on unread. */
  readonly json: JsonObject;
  readonly #where: string;
  /** The names of its members, from the first look that needs them. */
  #names: string[] | null = null;

  /** `where` begins the names of members in errors: `<where>.<member>`; '' for the member alone. */
  constructor(json: JsonObject, where: string) {
    this.json = json;
    this.#where = where;
  }

  text(name: string): string | null {
    return this.#read(name, 'a string', (value) => typeof value === 'string');
  }

  number(name: string): number | null {
    return this.#read(name, 'a number', (value) => typeof value === 'number');
  }

  /** A whole number, as 64 bits hold it. Beyond 2^53 it is the nearest that JavaScript has. */
  whole(name: string): number | null {
    const fits = (value: unknown) => Number.isInteger(value) && Math.abs(Number(value)) <= 2 ** 63;
    return this.#read(name, 'a whole number of 64 bits', fits);
  }

  flag(name: string): boolean | null {
    return this.#read(name, 'true or false', (value) => typeof value === 'boolean');
  }

  object(name: string): Members | null {
    const found = this.#read<JsonObject>(name, 'an object', isObject);
    return found && new Members(found, this.#pathOf(name));
  }

  objects(name: string): (Members | null)[] {
    const isEntry = (value: unknown) => value === null || isObject(value);
    const found = this.#read<(JsonObject | null)[]>(
      name,
      'a list of objects',
      (value) => Array.isArray(value) && value.every(isEntry),
    );
    return (found ?? []).map(
      (entry, at) => entry && new Members(entry, `${this.#pathOf(name)}[${at}]`),
    );
  }

  /** The entries of a list, each an object or null: for lists of which one may be bad and not all. */
  each(name: string): (Members | null)[] {
    const found = this.#read<unknown[]>(name, 'a list', Array.isArray);
    return (found ?? []).map((entry, at) =>
      isObject(entry) ? new Members(entry, `${this.#pathOf(name)}[${at}]`) : null,
    );
  }

  /** The objects of a list without its nulls. */
  entries(name: string): Members[] {
    return this.objects(name).filter((entry) => entry !== null);
  }

  texts(name: string): string[] | null {
    return this.#read<string[]>(
      name,
      'a list of strings',
      (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
    );
  }

  numbers(name: string): number[] | null {
    return this.#read<number[]>(
      name,
      'a list of numbers',
      (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'number'),
    );
  }

  /** How many entries a list has; 0 where there is none. */
  count(name: string): number {
    return this.#read<unknown[]>(name, 'a list', Array.isArray)?.length ?? 0;
  }

  textMap(name: string): Record<string, string> | null {
    return this.#read<Record<string, string>>(
      name,
      'a map of strings',
      (value) =>
        isObject(value) && Object.values(value).every((entry) => typeof entry === 'string'),
    );
  }

  #read<Value>(name: string, type: string, fits: (value: unknown) => boolean): Value | null {
    const value = this.#find(name);
    if (value === undefined || value === null) return null;
    if (!fits(value)) throw new MalformedError(`${this.#pathOf(name)} must be ${type}`);
    return value as Value;
  }

  #pathOf(name: string): string {
    return this.#where === '' ? name : `${this.#where}.${name}`;
  }

  /** Of names that differ in letter case only, the first one counts. */
  #find(name: string): unknown {
    if (name in this.json) return this.json[name];
    // Most members are absent, and looked for in vain.
    this.#names ??= Object.keys(this.json);
    const isMeant = (other: string): boolean =>
      other.length === name.length && other.toLowerCase() === name.toLowerCase();
    const meant = this.#names.find(isMeant);
    return meant === undefined ? undefined : this.json[meant];
  }
}
