import type { Published } from '../../machines/plane/model.ts';
import { MalformedError, Members, readObject } from '../wire/members.ts';

/** A request of the agent as the control plane hears it. */
export interface DecodedRequest {
  type: string;
  /** What acknowledges it. */
  acknowledgement: string;
  published: Published;
}

/** Reads a request of the agent. Throws {@link MalformedError}. */
export function decodeRequest(request: string): DecodedRequest {
  const head = new Members(readObject(request, 'request'), 'request');
  const type = head.text('type') ?? '';
  const body = head.object('message');
  if (!body) throw new MalformedError('request.message is missing');
  switch (type) {
    case 'PublishMetricsRequest':
      return { type, acknowledgement: 'AckPublishMetric', published: usageIn(body) };
    case 'PublishHealthRequest':
      return { type, acknowledgement: 'AckPublishHealth', published: healthIn(body) };
    case 'PublishInstanceStatusRequest':
      return { type, acknowledgement: 'AckPublishInstanceStatus', published: statusIn(body) };
    default:
      throw new MalformedError('request.type is not known');
  }
}

const usageIn = (body: Members): Published => ({
  kind: 'usage',
  tasks: body.entries('taskMetrics').map((task) => ({
    taskArn: task.text('taskArn') ?? '',
    containers: task.entries('containerMetrics').map((container) => {
      const { sum, sampleCount } = setIn(container, 'cpuStatsSet');
      return {
        name: container.text('containerName') ?? '',
        cpuPercent: sum !== null && sampleCount ? sum / sampleCount : null,
        memoryMiB: setIn(container, 'memoryStatsSet').max,
      };
    }),
  })),
});

function setIn(container: Members, name: string) {
  const set = container.object(name);
  const number = (member: string) => set?.number(member) ?? null;
  return { max: number('max'), sum: number('sum'), sampleCount: number('sampleCount') };
}

const healthIn = (body: Members): Published => ({
  kind: 'health',
  tasks: body.entries('tasks').map((task) => ({
    taskArn: task.text('taskArn') ?? '',
    containers: task.entries('containers').map((container) => {
      const status = container.text('healthStatus');
      return {
        name: container.text('containerName') ?? '',
        health: status === 'HEALTHY' || status === 'UNHEALTHY' ? status : 'UNKNOWN',
      };
    }),
  })),
});

const statusIn = (body: Members): Published => ({
  kind: 'status',
  statuses: Object.fromEntries(
    body
      .entries('statuses')
      .map((status) => [status.text('type') ?? '', status.text('status') ?? '']),
  ),
});
