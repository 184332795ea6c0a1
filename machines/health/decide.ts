import type { Check, CheckName, Finding, Findings, HealthContext } from './model.ts';

/** How long one look may take. */
export const lookMs = 2_000;

/** How long ACS may be silent until the checks are made without being asked for. */
export const unaskedMs = 120_000;

/** A disk with less left than this share of it is as good as full. */
const leastFree = 0.05;

/** A turn of the event loop that takes longer keeps a whole host waiting. */
const longestTurnMs = 1_000;

const names: CheckName[] = ['ContainerRuntime', 'ACS', 'TCS', 'Disk', 'EventLoop'];

export const newHealth = (at: number): HealthContext => ({
  checks: names.map((type) => ({
    type,
    status: 'INITIALIZING',
    reason: '',
    changedAt: at,
    checkedAt: at,
    previouslyAt: at,
  })),
  run: 0,
  told: -1,
  isAsked: false,
});

/** Takes over what was found at `at`. */
export function withFindings(
  { checks, run, isAsked }: HealthContext,
  findings: Findings,
  at: number,
): Partial<HealthContext> {
  return {
    checks: checks.map((check) => withFinding(check, findings[check.type], at)),
    run: isAsked ? run + 1 : run,
    isAsked: false,
  };
}

const withFinding = (check: Check, finding: Finding | null, at: number): Check => ({
  ...check,
  ...finding,
  changedAt: finding && finding.status !== check.status ? at : check.changedAt,
  previouslyAt: check.checkedAt,
  checkedAt: at,
});

const ok: Finding = { status: 'OK', reason: '' };
const impaired = (reason: string): Finding => ({ status: 'IMPAIRED', reason });

/** What it means that the Engine answered, or why it did not. */
export const runtimeFinding = (trouble: string | null): Finding =>
  trouble === null ? ok : impaired(`The Docker Engine does not answer: ${trouble}`);

/** How a service of ECS is connected. */
export interface Touch {
  isConnected: boolean;
  /** Whether it has been, since this process began. */
  hasConnected: boolean;
  /** Connections in a row that failed; a connection that is only being renewed is no trouble. */
  attempts: number;
}

export function serviceFinding(service: 'ACS' | 'TCS', touch: Touch): Finding {
  if (touch.isConnected) return ok;
  if (touch.attempts > 0) return impaired(`${service} is not connected`);
  return touch.hasConnected ? ok : { status: 'INITIALIZING', reason: '' };
}

export function diskFinding(disk: { totalBytes: number; freeBytes: number } | null) {
  if (disk === null) return null;
  const left = disk.freeBytes / disk.totalBytes;
  if (left >= leastFree) return ok;
  return impaired(`The disk of the Docker Engine is ${Math.floor((1 - left) * 100)} % full`);
}

/** `lagMs` is the longest turn since the look before. */
export function eventLoopFinding(lagMs: number | null): Finding | null {
  if (lagMs === null) return null;
  if (lagMs < longestTurnMs) return ok;
  return impaired(`The agent was busy for ${Math.round(lagMs)} ms on end`);
}
