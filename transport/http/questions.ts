import type { Health } from '../../machines/agent/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { Clock } from '../host/port.ts';
import { MalformedError, Members, readObject } from '../wire/members.ts';
import { type AgentQuestion, askAgent, notAnAgent } from './ask.ts';

/** The path that tells whether the agent is in touch with ECS: 200 if so, else 503. */
export const healthPath = '/v1/health';

/** The body of the answer. */
export const encodeHealth = ({ healthy, sentence }: Health) => ({
  Healthy: healthy,
  Reason: sentence,
});

interface Asked {
  url: string;
  clock: Clock;
}

/** Asks a running agent for its health. Rejects as {@link askAgent}, and where somebody else answers. */
export function askHealth(asked: Asked & { patienceMs: number }): Promise<Health> {
  return read({ ...asked, path: healthPath }, (members) => {
    const healthy = members.flag('Healthy');
    if (healthy === null) throw new MalformedError('Healthy is missing');
    return { healthy, sentence: members.text('Reason') ?? '' };
  });
}

/** Asks which container instance it is. Rejects with code `NOT_REGISTERED` while it is none. */
export async function askInstance(asked: Asked): Promise<{ cluster: string; arn: string }> {
  const { cluster, arn } = await read({ ...asked, path: '/v1/metadata' }, (members) => ({
    cluster: members.text('Cluster'),
    arn: members.text('ContainerInstanceArn'),
  }));
  if (cluster === null || !arn)
    throw new AgentError(
      'NOT_REGISTERED',
      'The agent is not registered with ECS yet: `ecs-agent explain` tells what it waits for',
    );
  return { cluster, arn };
}

/** Asks how many of its tasks have not stopped. */
export const askTaskCount = (asked: Asked): Promise<number> =>
  read({ ...asked, path: '/v1/tasks' }, (members) => {
    if (!('Tasks' in members.json)) throw new MalformedError('Tasks is missing');
    const tasks = members.entries('Tasks');
    return tasks.filter((task) => task.text('KnownStatus') !== 'STOPPED').length;
  });

/** Reads a JSON answer, whatever its status. */
async function read<Answer>(
  question: AgentQuestion,
  understand: (members: Members) => Answer,
): Promise<Answer> {
  const { text } = await askAgent(question);
  try {
    return understand(new Members(readObject(text, 'the answer'), ''));
  } catch (error) {
    throw notAnAgent(question.url, error);
  }
}
