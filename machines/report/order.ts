import type { Backoff } from '../names/backoff.ts';
import type { ReportInput } from './events.ts';
import type { ContainerReport, OutboxContext, TaskReport } from './model.ts';

/** Delays between tries to tell ECS of the same change; there is no last try. */
export const submitBackoff: Backoff = { firstMs: 1_000, maxMs: 30_000, factor: 1.3, jitter: 0.2 };

/** Container changes wait for at least `minMs` and less than `minMs + spreadMs` for company. */
export const tick = { minMs: 10_000, spreadMs: 20_000 } as const;

export const newOutbox = (input: ReportInput): OutboxContext => ({
  taskArn: input.taskArn,
  sent: { status: null, containers: {} },
  queue: [],
  collected: null,
  attempts: 0,
  trouble: null,
  settled: false,
  roll: input.roll,
});

const taskRank = { PENDING: 0, MANIFEST_PULLED: 1, RUNNING: 2, STOPPED: 3 } as const;
const containerRank = { NONE: 0, MANIFEST_PULLED: 1, RUNNING: 2, STOPPED: 3 } as const;

const isNews = (context: OutboxContext, { name, status }: ContainerReport): boolean =>
  containerRank[status] > containerRank[context.sent.containers[name] ?? 'NONE'];

/**
 * What of a report ECS has not accepted yet, or null if it knows all of it. Statuses only ever move
 * forward, so nothing is told twice and nothing after `STOPPED`.
 */
export function newsOf(context: OutboxContext, report: TaskReport): TaskReport | null {
  const { status } = context.sent;
  if (status === 'STOPPED') return null;
  const containers = report.containers.filter((container) => isNews(context, container));
  const taskMoved = taskRank[report.status] > taskRank[status ?? 'PENDING'];
  if (!taskMoved && containers.length === 0) return null;
  return { ...report, containers, status: taskMoved ? report.status : (status ?? report.status) };
}

/** The outbox after ECS accepted the head of its queue. */
export function accepted(context: OutboxContext): Partial<OutboxContext> {
  const [head, ...queue] = context.queue;
  if (!head) return {};
  const told = head.containers.map(({ name, status }) => [name, status] as const);
  return {
    queue,
    attempts: 0,
    trouble: null,
    settled: head.status === 'STOPPED',
    sent: {
      status: head.status,
      containers: { ...context.sent.containers, ...Object.fromEntries(told) },
    },
  };
}

/** The outbox after ECS said that it will never take the head of its queue. */
export const dropped = ({ queue: [head, ...queue] }: OutboxContext): Partial<OutboxContext> => ({
  queue,
  attempts: 0,
  trouble: null,
  settled: head?.status === 'STOPPED',
});
