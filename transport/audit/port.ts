/** What a credential request asked for: the role of the task itself, or the one it is started with. */
export type AuditEvent = 'GetCredentials' | 'GetCredentialsExecutionRole';

/** One line of the audit log: who asked for what, and what the answer was. */
export interface AuditEntry {
  /** Status of the answer. */
  status: number;
  remote: { address: string; port: number };
  /** Percent-decoded and without whatever of it works as a key. */
  path: string;
  /** As it was sent; '' where there was none. */
  userAgent: string;
  /** Null where it is not known whose credentials were meant. */
  taskArn: string | null;
  /** Null for a request that was not about credentials. */
  event: AuditEvent | null;
}

/** Who must answer for access to credentials: the audit log. A line is in the file when `write` returns. */
export interface AuditPort {
  write(entry: AuditEntry): void;
  close(): void;
}
