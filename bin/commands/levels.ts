import { type Environment, variables } from '../variables/variables.ts';
import type { Flags } from './flags.ts';

/**
 * The environment with the flags of log levels in place of variables that are not set. Of the two the
 * variable wins: both documents of the Amazon ECS agent promise so, though its code does not.
 */
export function withLevels(
  environment: Environment,
  { logLevel, logLevelDriver, logLevelOnInstance }: Flags,
): { environment: Environment; warnings: string[] } {
  const warnings: string[] = [];
  const levelOf = (name: string, text: string | null): string | null => {
    const parsed = text === null ? null : variables.ECS_LOGLEVEL.kind.parse(text);
    if (parsed && 'wrong' in parsed)
      warnings.push(`-${name} must be ${parsed.wrong}, not ${JSON.stringify(text)}`);
    return parsed && 'value' in parsed ? parsed.value : null;
  };
  const isSet = (name: string): boolean => (environment[name] ?? '').trim() !== '';
  const both = levelOf('loglevel', logLevel);
  const driver = both ?? levelOf('loglevel-driver', logLevelDriver);
  const onInstance = both ?? levelOf('loglevel-on-instance', logLevelOnInstance);
  const all = { ...environment };
  if (onInstance !== null && !isSet('ECS_LOGLEVEL_ON_INSTANCE') && !(both && isSet('ECS_LOGLEVEL')))
    all.ECS_LOGLEVEL_ON_INSTANCE = onInstance;
  if (driver !== null && !isSet('ECS_LOGLEVEL')) {
    all.ECS_LOGLEVEL = driver;
    // A level of standard output alone leaves the file's as it was.
    if (!both && !isSet('ECS_LOG_DRIVER'))
      all.ECS_LOGLEVEL_ON_INSTANCE = all.ECS_LOGLEVEL_ON_INSTANCE?.trim() || 'info';
  }
  return { environment: all, warnings };
}
