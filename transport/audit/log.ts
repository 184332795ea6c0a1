import type { Clock } from '../host/port.ts';
import { RotatedFile, type Rotation } from './file.ts';
import { type AuditKeeper, auditLine } from './line.ts';
import type { AuditPort } from './port.ts';

/** Where the audit log goes. */
export interface AuditOptions {
  path: string;
  rotation: Rotation;
  clock: Clock;
  /** Who keeps it, as that is known by now. */
  keeper: () => AuditKeeper;
  /** Where each line goes besides the file: standard output. */
  echo: (text: string) => void;
  warn: (message: string) => void;
}

/** How often a file that cannot be written is told of. */
const warnEveryMs = 60_000;

/**
 * The audit log of credential requests. Access goes on where its file cannot be written, as tasks
 * live by it; that is told at most once a minute, and the file is tried again at each line.
 */
export function openAuditLog(options: AuditOptions): AuditPort {
  const { clock, keeper, echo, warn, path } = options;
  const file = new RotatedFile(path, options.rotation);
  let warnedAt: number | null = null;
  let echoed = '';
  const flush = () => {
    echo(echoed);
    echoed = '';
  };
  return {
    write: (entry) => {
      const at = clock.now();
      const line = auditLine(entry, keeper(), at);
      if (echoed === '') clock.afterTurn(flush);
      echoed += `${line}\n`;
      try {
        file.append(line, at);
        warnedAt = null;
      } catch (error) {
        file.close();
        if (warnedAt !== null && at - warnedAt < warnEveryMs) return;
        warnedAt = at;
        warn(`The audit log ${path} cannot be written: ${(error as Error).message}`);
      }
    },
    close: () => file.close(),
  };
}

/** No audit log, where it is turned off. */
export const noAuditLog: AuditPort = { write: () => {}, close: () => {} };
