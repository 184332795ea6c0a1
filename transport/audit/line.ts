import type { AuditEntry } from './port.ts';

/** Version of the format, the eighth field. */
const formatVersion = 2;

/** Who keeps the log: the last two fields of each line. */
export interface AuditKeeper {
  cluster: string;
  containerInstanceArn: string | null;
}

/**
 * One line of the audit log ("IAM roles for tasks audit log" in the ECS developer guide), all ten
 * fields for every outcome. No request can forge a line: what the asker wrote stands in quotes, and a
 * quote, a backslash or a control character in it is escaped. `at` is epoch milliseconds.
 */
export function auditLine(entry: AuditEntry, keeper: AuditKeeper, at: number): string {
  const { status, remote, path, userAgent, taskArn, event } = entry;
  return [
    secondOf(at),
    String(status),
    remote.address === '' ? '-' : addressOf(remote),
    `"${escaped(path)}"`,
    `"${escaped(userAgent)}"`,
    taskArn ?? '-',
    event ?? '-',
    String(formatVersion),
    keeper.cluster || '-',
    keeper.containerInstanceArn ?? '-',
  ].join(' ');
}

/** Many lines are of one second. */
let latest = { second: -1, text: '' };

function secondOf(at: number): string {
  const second = Math.floor(at / 1_000);
  if (second !== latest.second)
    latest = { second, text: `${new Date(at).toISOString().slice(0, 19)}Z` };
  return latest.text;
}

const addressOf = ({ address, port }: AuditEntry['remote']): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

// Besides control characters those that some readers take for the end of a line.
const special = /["\\\p{Cc}\u2028\u2029]/gu;

/** What needs no escape, as most does. */
const plain = /^[ !#-[\]-~]*$/;

const escaped = (text: string): string =>
  plain.test(text)
    ? text
    : text.replace(special, (found) => {
        if (found === '"' || found === '\\') return `\\${found}`;
        const code = found.charCodeAt(0);
        const bytes = code < 0x100 ? [code] : [...Buffer.from(found)];
        return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
      });
