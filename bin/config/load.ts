import { closeSync, openSync, readFileSync } from 'node:fs';
import { defaultConfigFile } from '../variables/instance.ts';
import type { Environment, Platform } from '../variables/variables.ts';
import { ConfigError, type ReadConfig, readConfig } from './config.ts';
import type { Sources } from './sources.ts';

/** The group that must own the default file on Windows, where anybody might make one. */
const administrators = 'S-1-5-32-544';

/** How the file is found. */
export interface FileDoors {
  /** The owner of a file on Windows, as a security identifier; null where nobody can tell. */
  ownerOf?: (path: string) => string | null;
  /** Where it is unless the environment says otherwise. */
  usual?: string;
}

/** The configuration as far as this host alone tells it: by the environment and the file. */
export const readLocalConfig = (environment: Environment, platform: Platform): ReadConfig =>
  readConfig(environment, platform, { file: readConfigFile(environment, platform) });

/** What an EC2 instance tells of itself for the configuration; null for what it does not have. */
export interface InstanceAnswers {
  userData(): Promise<string | null>;
  region(): Promise<string | null>;
}

/** What the configuration is read with, besides the environment. */
export interface Doors extends FileDoors {
  /** Null where the instance metadata is not to be asked. */
  metadata: InstanceAnswers | null;
}

/** The JSON file with further settings. Null where it cannot be opened: there need not be one. */
export function readConfigFile(
  environment: Environment,
  platform: Platform,
  { ownerOf = () => null, usual = defaultConfigFile }: FileDoors = {},
): { path: string; text: string } | null {
  const named = environment.ECS_AGENT_CONFIG_FILE_PATH?.trim();
  const path = named || usual;
  if (!named && platform === 'windows' && ownerOf(path) !== administrators) return null;
  const file = opened(path);
  if (file === null) return null;
  try {
    return { path, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`The configuration file ${path} cannot be read (${code}): remove it`);
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}

/**
 * Gathers what the configuration is read from besides the environment. The instance is asked only
 * where the environment and the file do not say that there is nobody to ask.
 */
export async function gatherSources(
  environment: Environment,
  platform: Platform,
  { metadata, ...doors }: Doors,
): Promise<{ sources: Sources; warnings: string[] }> {
  const file = readConfigFile(environment, platform, doors);
  const { config } = readConfig(environment, platform, { file });
  if (metadata === null || config.external || config.metadataDisabled)
    return { sources: { file, userData: null, region: null }, warnings: [] };
  const warnings: string[] = [];
  const [userData, region] = await Promise.all([
    metadata.userData().catch((error: unknown) => {
      warnings.push(`The user data of the instance cannot be read: ${messageOf(error)}`);
      return null;
    }),
    config.region === '' ? metadata.region().catch(() => null) : null,
  ]);
  return { sources: { file, userData, region }, warnings };
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
