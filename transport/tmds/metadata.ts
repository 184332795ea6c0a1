import type { Answer } from '../http/server.ts';
import { describeContainer, describeTask, type ServedTags } from './describe.ts';
import { answerOf, encode, json } from './json.ts';
import type { Asked } from './path.ts';
import type { ServedSample, ServedTask, TaskServerSource } from './port.ts';

type Of<Kind extends Asked['is']> = Extract<Asked, { is: Kind }>;

/** Texts by which callers know that an id is nobody's; the wording of the Amazon ECS agent. */
const noContainer = (id: string, what = 'container ID') =>
  `unable to get ${what} from request: unable to get docker ID from v3 endpoint ID: ${id}`;
const noTask = (id: string) =>
  `unable to get task arn from request: unable to get task Arn from v3 endpoint ID: ${id}`;

/** A container as it sees itself: `/v3/<id>` and `/v4/<id>`. */
export async function answerContainer(
  source: TaskServerSource,
  { version, id }: Of<'container'>,
): Promise<Answer> {
  const found = await source.container(id);
  if (found) return json(200, describeContainer(found, version));
  const message = `V${version} container metadata handler: ${noContainer(id)}`;
  return json(version === 4 ? 404 : 500, message);
}

/** Its task: `/v4/<id>/task`, with tags or without. */
export async function answerTask(
  source: TaskServerSource,
  { version, id, withTags }: Of<'task'>,
): Promise<Answer> {
  const arn = source.taskOf(id);
  if (arn === null)
    return json(version === 4 ? 404 : 500, `V${version} task metadata handler: ${noTask(id)}`);
  const task = await source.task(arn);
  if (!task) {
    const which = version === 4 ? 'v4 task' : 'task';
    return json(500, `Unable to generate metadata for ${which}: '${arn}'`);
  }
  const tags = withTags ? await tagsOf(source, task, id) : null;
  return json(200, describeTask(task, version, tags));
}

/** Tags that ECS does not tell are left out: the task is described all the same. */
async function tagsOf(source: TaskServerSource, task: ServedTask, id: string): Promise<ServedTags> {
  const name = (await source.container(id))?.name ?? '';
  const errors: ServedTags['errors'] = [];
  const ask = async (ErrorField: string, ResourceARN: string | null) => {
    if (ResourceARN === null) return {};
    try {
      return await source.tags(ResourceARN, name);
    } catch (error) {
      errors.push({ ErrorField, ErrorMessage: (error as Error).message, ResourceARN });
      return {};
    }
  };
  const [instance, own] = await Promise.all([
    ask('ContainerInstanceTags', task.containerInstanceArn),
    ask('TaskTags', task.arn),
  ]);
  return { task: own, instance, errors };
}

/** The latest sample of a container: `/v4/<id>/stats`. */
export async function answerContainerStats(
  source: TaskServerSource,
  { version, id }: Of<'containerStats'>,
): Promise<Answer> {
  const status = version === 4 ? 404 : 400;
  const handler = `V${version} container stats handler: `;
  if (source.taskOf(id) === null) return json(status, `${handler}${noTask(id)}`);
  const container = await source.container(id);
  if (!container) return json(status, `${handler}${noContainer(id)}`);
  const sample = source.sample(id);
  if (sample) return answerOf(200, sampleText(sample, version));
  const reason = `Unable to get container stats for: ${container.dockerId}`;
  return json(version === 4 ? 500 : 400, reason);
}

/** The latest samples of all its containers: `/v4/<id>/task/stats`. */
export function answerTaskStats(
  source: TaskServerSource,
  { version, id }: Of<'taskStats'>,
): Answer {
  const arn = source.taskOf(id);
  if (arn === null)
    return json(version === 4 ? 404 : 400, `V${version} task stats handler: ${noTask(id)}`);
  const parts = [...source.samples(arn)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([dockerId, sample]) => `${encode(dockerId)}:${sampleText(sample, version)}`);
  return answerOf(200, `{${parts.join(',')}}`);
}

/** Version 4 tells the rates of the network besides; a sample that is missing is an empty one there. */
function sampleText(sample: ServedSample | 'pending' | null, version: 3 | 4): string {
  if (sample === null || sample === 'pending') return version === 4 ? '{}' : 'null';
  if (version !== 4 || sample.rates === null) return sample.text;
  const { received, sent } = sample.rates;
  const rates = encode({ rx_bytes_per_sec: received, tx_bytes_per_sec: sent });
  return `${sample.text.slice(0, sample.text.lastIndexOf('}'))},"network_rate_stats":${rates}}`;
}

/** No task that this agent runs has associations: a task with some is refused. */
export function answerAssociations(
  source: TaskServerSource,
  { version, id }: Of<'associations'>,
): Answer {
  if (source.taskOf(id) !== null) return json(200, { Associations: null });
  const reason = noContainer(id, 'container id');
  return json(400, `V${version} container associations handler: ${reason}`);
}

export function answerAssociation(
  source: TaskServerSource,
  { version, id, type, name }: Of<'association'>,
): Answer {
  const handler = `V${version} container associations handler: `;
  if (source.taskOf(id) === null) return json(400, `${handler}${noTask(id)}`);
  if (name === '') return json(400, `${handler}unable to get association name from request`);
  return json(
    400,
    'Unable to write container association response: unable to get association from ' +
      `association type ${type} and association name ${name}`,
  );
}

/** Only tasks with an address of their own are known by it, and this agent runs none. */
export const answerByAddress = (address: string): Answer =>
  json(400, `Unable to get task arn from request: unable to associate '${address}' with task`);
