import type { TaskReport } from '../report/model.ts';
import type {
  ContainerFigures,
  Delivery,
  PlacedTask,
  PlaneContext,
  Published,
  WishList,
} from './model.ts';

/** How often the control plane says that it is there; the agent gives a silent one up after a minute. */
export const heartbeatMs = 30_000;

/** Places a task, or wants another thing of one; its payload goes out with the next number. */
export function withWish(
  context: PlaneContext,
  wish: { taskArn: string; desired: 'RUNNING' | 'STOPPED'; essential?: string[] },
): Partial<PlaneContext> {
  const { taskArn, desired } = wish;
  const seqNum = context.seqNum + 1;
  const task: PlacedTask = context.tasks[taskArn] ?? {
    arn: taskArn,
    desired,
    status: 'PENDING',
    reason: '',
    essential: wish.essential ?? [],
    containers: {},
  };
  const delivery: Delivery = { messageId: `payload-${seqNum}`, seqNum, taskArn, desired };
  return {
    seqNum,
    tasks: { ...context.tasks, [taskArn]: { ...task, desired } },
    unacknowledged: [...context.unacknowledged, delivery],
  };
}

/** Why a report is not taken, in words for the agent; null if it is. */
export const refusalOf = ({ tasks }: PlaneContext, { taskArn }: TaskReport): string | null =>
  tasks[taskArn] ? null : `This control plane has no task ${taskArn}`;

/** All that is wanted, as of the latest number that was given out. */
export const wishesOf = ({ seqNum, tasks }: PlaneContext): WishList => ({
  messageId: `manifest-${seqNum}`,
  timeline: seqNum,
  tasks: Object.values(tasks).map(({ arn, desired }) => ({ taskArn: arn, desired })),
});

/** Which tasks are to stop among those that the agent asks about: all but those wanted running. */
export const unwantedAmong = ({ tasks }: PlaneContext, taskArns: string[]): string[] =>
  taskArns.filter((arn) => tasks[arn]?.desired !== 'RUNNING');

/** Takes over what the agent told of a task; one that was never placed is not taken. */
export function withReport(context: PlaneContext, report: TaskReport): Partial<PlaneContext> {
  const task = context.tasks[report.taskArn];
  if (!task) return {};
  const told = Object.fromEntries(
    report.containers.map((container) => [container.name, container]),
  );
  const next: PlacedTask = {
    ...task,
    status: report.status,
    reason: report.reason || task.reason,
    containers: { ...task.containers, ...told },
  };
  return { tasks: { ...context.tasks, [task.arn]: next } };
}

/** Takes over what the agent publishes: what is not told of now stays as it was told. */
export function withPublished(
  { figures, statuses }: PlaneContext,
  published: Published,
): Partial<PlaneContext> {
  if (published.kind === 'status') return { statuses: { ...statuses, ...published.statuses } };
  const told = published.tasks.map(({ taskArn, containers }): [string, ContainerFigures[]] => [
    taskArn,
    containers.reduce(withFigures, figures[taskArn] ?? []),
  ]);
  return { figures: { ...figures, ...Object.fromEntries(told) } };
}

const unknown = { cpuPercent: null, memoryMiB: null, health: null };

function withFigures(
  all: ContainerFigures[],
  news: Partial<ContainerFigures> & { name: string },
): ContainerFigures[] {
  const known = all.find(({ name }) => name === news.name);
  if (!known) return [...all, { ...unknown, ...news }];
  return all.map((one) => (one === known ? { ...known, ...news } : one));
}

/** Whether every task has stopped. */
export const allStopped = ({ tasks }: PlaneContext): boolean =>
  Object.values(tasks).every(({ status }) => status === 'STOPPED');

/** Whether every essential container of every task ended with exit code 0. */
export const allSucceeded = ({ tasks }: PlaneContext): boolean =>
  Object.values(tasks).every(({ essential, containers }) =>
    essential.every((name) => containers[name]?.exitCode === 0),
  );
