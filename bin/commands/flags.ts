import { parseArgs } from 'node:util';
import { AgentError } from '../../machines/names/errors.ts';
import { flag as truthOf } from '../config/parse.ts';

type Switch =
  | 'blackhole-ec2-metadata'
  | 'ecs-attributes'
  | 'healthcheck'
  | 'k'
  | 'license'
  | 'version'
  | 'windows-service';
type Word = 'loglevel' | 'loglevel-driver' | 'loglevel-on-instance';

const onOff = (meaning: string) => ({ type: 'boolean' as const, meaning });
const level = (meaning: string) => ({ type: 'string' as const, meaning });

/** The flags of the agent, in the order of their help. */
export const flagTable: Record<Switch, ReturnType<typeof onOff>> &
  Record<Word, ReturnType<typeof level>> = {
  'blackhole-ec2-metadata': onOff('ask the EC2 instance metadata service nothing'),
  'ecs-attributes': onOff('print the attributes that ECS is told of this host, and end'),
  healthcheck: onOff(
    'end with 0 if the agent on this host is registered and in touch with ECS, else with 1',
  ),
  k: onOff('take any TLS certificate: for tests only'),
  license: onOff('print the licences of the agent and of what is in it, and end'),
  loglevel: level('least level of what is logged, unless ECS_LOGLEVEL is set'),
  'loglevel-driver': level('the same, of standard output only; -loglevel comes first'),
  'loglevel-on-instance': level(
    'the same, of ECS_LOGFILE only, unless ECS_LOGLEVEL_ON_INSTANCE is set; -loglevel comes first',
  ),
  version: onOff('print the version, and end'),
  'windows-service': onOff(
    'on Windows, end with 0 in place of 5, which its service manager would take for a failure. ' +
      'The service manager cannot start the agent itself: that takes a service wrapper',
  ),
};

/** What the words before any command ask of the agent. */
export interface Flags {
  /** The first of what is to be told instead of running the agent. */
  tell: 'license' | 'version' | 'healthcheck' | 'attributes' | null;
  /** Whether certificates of TLS are not verified. */
  insecure: boolean;
  /** Whether the EC2 instance metadata service is taken for absent. */
  metadataBlackholed: boolean;
  windowsService: boolean;
  /** As they are written; null for none. */
  logLevel: string | null;
  logLevelDriver: string | null;
  logLevelOnInstance: string | null;
}

/** Flags, and the words from the first on that is none. */
export interface Words {
  flags: Flags;
  rest: string[];
}

/** Flags that cannot be read, and those that ask for help: the answer is the help. */
export class UsageError extends AgentError {
  constructor(message: string) {
    super('USAGE', message);
  }
}

/**
 * Reads flags as programs in Go do: one dash or two, `-name=value` or `-name value`, `=false` for a
 * switch, up to the first word that is no flag. Throws {@link UsageError}.
 */
export function readFlags(words: string[]): Words {
  const args = words.map((word) => (/^-[^-]/.test(word) ? `-${word}` : word));
  const { tokens } = parseArgs({ args, options: flagTable, strict: false, tokens: true });
  const given = new Map<string, string>();
  let end = words.length;
  for (const token of tokens) {
    if (token.kind !== 'option') {
      end = token.kind === 'positional' ? token.index : token.index + 1;
      break;
    }
    given.set(token.name, textOf(token.name, token.value));
  }
  return { flags: flagsOf(given), rest: words.slice(end) };
}

const isFlag = (name: string): name is Switch | Word => Object.hasOwn(flagTable, name);

function textOf(name: string, value: string | undefined): string {
  if (name === 'h' || name === 'help') throw new UsageError('');
  if (!isFlag(name)) throw new UsageError(`there is no flag -${name}`);
  if (flagTable[name].type === 'string') {
    if (value === undefined) throw new UsageError(`the flag -${name} needs a value`);
    return value;
  }
  const truth = truthOf(value ?? 'true');
  if ('value' in truth) return String(truth.value);
  throw new UsageError(`the flag -${name} must be ${truth.wrong}, not ${JSON.stringify(value)}`);
}

function flagsOf(given: Map<string, string>): Flags {
  const on = (name: Switch): boolean => given.get(name) === 'true';
  const word = (name: Word): string | null => given.get(name) ?? null;
  return {
    tell: on('license')
      ? 'license'
      : on('version')
        ? 'version'
        : on('healthcheck')
          ? 'healthcheck'
          : on('ecs-attributes')
            ? 'attributes'
            : null,
    insecure: on('k'),
    metadataBlackholed: on('blackhole-ec2-metadata'),
    windowsService: on('windows-service'),
    logLevel: word('loglevel'),
    logLevelDriver: word('loglevel-driver'),
    logLevelOnInstance: word('loglevel-on-instance'),
  };
}
