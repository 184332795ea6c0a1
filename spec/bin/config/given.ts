import { ConfigError, readConfig } from '../../../bin/config/config.ts';
import type { Environment, Platform } from '../../../bin/variables/variables.ts';

/** Where the file is said to be. */
export const path = '/etc/ecs/ecs.config.json';

/** What there is to read. */
export interface Given {
  environment?: Environment;
  file?: unknown;
  userData?: unknown;
  region?: string | null;
  platform?: Platform;
}

const textOf = (json: unknown): string => (typeof json === 'string' ? json : JSON.stringify(json));

/** Reads a file and user data that are given as JSON, or as texts. */
export const readFrom = ({ environment = {}, file, userData, region, platform = 'linux' }: Given) =>
  readConfig(environment, platform, {
    file: file === undefined ? null : { path, text: textOf(file) },
    userData:
      userData === undefined || typeof userData === 'string'
        ? (userData ?? null)
        : JSON.stringify({ ECSAgentConfiguration: userData }),
    region,
  });

/** Why it is refused. */
export const refusal = (given: Given): string => {
  try {
    readFrom(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the configuration was taken');
};
