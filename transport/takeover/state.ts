import { taskIdOf } from '../../machines/names/arn.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { Random } from '../host/port.ts';
import { Members, readObject } from '../wire/members.ts';
import { type ContainerRow, timeIn } from './container.ts';
import type { FoundImage, FoundState } from './port.ts';
import { belongsTo, foundTask } from './task.ts';

/** The buckets of that agent's database, by name: keys and JSON texts. */
export type Buckets = Map<string, { texts: Map<string, string> }>;

/** The newest version of the old file's format. */
const newestFile = 31;

/** Rows before they are put together. */
interface Rows {
  tasks: Members[];
  containers: ContainerRow[];
  images: Members[];
  unread: FoundState['unread'];
}

/**
 * Reads the database of the Amazon ECS agent (`agent.db`). Null where it holds no state: then the old
 * file counts, if there is one.
 */
export function readBuckets(buckets: Buckets, random: Random): FoundState | null {
  const texts = (name: string) => [...(buckets.get(name)?.texts ?? [])];
  const metadata = new Map(texts('metadata').map(([key, text]) => [key, textIn(text)]));
  const agentVersion = metadata.get('agent-version') ?? '';
  if (agentVersion === '') return null;
  const rows: Rows = { tasks: [], containers: [], images: [], unread: [] };
  const read = (bucket: string, take: (row: Members, key: string) => void) => {
    for (const [key, text] of texts(bucket))
      attempt(rows, `${bucket}/${key}`, () => take(new Members(readObject(text, 'it'), ''), key));
  };
  read('tasks', (task) => rows.tasks.push(task));
  read('containers', (row, key) => rows.containers.push(containerRow(row, taskOfKey(row, key))));
  read('images', (image) => rows.images.push(image));
  return {
    agentVersion,
    cluster: metadata.get('cluster-name') ?? '',
    containerInstanceArn: metadata.get('container-instance-arn') ?? '',
    ec2InstanceId: metadata.get('ec2-instance-id') ?? '',
    manifestSequence: Number(metadata.get('task-manifest-seq-num')) || 0,
    ...put(rows, random),
  };
}

/**
 * Reads the state file of older releases (`ecs_agent_data.json`, versions 1 to 31). Throws
 * `TAKEOVER_UNREADABLE`.
 */
export function readFile(text: string, random: Random): FoundState {
  const file = new Members(parsed(text), '');
  const version = file.number('Version') ?? 0;
  if (version > newestFile)
    throw unreadable(`its version is ${version}, and ${newestFile} is the newest that there was`);
  const data = file.object('Data');
  if (!data) throw unreadable('it has no Data');
  const engine = data.object('TaskEngine');
  const rows: Rows = {
    tasks: engine?.entries('Tasks') ?? [],
    containers: [],
    images: engine?.entries('ImageStates') ?? [],
    unread: [],
  };
  const taskOf = engine?.object('IdToTask');
  for (const id of Object.keys(engine?.object('IdToContainer')?.json ?? {}))
    attempt(rows, `container ${id}`, () => {
      const row = engine?.object('IdToContainer')?.object(id);
      if (row) rows.containers.push(containerRow(row, taskIdOf(taskOf?.text(id) ?? '')));
    });
  return {
    agentVersion: '',
    cluster: data.text('Cluster') ?? '',
    containerInstanceArn: data.text('ContainerInstanceArn') ?? '',
    ec2InstanceId: data.text('EC2InstanceID') ?? '',
    manifestSequence: data.number('latestSeqNumberTaskManifest') ?? 0,
    ...put(rows, random),
  };
}

const unreadable = (why: string): AgentError =>
  new AgentError('TAKEOVER_UNREADABLE', `The state file cannot be read: ${why}`);

function parsed(text: string) {
  try {
    return readObject(text, 'it');
  } catch {
    throw unreadable('it is no JSON object');
  }
}

/** Values of the metadata are JSON texts. */
function textIn(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return '';
  }
}

/** One row that cannot be read harms no other. */
function attempt({ unread }: Rows, what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    unread.push({ what, why: (error as Error).message });
  }
}

/** The key is `<task id>-<container name>`, and old rows do not say more. */
function taskOfKey(row: Members, key: string): string {
  const container = row.object('Container');
  const arn = container?.text('taskARN');
  if (arn) return taskIdOf(arn);
  const name = container?.text('Name') ?? '';
  return key.slice(0, Math.max(0, key.length - name.length - 1));
}

function containerRow(row: Members, taskId: string): ContainerRow {
  return {
    taskId,
    dockerId: row.text('DockerId') ?? '',
    dockerName: row.text('DockerName') ?? '',
    container: row.object('Container') ?? new Members({}, ''),
  };
}

/** Puts each container to its task; one without a task is told of. */
function put(rows: Rows, random: Random): Pick<FoundState, 'tasks' | 'images' | 'unread'> {
  const tasks: FoundState['tasks'] = [];
  for (const task of rows.tasks)
    attempt(rows, `task ${taskIdOf(task.text('Arn') ?? '')}`, () => {
      const own = rows.containers.filter((row) => belongsTo(task, row));
      tasks.push(foundTask(task, own, random));
    });
  for (const row of rows.containers)
    if (!rows.tasks.some((task) => belongsTo(task, row)))
      rows.unread.push({
        what: `container ${row.dockerName || row.dockerId}`,
        why: 'its task is not there',
      });
  const images: FoundImage[] = [];
  for (const image of rows.images) attempt(rows, 'an image', () => images.push(...imageIn(image)));
  return { tasks, images, unread: rows.unread };
}

function imageIn(state: Members): FoundImage[] {
  const image = state.object('Image');
  const id = image?.text('ImageID');
  if (!id) return [];
  const pulledAt = timeIn(state, 'PulledAt') ?? 0;
  return [
    {
      id,
      references: image?.texts('Names') ?? [],
      pulled: state.flag('PullSucceeded') ?? false,
      pulledAt,
      lastUsedAt: timeIn(state, 'LastUsedAt') ?? pulledAt,
    },
  ];
}
