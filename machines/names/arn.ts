/** Whether a text has the six parts of an ARN: `arn:partition:service:region:account:resource`. */
export const isArn = (text: string): boolean =>
  text.startsWith('arn:') && text.split(':').length >= 6;

/** The part of a task ARN after the last `/`: the task's id, unique within an account and region. */
export function taskIdOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** The name under which a task's actor, its record and its plan are found: `task/<task id>`. */
export const taskActorId = (arn: string): string => `task/${taskIdOf(arn)}`;

/** The name of a task's outbox actor and record: `outbox/<task id>`. */
export const outboxActorId = (arn: string): string => `outbox/${taskIdOf(arn)}`;

/** The name of a container's actor and record: `container/<task id>/<container name>`. */
export const containerActorId = (arn: string, name: string): string =>
  `container/${taskIdOf(arn)}/${name}`;

/** The name of a resource's actor and record: `resource/<task id>/<kind>/<name>`. */
export const resourceActorId = (
  arn: string,
  { kind, name }: { kind: string; name: string },
): string => `resource/${taskIdOf(arn)}/${kind}/${name}`;
