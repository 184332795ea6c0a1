import { AcsError } from './port.ts';

/** A JSON object of which nothing more is known yet. */
export type JsonObject = Record<string, unknown>;

const malformed = (what: string): AcsError =>
  new AcsError('ACS_MALFORMED_FRAME', `A message of ACS was dropped: ${what}`);

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses a frame's text. Throws `ACS_MALFORMED_FRAME` for what is not a JSON object. */
export function readFrame(text: string): JsonObject {
  try {
    const frame: unknown = JSON.parse(text);
    if (isObject(frame)) return frame;
  } catch {
    // Falls through: the text itself may hold secrets, so it is not shown.
  }
  throw malformed('it is not a JSON object');
}

/**
 * Reads the members of one object of a message. Absent and null are the same; names match in any
 * letter case, as ACS's own codec has it. A member of another type than the message model's spoils
 * the whole frame: every reader throws `ACS_MALFORMED_FRAME`.
 */
export class Members {
  readonly #object: JsonObject;
  readonly #where: string;

  constructor(object: JsonObject, where: string) {
    this.#object = object;
    this.#where = where;
  }

  text(name: string): string | null {
    return this.#read(name, 'a string', (value) => typeof value === 'string');
  }

  number(name: string): number | null {
    return this.#read(name, 'a number', (value) => typeof value === 'number');
  }

  flag(name: string): boolean | null {
    return this.#read(name, 'true or false', (value) => typeof value === 'boolean');
  }

  object(name: string): Members | null {
    const found = this.#read<JsonObject>(name, 'an object', isObject);
    return found && new Members(found, `${this.#where}.${name}`);
  }

  objects(name: string): (Members | null)[] {
    const isEntry = (value: unknown) => value === null || isObject(value);
    const found = this.#read<(JsonObject | null)[]>(
      name,
      'a list of objects',
      (value) => Array.isArray(value) && value.every(isEntry),
    );
    return (found ?? []).map(
      (entry, at) => entry && new Members(entry, `${this.#where}.${name}[${at}]`),
    );
  }

  texts(name: string): string[] | null {
    return this.#read<string[]>(
      name,
      'a list of strings',
      (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
    );
  }

  /** How many entries a list has; 0 where there is none. */
  count(name: string): number {
    return this.#read<unknown[]>(name, 'a list', Array.isArray)?.length ?? 0;
  }

  textMap(name: string): Record<string, string> {
    const found = this.#read<Record<string, string>>(
      name,
      'a map of strings',
      (value) =>
        isObject(value) && Object.values(value).every((entry) => typeof entry === 'string'),
    );
    return found ?? {};
  }

  #read<Value>(name: string, type: string, fits: (value: unknown) => boolean): Value | null {
    const value = this.#find(name);
    if (value === undefined || value === null) return null;
    if (!fits(value)) throw malformed(`${this.#where}.${name} must be ${type}`);
    return value as Value;
  }

  #find(name: string): unknown {
    if (name in this.#object) return this.#object[name];
    const wanted = name.toLowerCase();
    const key = Object.keys(this.#object).find((candidate) => candidate.toLowerCase() === wanted);
    return key === undefined ? undefined : this.#object[key];
  }
}
