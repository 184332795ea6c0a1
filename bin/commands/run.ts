import type { Environment } from '../config/variables.ts';

/** A command of the executable: takes the words after its name, answers the exit code. */
type Command = (words: string[], environment: Environment) => Promise<number>;

const usage = `Usage: ecs-agent                           run the agent, configured by its environment
       ecs-agent dev [--once] [FILE...]    run task definitions on this machine, with a control
                                           plane of its own; a sample one where no file is named
       ecs-agent explain [--json] [TASK]   tell what the agent on this host and its tasks wait for;
                                           TASK is the id or ARN of one of them
       ecs-agent host up|down [--bridge NAME]
                                           let this host's containers reach the agent at
                                           169.254.170.2, or no longer; as root
       ecs-agent doctor [--json]           tell what on this host is not as the agent needs it
       ecs-agent --help                    show this
`;

/** A word that the executable does not know: a supervisor need not try again. */
const unknownWord = 5;

const commands: Record<string, () => Promise<Command>> = {
  agent: async () => (await import('./agent.ts')).agentCommand,
  dev: async () => (await import('./dev.ts')).devCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  host: async () => (await import('./host.ts')).hostCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
};

/** Runs the command that the words name; none means the agent. */
export async function runCommand(words: string[], environment: Environment): Promise<number> {
  const [name = 'agent', ...rest] = words;
  if (name === '--help' || name === '-h') {
    process.stdout.write(usage);
    return 0;
  }
  const load = commands[name];
  if (!load) {
    process.stderr.write(`ecs-agent: there is no command ${name}\n${usage}`);
    return unknownWord;
  }
  return (await load())(rest, environment);
}
