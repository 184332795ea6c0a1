import { taskArn } from '../../bin/world/settings.ts';
import type { ContainerPlan } from '../../machines/container/model.ts';
import type { TaskArrival, TaskPlan } from '../../machines/task/model.ts';
import { commands, containerPlan, taskPlan } from './engine-plans.ts';

export { taskArn };

/** An essential container that runs until SIGTERM and then exits with 0, but for what is given. */
export const container = (name: string, more: Partial<ContainerPlan> = {}): ContainerPlan =>
  containerPlan({ name, command: commands.untilTerm, ...more });

/** A container that ends by itself: with this code, after these seconds. */
export const ending = (name: string, code: number, seconds = 0): ContainerPlan =>
  container(name, {
    command: ['/bin/busybox', 'sh', '-c', `/bin/busybox sleep ${seconds}; exit ${code}`],
  });

/** The same container, without which the task can go on. */
export const inessential = (plan: ContainerPlan): ContainerPlan => ({ ...plan, essential: false });

/** A task of these containers, or of one. */
export const task = (
  id: string,
  containers: ContainerPlan[] = [container('main')],
  more: Partial<TaskPlan> = {},
): TaskPlan => taskPlan(containers, { arn: taskArn(id), ...more });

/** A task as a payload brings it, wanted running. */
export const wanted = (plan: TaskPlan): TaskArrival => ({ plan, desired: 'RUNNING', roll: 0.5 });

/** The same task, wanted stopped. */
export const unwanted = (plan: TaskPlan): TaskArrival => ({ plan, desired: 'STOPPED', roll: 0.5 });
