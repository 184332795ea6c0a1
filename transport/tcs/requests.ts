import type {
  ContainerSets,
  LongStatsSet,
  MeasuredTask,
  NetworkSets,
  StatsSet,
  TaskHealth,
  TaskUsage,
} from '../../machines/stats/model.ts';
import type { InstanceStatus, Publication } from '../../machines/telemetry/model.ts';

/** Whose figures are told, and when (epoch ms). */
export interface Sender {
  cluster: string;
  containerInstanceArn: string;
  at: number;
}

/** Most tasks of one request, and its longest message (Amazon ECS telemetry service). */
const tasksOfPage = 10;
const bytesOfPage = 1_048_576;

/**
 * The requests that tell a publication, each as JSON. All of them carry its id, and the last says
 * that it is the last.
 */
export function requestsOf(publication: Publication, { at, ...of }: Sender): string[] {
  const timestamp = timeOf(at);
  const sender = { cluster: of.cluster, containerInstance: of.containerInstanceArn };
  switch (publication.kind) {
    case 'usage': {
      const { messageId, idle, tasks } = publication;
      const head = (fin: boolean) => ({ ...sender, fin, idle, messageId });
      const rest = bytesOf(json({ metadata: head(false), taskMetrics: [], timestamp }));
      const pages = pagesOf(tasks.map(usageOf).map(json), bytesOfPage - rest);
      return pages.map((page, index) => {
        const metadata = head(index === pages.length - 1);
        const taskMetrics = page.length > 0 ? new Raw(`[${page.join(',')}]`) : null;
        return requestOf('PublishMetricsRequest', { metadata, taskMetrics, timestamp });
      });
    }
    case 'health': {
      const { messageId, tasks } = publication;
      const pages = pagesOf(tasks.map(healthOf).map(json), Number.POSITIVE_INFINITY);
      return pages.map((page, index) => {
        const metadata = { ...sender, fin: index === pages.length - 1, messageId };
        const body = { metadata, tasks: new Raw(`[${page.join(',')}]`), timestamp };
        return requestOf('PublishHealthRequest', body);
      });
    }
    case 'status': {
      const metadata = { ...sender, requestId: publication.messageId };
      const statuses = publication.statuses.map(statusOf);
      return [requestOf('PublishInstanceStatusRequest', { metadata, statuses, timestamp })];
    }
  }
}

const requestOf = (type: string, message: object): string => json({ type, message });

/** At least one page; one text that is too long for any has a page of its own. */
function pagesOf(texts: string[], mostBytes: number): string[][] {
  const pages: string[][] = [[]];
  let bytes = 0;
  for (const text of texts) {
    const page = pages.at(-1) ?? [];
    const more = bytesOf(text) + 1;
    const isFull = page.length === tasksOfPage || bytes + more > mostBytes;
    if (isFull && page.length > 0) {
      pages.push([text]);
      bytes = more;
    } else {
      page.push(text);
      bytes += more;
    }
  }
  return pages;
}

const bytesOf = (text: string): number => Buffer.byteLength(text);

/** Seconds of the epoch, to the millisecond. */
const timeOf = (at: number): number => Math.trunc(at) / 1_000;

const taskOf = ({ arn, family, version }: MeasuredTask) => ({
  taskArn: arn,
  taskDefinitionFamily: family,
  taskDefinitionVersion: version,
});

const usageOf = ({ containers, ...task }: TaskUsage) => ({
  containerMetrics: containers.length > 0 ? containers.map(metricOf) : null,
  ...taskOf(task),
});

const metricOf = ({ name, sets }: { name: string; sets: ContainerSets }) => ({
  containerName: name,
  cpuStatsSet: setOf(sets.cpu),
  memoryStatsSet: setOf(sets.memory),
  networkStatsSet: sets.network && networkOf(sets.network),
  restartStatsSet: sets.restarts === null ? null : { restartCount: sets.restarts },
  storageStatsSet: sets.storage && {
    readSizeBytes: longSetOf(sets.storage.read),
    writeSizeBytes: longSetOf(sets.storage.written),
  },
});

const networkOf = ({ counters, rxRate, txRate }: NetworkSets) => ({
  rxBytes: longSetOf(counters.rxBytes),
  rxBytesPerSecond: setOf(rxRate),
  rxDropped: longSetOf(counters.rxDropped),
  rxErrors: longSetOf(counters.rxErrors),
  rxPackets: longSetOf(counters.rxPackets),
  txBytes: longSetOf(counters.txBytes),
  txBytesPerSecond: setOf(txRate),
  txDropped: longSetOf(counters.txDropped),
  txErrors: longSetOf(counters.txErrors),
  txPackets: longSetOf(counters.txPackets),
});

/** Member by member, so that nothing else of ours reaches the wire. */
const setOf = (set: StatsSet | null) =>
  set && { max: set.max, min: set.min, sampleCount: set.sampleCount, sum: set.sum };

const longSetOf = (set: LongStatsSet) => ({
  max: set.max,
  min: set.min,
  overflowMax: set.overflowMax,
  overflowMin: set.overflowMin,
  overflowSum: set.overflowSum,
  sampleCount: set.sampleCount,
  sum: set.sum,
});

const healthOf = ({ containers, ...task }: TaskHealth) => ({
  containers: containers.map(({ name, status, since }) => ({
    containerName: name,
    healthStatus: status,
    statusSince: timeOf(since),
  })),
  ...taskOf(task),
});

const statusOf = ({ type, status, changedAt, updatedAt }: InstanceStatus) => ({
  lastStatusChange: timeOf(changedAt),
  lastUpdated: timeOf(updatedAt),
  status,
  type,
});

/** JSON that is made already. */
class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** JSON in which counters keep all their digits, and absent members are left out, null ones too. */
function json(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${json(member)}`).join(',')}}`;
}
