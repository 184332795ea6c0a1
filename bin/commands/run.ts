import { exitCodes } from '../../machines/agent/model.ts';
import type { Environment } from '../variables/variables.ts';
import { readFlags, UsageError, type Words } from './flags.ts';
import { type CommandHelp, helpText } from './help.ts';

/** A command of the executable: takes the words after its name, answers the exit code. */
type Command = (words: string[], environment: Environment) => Promise<number>;

type Entry = CommandHelp & { load: () => Promise<Command> };

const commands: Record<string, Entry> = {
  config: {
    words: '[--json] [--no-metadata]',
    meaning:
      'show the configuration, and where each value is from; without asking the instance metadata',
    load: async () => (await import('./config.ts')).configCommand,
  },
  dev: {
    words: '[--once] [--figures] [FILE...]',
    meaning:
      'run task definitions on this machine, with a control plane of its own; a sample one where no file is named',
    load: async () => (await import('./dev.ts')).devCommand,
  },
  drain: {
    words: '[--undo] [--wait]',
    meaning:
      'ask ECS to place no more tasks on this host and to move those of services away, or to place tasks again; with --wait, end when no task is left',
    load: async () => (await import('./drain.ts')).drainCommand,
  },
  doctor: {
    words: '[--json]',
    meaning: 'tell what on this host is not as the agent needs it, and what to do',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  explain: {
    words: '[--json] [TASK]',
    meaning: 'tell what the agent on this host and its tasks, or one by its id or ARN, wait for',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  flight: {
    words: '[--task TASK] [--json]',
    meaning:
      'tell what happened to the agent on this host and its tasks, or to one by its id or ARN, from the record in its data directory',
    load: async () => (await import('./flight.ts')).flightCommand,
  },
  help: {
    words: '',
    meaning: 'print this',
    load: async () => async () => {
      process.stdout.write(helpText(commands));
      return exitCodes.clean;
    },
  },
  host: {
    words: 'up|down [--bridge NAME]',
    meaning:
      'let the containers of this host reach the agent at 169.254.170.2, or no longer; to be run as root',
    load: async () => (await import('./host.ts')).hostCommand,
  },
  migrate: {
    words: '[--from PATH] [--dry-run] [--json] [--force]',
    meaning:
      'take over what Amazon’s agent has saved, and its running tasks; migrate --help tells more',
    load: async () => (await import('./migrate.ts')).migrateCommand,
  },
  replay: {
    words: 'FILE',
    meaning:
      'step through a flight record: a dump, or what flight --json printed; by keys on a terminal',
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  scenario: {
    words: 'run [--engine simulated|docker] [--image IMAGE] [--watch] FILE... | record [FILE]',
    meaning:
      'play scripted scenarios with the agent, in virtual time on a simulated Engine, or on a real one with one image for all others; with --watch, again whenever a file changes. Or write one of what flight --json prints',
    load: async () => (await import('./scenario.ts')).scenarioCommand,
  },
  simulate: {
    words: '[--seeds A..B] [--minutes N] [--tasks N] [--jobs N] [--trace] [--plan FILE]',
    meaning:
      'run the whole agent in virtual time among faults, by seeds, and tell which rules it breaks; a seed that breaks one is shrunk and written into the working directory, as simulate-SEED.scenario.yaml; with --trace, tell all that happens in one seed',
    load: async () => (await import('./simulate.ts')).simulateCommand,
  },
};

/** Runs the command that the words name; none means the agent, with its flags. */
export async function runCommand(words: string[], environment: Environment): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name.startsWith('-')) return runAgent(words, environment);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return refuse(`there is no command ${name}`);
  return (await command.load())(rest, environment);
}

async function runAgent(words: string[], environment: Environment): Promise<number> {
  let read: Words;
  try {
    read = readFlags(words);
  } catch (error) {
    if (error instanceof UsageError) return refuse(error.message);
    throw error;
  }
  const { flags, rest } = read;
  if (flags.tell !== null) return (await import('./tell.ts')).tell(flags.tell, environment);
  return (await import('./agent.ts')).agentCommand({ flags, ignored: rest }, environment);
}

/** Wrong words stay wrong however often the agent is started. */
function refuse(message: string): number {
  process.stderr.write(`${message === '' ? '' : `ecs-agent: ${message}\n\n`}${helpText(commands)}`);
  return exitCodes.terminal;
}
