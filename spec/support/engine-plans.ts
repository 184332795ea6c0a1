import { randomUUID } from 'node:crypto';
import type { ContainerPlan } from '../../machines/container/model.ts';
import { plainContainer } from '../../machines/names/plain.ts';
import type { TaskPlan } from '../../machines/task/model.ts';
import type { CreateRequest } from '../../transport/docker/port.ts';

/** The image that every Engine under test has: a static busybox at `/bin/busybox`, nothing else. */
export const testImage = 'busybox:local';

/** The container instance that specs make containers for. */
export const instanceArn = 'arn:aws:ecs:us-west-2:123456789012:container-instance/specs/1';

/** Commands that a real Engine runs and a simulated one understands. */
export const commands = {
  /** Exits at once. */
  exit: (code: number): string[] => ['/bin/busybox', 'sh', '-c', `exit ${code}`],
  /** Runs for so many seconds and, being the first process, does not heed SIGTERM. */
  sleep: (seconds: number): string[] => ['/bin/busybox', 'sleep', String(seconds)],
  /** Runs until SIGTERM, then exits with 0. */
  untilTerm: [
    '/bin/busybox',
    'sh',
    '-c',
    'trap "exit 0" TERM; while :; do /bin/busybox sleep 1 & wait; done',
  ],
  missing: ['/no/such/program'],
};

/** A container plan with nothing asked for but what `given` says; it sleeps for a minute. */
export function containerPlan(given: Partial<ContainerPlan> = {}): ContainerPlan {
  return {
    ...plainContainer({ name: 'main', image: testImage, metadataId: randomUUID() }),
    essential: true,
    command: commands.sleep(60),
    ...given,
  };
}

/** A task plan of the given containers under an ARN of its own. */
export function taskPlan(containers: ContainerPlan[], given: Partial<TaskPlan> = {}): TaskPlan {
  const id = randomUUID().replaceAll('-', '');
  return {
    arn: `arn:aws:ecs:us-west-2:123456789012:task/specs/${id}`,
    family: 'web',
    version: '1',
    networkMode: '',
    cpu: null,
    memoryMiB: null,
    containers,
    volumes: [],
    pidMode: '',
    ipcMode: '',
    roleCredentialsId: null,
    executionCredentialsId: null,
    fault: null,
    unsupported: [],
    ...given,
  };
}

/** One container in a task of its own. */
export function lone(
  given: Partial<ContainerPlan> = {},
  task: Partial<TaskPlan> = {},
): CreateRequest {
  const container = containerPlan(given);
  return {
    task: taskPlan([container], task),
    container,
    containerInstanceArn: instanceArn,
    extraBinds: [],
    extraEnvironment: {},
  };
}
