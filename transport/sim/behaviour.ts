/** What a container's process does, as far as the simulated Engine plays it. */
export interface Behaviour {
  /** When it ends by itself, in ms after its start; null for never. */
  endsAfterMs: number | null;
  exitCode: number;
  /** What it does about SIGTERM: its exit code, or null if it does not heed it. */
  onTerm: number | null;
  /** Why it cannot be started, in the Engine's words; null if it can. */
  cannotStart: string | null;
}

const forEver: Behaviour = { endsAfterMs: null, exitCode: 0, onTerm: 143, cannotStart: null };

/**
 * Plays the few commands that stories need: `exit N`, `sleep N; exit M`, a shell that traps TERM, and
 * a program that is not there. Whatever else, a server for example, runs until SIGTERM. A process
 * without a handler does not heed SIGTERM, as the first of its container.
 */
export function behaviourOf(command: string[]): Behaviour {
  const [program = ''] = command;
  const text = command.join(' ');
  if (program.startsWith('/no/such')) {
    const why = `exec: "${program}": stat ${program}: no such file or directory: unknown`;
    const runc = 'failed to create shim task: OCI runtime create failed: runc create failed';
    return { ...forEver, cannotStart: `${runc}: unable to start container process: ${why}` };
  }
  if (/trap ["']exit 0["'] TERM/.test(text)) return { ...forEver, onTerm: 0 };
  if (/trap '' TERM/.test(text)) return { ...forEver, onTerm: null };
  const seconds = [...text.matchAll(/\bsleep (\d+(?:\.\d+)?)/g)].map(([, number]) =>
    Number(number),
  );
  const [, code] = /\bexit (\d+)/.exec(text) ?? [];
  if (seconds.length === 0 && code === undefined) return forEver;
  const endsAfterMs = seconds.reduce((sum, number) => sum + number, 0) * 1_000;
  return { endsAfterMs, exitCode: Number(code ?? 0), onTerm: null, cannotStart: null };
}
