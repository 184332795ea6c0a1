import type { NetworkBinding } from '../../machines/container/model.ts';
import type { IntrospectedContainer, IntrospectedTask } from './port.ts';

/** What `/v1/tasks` answers: a status, and the JSON value of the body. */
export interface TasksAnswer {
  status: 200 | 400 | 404;
  body: object;
}

/** The body of a question for one task that has no one answer. */
const noTask = { Arn: '', KnownStatus: '', Family: '', Version: '', Containers: null };
/** Docker's own short ids have so many digits; what is longer is a whole id. */
const shortIdLength = 12;

/**
 * Answers as the introspection endpoint of the Amazon ECS agent does: all tasks, or with `taskarn` or
 * `dockerid` one of them. A beginning of a container's id will do, if only one container has it.
 */
export function answerTasks(tasks: IntrospectedTask[], query: URLSearchParams): TasksAnswer {
  const arn = query.get('taskarn');
  const id = query.get('dockerid');
  if (arn === null && id === null) return { status: 200, body: { Tasks: tasks.map(taskBody) } };
  if (arn !== null && id !== null) return { status: 400, body: noTask };
  const found = id === null ? tasks.filter((task) => task.arn === arn) : withContainer(tasks, id);
  const [task, ...more] = found;
  if (task === undefined) return { status: 404, body: noTask };
  return more.length > 0 ? { status: 400, body: noTask } : { status: 200, body: taskBody(task) };
}

/** The task of each container that the id names: a task with two of them is there twice. */
function withContainer(tasks: IntrospectedTask[], id: string): IntrospectedTask[] {
  const isMeant = (key: string) =>
    key !== '' && (id.length > shortIdLength ? key === id : key.startsWith(id));
  return tasks.flatMap((task) =>
    task.containers.filter((one) => isMeant(keyOf(one))).map(() => task),
  );
}

/** A container that the Engine has given no id yet goes by its name there. */
const keyOf = ({ dockerId, dockerName }: IntrospectedContainer): string => dockerId || dockerName;

function taskBody({ arn, desired, known, family, version, containers }: IntrospectedTask) {
  return {
    Arn: arn,
    // What is over is not wanted to run, whatever ECS last said.
    ...(!(known === 'STOPPED' && desired !== 'STOPPED') && { DesiredStatus: desired }),
    KnownStatus: known,
    Family: family,
    Version: version,
    Containers: containers.map(containerBody),
  };
}

function containerBody(container: IntrospectedContainer) {
  const { createdAt, startedAt, restarts } = container;
  const ports = portsOf(container);
  return {
    DockerId: container.dockerId,
    DockerName: container.dockerName,
    Name: container.name,
    Image: container.image,
    ImageID: container.imageId,
    ...(createdAt !== null && { CreatedAt: isoOf(createdAt) }),
    ...(startedAt !== null && { StartedAt: isoOf(startedAt) }),
    ...(ports.length > 0 && { Ports: ports }),
    ...(restarts !== null && { RestartCount: restarts }),
  };
}

const portsOf = ({ bindings, mappings }: IntrospectedContainer) =>
  bindings.length > 0
    ? bindings.flatMap(bindingBodies)
    : mappings.map(({ containerPort, hostPort, protocol }) =>
        portBody(containerPort, protocol, hostPort ?? 0),
      );

/** A range is told port by port. */
function bindingBodies(binding: NetworkBinding) {
  const { protocol } = binding;
  if ('hostPort' in binding) return [portBody(binding.containerPort, protocol, binding.hostPort)];
  const [first = 0, last = first] = binding.containerPortRange.split('-').map(Number);
  const [firstOnHost = 0] = binding.hostPortRange.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, nth) =>
    portBody(first + nth, protocol, firstOnHost + nth),
  );
}

const portBody = (containerPort: number, protocol: string, hostPort: number) => ({
  ...(containerPort !== 0 && { ContainerPort: containerPort }),
  Protocol: protocol,
  ...(hostPort !== 0 && { HostPort: hostPort }),
});

const isoOf = (at: number): string => new Date(at).toISOString();
