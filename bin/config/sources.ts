import { type Environment, fileKeys, type Variable, variables } from '../variables/variables.ts';
import type { Parsed } from './parse.ts';

/** What there is besides the environment, as texts. */
export interface Sources {
  /** The JSON file; null where there is none. */
  file?: { path: string; text: string } | null;
  /** The user data of the EC2 instance; null where there is none, or nobody to ask. */
  userData?: string | null;
  /** The region the instance is in; null where nobody knows; undefined while nobody was asked. */
  region?: string | null | undefined;
}

/** Where a value comes from. */
export type Origin = 'environment' | 'file' | 'user data' | 'instance metadata' | 'default';

/** What a source says of a setting. */
export interface Offer {
  /** The setting as the source names it. */
  label: string;
  /** What the source says, as it may be shown. */
  shown: string;
  parsed: Parsed<unknown>;
}

/** One source of settings. */
export interface Source {
  origin: Origin;
  /** The source in words. */
  words: string;
  /** What to do about a wrong value of it. */
  remedy: string;
  offer: (name: string, variable: Variable<unknown>) => Offer | null;
  /** What there is to say of it, whatever its values. */
  warnings: string[];
  errors: string[];
}

/** What is known of a setting by its name. */
export const known: Readonly<Record<string, Variable<unknown>>> = {
  ...variables,
  ...fileKeys,
} as Record<string, Variable<unknown>>;

/** Every source that there is, the one that wins first. */
export function sourcesOf(environment: Environment, { file, userData, region }: Sources): Source[] {
  return [
    environmentSource(environment),
    ...(file ? [fileSource(file)] : []),
    ...userDataSource(userData ?? ''),
    ...(region ? [regionSource(region)] : []),
  ];
}

function environmentSource(environment: Environment): Source {
  const offer = (name: string, { kind, secret, alias }: Variable<unknown>): Offer | null => {
    const label = isSet(environment[name]) || !alias ? name : alias;
    const text = environment[label];
    if (name in fileKeys || !isSet(text)) return null;
    return { label, shown: secret ? '(secret)' : asShown(text), parsed: kind.parse(text) };
  };
  return {
    ...{ origin: 'environment', words: 'the environment', remedy: 'correct it or unset it', offer },
    ...{ warnings: [], errors: [] },
  };
}

const isSet = (text: string | undefined): text is string => (text ?? '').trim() !== '';

/** On one line, and without the password of an address. */
const asShown = (value: unknown): string =>
  JSON.stringify(value).replace(/[^\s"]*:[^\s"]*@/, '(secret)@');

function regionSource(region: string): Source {
  const offer = (name: string): Offer | null =>
    name === 'AWS_DEFAULT_REGION'
      ? { label: 'The region', shown: asShown(region), parsed: { value: region } }
      : null;
  return {
    ...{ origin: 'instance metadata', words: 'the instance metadata', remedy: '', offer },
    ...{ warnings: [], errors: [] },
  };
}

function fileSource({ path, text }: { path: string; text: string }): Source {
  const json = text.trim() === '' ? {} : objectIn(text);
  const source = documentSource(json ?? {}, { origin: 'file', words: path });
  if (json !== null) return source;
  const message = `The configuration file ${path} must be one JSON object: correct it or remove it`;
  return { ...source, errors: [message] };
}

/** User data is anybody's: a script, a configuration of something else, or ours. */
function userDataSource(text: string): Source[] {
  const json = objectIn(text)?.ECSAgentConfiguration;
  return isObject(json) ? [documentSource(json, { origin: 'user data', words: 'user data' })] : [];
}

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** What the parser says of bad JSON is kept back: it quotes what may be a secret. */
function objectIn(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text.trim());
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

/** A JSON object whose keys are those of the Go language's decoder: in capitals or not. */
function documentSource(
  json: Record<string, unknown>,
  { origin, words }: { origin: 'file' | 'user data'; words: string },
): Source {
  const said = new Map(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value]));
  const at = (key: string): unknown => said.get(key.toLowerCase()) ?? undefined;
  const offer = (_: string, { kind, secret, file, oldInFile }: Variable<unknown>): Offer | null => {
    if (file === undefined) return null;
    const keys = typeof file === 'string' ? [file] : file;
    const isOld = oldInFile !== undefined && !at(keys.join());
    const found = isOld ? at(oldInFile) : partsOf(keys.map(at));
    if (found === undefined || found === '') return null;
    const label = `${isOld ? oldInFile : keys.join(' and ')} in ${words}`;
    const shown = secret ? '(secret)' : asShown(found);
    return { label, shown, parsed: kind.decode(found) };
  };
  const warnings = Object.keys(json).flatMap((key) => warningOf(key, words));
  return { origin, words, remedy: 'correct it or remove it', offer, warnings, errors: [] };
}

/** One value, or the list of two of which either may be left out. */
function partsOf(values: unknown[]): unknown {
  if (values.length === 1) return values[0];
  return values.every((value) => value === undefined)
    ? undefined
    : values.map((value) => value ?? 0);
}

const keysOf = ({ file }: Variable<unknown>): readonly string[] =>
  typeof file === 'string' ? [file] : (file ?? []);

function warningOf(key: string, words: string): string[] {
  const is = (name: string | undefined) => name?.toLowerCase() === key.toLowerCase();
  const label = `${asShown(key).slice(1, -1)} in ${words}`;
  for (const [name, variable] of Object.entries(known)) {
    if (keysOf(variable).some(is)) return [];
    if (is(variable.oldInFile)) return [`${label} is deprecated: use ${keysOf(variable)[0]}`];
    if (is(variable.idleInFile))
      return [`${label} has no effect: set ${name} in the environment instead`];
  }
  return [`${label} is not known: it is passed over`];
}
