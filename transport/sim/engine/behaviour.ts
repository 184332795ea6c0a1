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

/** The units of the sleep command; seconds where it names none. */
const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Plays the few commands that stories need: `exit N`, `true`, `false`, `sleep N; exit M`, a loop, a
 * shell that traps TERM, and a program that is not there. A loop or a trap runs for ever, as does whatever else, a
 * server for example, which ends by SIGTERM. A process without a handler does not heed SIGTERM, as
 * the first of its container.
 */
export function behaviourOf(command: string[]): Behaviour {
  const [program = ''] = command;
  const text = command.join(' ');
  if (program.startsWith('/no/such')) {
    const why = `exec: "${program}": stat ${program}: no such file or directory: unknown`;
    const runc = 'failed to create shim task: OCI runtime create failed: runc create failed';
    return { ...forEver, cannotStart: `${runc}: unable to start container process: ${why}` };
  }
  const trap = /trap (["'])(?:exit (\d+))?\1 TERM/.exec(text);
  if (trap) return { ...forEver, onTerm: trap[2] === undefined ? null : Number(trap[2]) };
  if (/\b(while|until) |\bsleep inf/.test(text)) return { ...forEver, onTerm: null };
  const truth = /^(?:\S*busybox )?\S*\b(true|false)$/.exec(text);
  if (truth)
    return { ...forEver, endsAfterMs: 0, exitCode: truth[1] === 'true' ? 0 : 1, onTerm: null };
  const sleeps = [...text.matchAll(/\bsleep (\d+(?:\.\d+)?)([smhd]?)/g)];
  const [, code] = /\bexit (\d+)/.exec(text) ?? [];
  if (sleeps.length === 0 && code === undefined) return forEver;
  const endsAfterMs = sleeps.reduce(
    (sum, [, number, unit]) => sum + Number(number) * (unitMs[unit ?? ''] ?? 1_000),
    0,
  );
  return { endsAfterMs, exitCode: Number(code ?? 0), onTerm: null, cannotStart: null };
}

/** A health check of a container, as Docker's configuration has it; times in nanoseconds. */
export interface HealthCheck {
  Test?: string[];
  Interval?: number;
  Retries?: number;
  StartPeriod?: number;
}

/** What a health check comes to, and when, in ms after the container's start. */
export interface HealthVerdict {
  health: 'healthy' | 'unhealthy';
  afterMs: number;
}

/**
 * The verdict of a health check whose command always does the same: healthy by its first probe, or
 * unhealthy by the last of its retries, where those of the start period do not count. Only a command
 * that says so fails, `false` or `exit 1`, and not what it does `||` else. Null where nothing is
 * checked. The defaults are Docker's.
 */
export function verdictOf(check: HealthCheck | undefined): HealthVerdict | null {
  const [kind, ...command] = check?.Test ?? [];
  if (!check || kind === undefined || kind === 'NONE') return null;
  const intervalMs = inMs(check.Interval || 30e9);
  const { exitCode } = behaviourOf(command.map((word) => word.replace(/\|\|.*/, '')));
  if (exitCode === 0) return { health: 'healthy', afterMs: intervalMs };
  const probesThatCount = check.Retries || 3;
  const probesThatDoNot = Math.floor(inMs(check.StartPeriod ?? 0) / intervalMs);
  return { health: 'unhealthy', afterMs: (probesThatDoNot + probesThatCount) * intervalMs };
}

const inMs = (nanoseconds: number): number => nanoseconds / 1e6;
