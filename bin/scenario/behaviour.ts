/** What a container's process can do, in words, and the command of a shell that does so. */
export interface Behaviour {
  /** The words as people are told of them. */
  words: string;
  pattern: RegExp;
  command(given: string[]): string[];
}

const shell = (script: string): string[] => ['/bin/busybox', 'sh', '-c', script];

/** Waits for SIGTERM in small sleeps, so that the shell hears it at once. */
const untilTerm = (code: string): string[] =>
  shell(`trap "exit ${code}" TERM; while :; do /bin/busybox sleep 1 & wait $!; done`);

const unitNames: Record<string, string> = { s: '', m: 'm', h: 'h' };

/** The words of `does`; both Engines, a real one and the simulated one, play their commands. */
export const behaviours: Behaviour[] = [
  {
    words: 'exits with 3',
    pattern: /^exits with (\d+)$/,
    command: ([code = '0']) => shell(`exit ${code}`),
  },
  {
    words: 'exits with 3 after 2s',
    pattern: /^exits with (\d+) after (\d+)([smh])$/,
    command: ([code = '0', amount = '0', unit = 's']) =>
      shell(`/bin/busybox sleep ${amount}${unitNames[unit]}; exit ${code}`),
  },
  {
    words: 'runs until SIGTERM',
    pattern: /^runs until SIGTERM$/,
    command: () => untilTerm('0'),
  },
  {
    words: 'runs until SIGTERM, then exits with 143',
    pattern: /^runs until SIGTERM, then exits with (\d+)$/,
    command: ([code = '0']) => untilTerm(code),
  },
  {
    words: 'ignores SIGTERM',
    pattern: /^ignores SIGTERM$/,
    command: () => shell('while :; do /bin/busybox sleep 1; done'),
  },
  {
    words: 'cannot start',
    pattern: /^cannot start$/,
    command: () => ['/no/such/program'],
  },
];

/** The command of what a container does. */
export function commandOf(does: string): string[] {
  for (const { pattern, command } of behaviours) {
    const found = pattern.exec(does);
    if (found) return command(found.slice(1));
  }
  return untilTerm('0');
}
