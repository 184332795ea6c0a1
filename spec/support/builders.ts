import type { ContainerPlan } from '../../machines/container/model.ts';
import type { TaskArrival, TaskPlan } from '../../machines/task/model.ts';

const account = 'arn:aws:ecs:us-west-2:123456789012';

/** The ARN of a task in the cluster `specs`. */
export const taskArn = (id: string): string => `${account}:task/specs/${id}`;

/** An essential container of `busybox:local` that sleeps, but for what is given. */
export const container = (name: string, more: Partial<ContainerPlan> = {}): ContainerPlan => ({
  name,
  image: 'busybox:local',
  essential: true,
  cpu: 10,
  memoryMiB: 16,
  command: ['/bin/busybox', 'sleep', '3600'],
  entryPoint: null,
  environment: {},
  portMappings: [],
  stopTimeoutS: null,
  dockerConfig: '',
  dockerHostConfig: '',
  metadataId: `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(-12)}`,
  ...more,
});

/** The command of a container that ends at once with this code. */
export const exiting = (code: number): Pick<ContainerPlan, 'command'> => ({
  command: ['/bin/busybox', 'sh', '-c', `exit ${code}`],
});

/** The command of a container that runs until SIGTERM and then ends with code 0. */
export const obedient: Pick<ContainerPlan, 'command'> = {
  command: [
    '/bin/busybox',
    'sh',
    '-c',
    'trap "exit 0" TERM; while :; do /bin/busybox sleep 1 & wait; done',
  ],
};

/** A plan with these containers, but for what is given. */
export const plan = (
  id: string,
  containers: ContainerPlan[] = [container('main')],
  more: Partial<TaskPlan> = {},
): TaskPlan => ({
  arn: taskArn(id),
  family: 'story',
  version: '1',
  networkMode: 'bridge',
  cpu: null,
  memoryMiB: null,
  containers,
  roleCredentialsId: null,
  unsupported: [],
  ...more,
});

/** A task as a payload brings it, wanted running. */
export const arriving = (plan: TaskPlan): TaskArrival => ({ plan, desired: 'RUNNING', roll: 0.5 });

/** The same task, wanted stopped. */
export const stopping = (plan: TaskPlan): TaskArrival => ({ plan, desired: 'STOPPED', roll: 0.5 });
