import { AgentError } from '../../machines/names/errors.ts';
import type { DefaultOf, Environment, Platform, Variable } from './variable.ts';
import { variables } from './variables.ts';

/** A configuration the agent cannot start with. Its message is one line and names the remedy. */
export class ConfigError extends AgentError {
  constructor(message: string) {
    super('CONFIG_INVALID', message);
  }
}

type ValueOf<Definition> = Definition extends Variable<infer Value> ? Value : never;

/** The value of every variable. */
export type Settings = {
  [Name in keyof typeof variables]: ValueOf<(typeof variables)[Name]>;
};

interface Given {
  environment: Environment;
  platform: Platform;
  warnings: string[];
}

/**
 * Reads every variable, in the order of the table. A blank value is none. Throws {@link ConfigError}
 * where a wrong value must not be passed over.
 */
export function readSettings(
  environment: Environment,
  platform: Platform,
): { settings: Settings; warnings: string[] } {
  const given = { environment, platform, warnings: [] };
  const values = Object.entries(variables).map(([name, definition]) => [
    name,
    settingOf(name, definition as Variable<unknown>, given),
  ]);
  return { settings: Object.fromEntries(values) as Settings, warnings: given.warnings };
}

function settingOf<Value>(name: string, definition: Variable<Value>, given: Given): Value {
  const { parse, onWrong, secret, only } = definition;
  const text = given.environment[name];
  const fallback = resolved(definition.otherwise, given);
  if (text === undefined || text.trim() === '') return fallback;
  if (only !== undefined && only !== given.platform) {
    given.warnings.push(`${name} has no use on ${given.platform}: it is passed over`);
    return fallback;
  }
  const parsed = parse(text);
  const shown = secret ? '(secret)' : JSON.stringify(text);
  if ('wrong' in parsed) {
    const message = `${name} must be ${parsed.wrong}, not ${shown}`;
    if (onWrong === 'fail') throw new ConfigError(`${message}: correct it or unset it`);
    given.warnings.push(`${message}: the default is used`);
    return fallback;
  }
  const { value } = parsed;
  if (isEmpty(value) && !definition.zeroCounts) return fallback;
  const least = resolved(definition.least, given);
  if (least === undefined || typeof value !== 'number' || value >= least) return value;
  given.warnings.push(`${name} is raised from ${shown} to its least value, ${least / 1_000}s`);
  return least as Value;
}

const resolved = <Value>(
  value: Value | DefaultOf<Value>,
  { platform, environment }: Given,
): Value =>
  typeof value === 'function'
    ? (value as DefaultOf<Value>)(platform, environment)
    : (value as Value);

/** Zero and empty lists mean "not set", as the Amazon ECS agent has it. */
const isEmpty = (value: unknown): boolean =>
  value === 0 || (Array.isArray(value) && value.length === 0);
