import { flagTable } from './flags.ts';

/** What the help says of a command. */
export interface CommandHelp {
  /** The words that may follow its name, '' for none. */
  words: string;
  meaning: string;
}

const exits: [string, string][] = [
  ['0', 'asked to stop, or told what it was asked; there is nothing to start again'],
  ['1', 'failed for now; start it again'],
  ['5', 'failed for good, or asked with wrong words: starting it again cannot help'],
  ['42', 'an update of the agent is ready: load it and start that'],
];

const signals: [string, string][] = [
  ['SIGTERM, SIGINT', 'stop, within five seconds; tasks go on running'],
  [
    'SIGUSR1',
    'log what every actor does and waits for, and write it into a file with the flight record (not on Windows, where flight --json serves)',
  ],
];

const width = 96;

/** Explains the executable: its commands, the agent's flags, exit codes and signals. */
export function helpText(commands: Record<string, CommandHelp>): string {
  const flags = Object.entries(flagTable).map(([name, { type, meaning }]): [string, string] => [
    type === 'string' ? `-${name} LEVEL` : `-${name}`,
    meaning,
  ]);
  const named = Object.entries(commands).map(([name, { words, meaning }]): [string, string] => [
    `${name} ${words}`.trim(),
    meaning,
  ]);
  return `Usage: ecs-agent [FLAG...]
       ecs-agent COMMAND [WORD...]

Without a command it is an Amazon ECS container agent, configured by its environment.

Commands:
${listed(named)}
Flags of the agent, with one dash or two; a switch may be turned off with =false, and LEVEL is
debug, info, warn, error, crit or none:
${listed(flags)}
Exit codes:
${listed(exits)}
Signals:
${listed(signals)}`;
}

/** Terms, and what they mean on the lines below. */
const listed = (entries: [string, string][]): string =>
  entries.map(([term, meaning]) => `  ${term}\n${wrapped(meaning, '        ')}`).join('');

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + word.length >= width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${indent}${one}\n`).join('');
}
