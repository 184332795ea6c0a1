import type {
  Environment,
  fileKeys,
  Platform,
  Variable,
  variables,
} from '../variables/variables.ts';
import { forTestsOnly } from '../variables/variables.ts';
import { durationText } from './parse.ts';
import { known, type Offer, type Origin, type Source, type Sources, sourcesOf } from './sources.ts';

type Table = typeof variables & typeof fileKeys;
type ValueOf<Definition> = Definition extends Variable<infer Value> ? Value : never;

/** The value of every setting. */
export type Settings = { -readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** All settings, where each comes from, and what there is to say. */
export interface Reading {
  settings: Settings;
  origins: Record<keyof Settings, Origin>;
  warnings: string[];
  errors: string[];
}

interface Given {
  environment: Environment;
  platform: Platform;
  sources: Source[];
  warnings: string[];
  errors: string[];
}

interface Found {
  value: unknown;
  origin: Origin;
}

/** Reads every setting, in the order of the table, from the first source that says something. */
export function readSettings(environment: Environment, platform: Platform, more: Sources): Reading {
  const sources = sourcesOf(environment, more);
  const given: Given = {
    ...{ environment, platform, sources },
    warnings: sources.flatMap(({ warnings }) => warnings),
    errors: sources.flatMap(({ errors }) => errors),
  };
  const found = Object.entries(known).map(
    ([name, variable]) => [name, settingOf(name, variable, given)] as const,
  );
  for (const name of forTestsOnly)
    if (environment[name]?.trim()) given.warnings.push(`${name} is for tests: it is passed over`);
  return {
    settings: Object.fromEntries(found.map(([name, { value }]) => [name, value])) as Settings,
    origins: Object.fromEntries(
      found.map(([name, { origin }]) => [name, origin]),
    ) as Reading['origins'],
    ...{ warnings: given.warnings, errors: given.errors },
  };
}

function settingOf(name: string, variable: Variable<unknown>, given: Given): Found {
  const fallback: Found = { value: resolved(variable.otherwise, given), origin: 'default' };
  const passedOver: string[] = [];
  const say = (end: string) => {
    for (const message of passedOver) given.warnings.push(`${message}: ${end}`);
  };
  for (const source of given.sources) {
    const offer = source.offer(name, variable);
    if (offer === null || isElsewhere(offer, variable, given)) continue;
    const { parsed, label, shown } = offer;
    if ('wrong' in parsed) {
      const message = `${label} must be ${parsed.wrong}, not ${shown}`;
      if (endsStart(source, variable, parsed)) {
        given.errors.push(`${message}: ${source.remedy}`);
        return fallback;
      }
      passedOver.push(message);
    } else if (!variable.kind.isNothing(parsed.value) || variable.zeroCounts) {
      say(`that of ${source.words} is used`);
      const value = bounded(parsed.value, { offer, variable, source, given });
      if (changesNothing(value, fallback.value, variable))
        given.warnings.push(`${label} changes nothing: ${variable.idle}`);
      return { value, origin: source.origin };
    }
  }
  say('the default is used');
  return fallback;
}

function isElsewhere(
  { label }: Offer,
  { only }: Variable<unknown>,
  { platform, warnings }: Given,
): boolean {
  if (only === undefined || only === platform) return false;
  warnings.push(`${label} has no use on ${platform}: it is passed over`);
  return true;
}

/** Whether a wrong value must not be passed over. A file is the agent's own, user data is not. */
function endsStart(
  { origin }: Source,
  { isStrict }: Variable<unknown>,
  { is }: { is?: 'range' | 'fatal' },
): boolean {
  if (is === 'fatal') return true;
  return origin === 'environment' ? isStrict === true : origin === 'file' && is !== 'range';
}

/** Raises or lowers a number to its bounds. */
function bounded(
  value: unknown,
  {
    offer,
    variable,
    source,
    given,
  }: { offer: Offer; variable: Variable<unknown>; source: Source; given: Given },
): unknown {
  const { label, shown } = offer;
  const least = resolved(variable.least, given);
  const { most } = variable;
  if (typeof value !== 'number') return value;
  if (least !== undefined && value < least) {
    if (variable.isStrictInFile && source.origin !== 'environment')
      given.errors.push(
        `${label} must be at least ${least * 1e6} nanoseconds (${durationText(least)}), not ${shown}: ${source.remedy}`,
      );
    else
      given.warnings.push(
        `${label} is raised from ${shown} to its least value, ${durationText(least)}`,
      );
    return least;
  }
  if (most === undefined || value <= most) return value;
  given.warnings.push(
    `${label} is lowered from ${shown} to its greatest value, ${durationText(most)}`,
  );
  return most;
}

/** Whether it asks for what the agent does not have. To turn that off is no mistake. */
const changesNothing = (value: unknown, otherwise: unknown, { idle, kind }: Variable<unknown>) =>
  idle !== undefined && value !== false && kind.show(value) !== kind.show(otherwise);

const resolved = <Value>(
  value: Variable<Value>['otherwise'],
  { platform, environment }: Given,
): Value =>
  typeof value === 'function'
    ? (value as (platform: Platform, environment: Environment) => Value)(platform, environment)
    : (value as Value);
