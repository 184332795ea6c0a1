import type { ContainerReport, TaskReport } from '../../machines/report/model.ts';

/**
 * What ECS is told in one line: the task's status and reason, and each container that is told of with
 * its status, exit code and reason, e.g. `STOPPED: main STOPPED 137 (OutOfMemoryError: …)`.
 */
export function told({ status, reason, containers }: TaskReport): string {
  const parts = containers.map(toldOfContainer);
  const head = reason === '' ? status : `${status} (${reason})`;
  return parts.length > 0 ? `${head}: ${parts.join(', ')}` : head;
}

function toldOfContainer({ name, status, exitCode, reason }: ContainerReport): string {
  const code = exitCode === null ? '' : ` ${exitCode}`;
  return `${name} ${status}${code}${reason === null ? '' : ` (${reason})`}`;
}
