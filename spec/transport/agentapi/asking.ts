import type { AskingTask } from '../../../transport/agentapi/port.ts';
import type { Answer, Question } from '../../../transport/http/server.ts';
import { taskArn } from '../tmds/served.ts';

/** A request of a container, but for what is given. */
export const question = (more: Partial<Question> = {}): Question => ({
  method: 'POST',
  path: '/api/id/x',
  search: '',
  headers: {},
  remote: { address: '172.17.0.2', port: 40_000 },
  body: '',
  ...more,
});

/** A task in the network of its host that may have faults, but for what is given. */
export const askingTask = (more: Partial<AskingTask> = {}): AskingTask => ({
  arn: taskArn,
  networkMode: 'host',
  faultInjection: true,
  isOver: false,
  keys: { accessKeyId: 'ASIATASK', secretAccessKey: 'secret', sessionToken: 'token' },
  ...more,
});

/** The status and the JSON of an answer. */
export const told = ({ status, body }: Answer): { status: number; body: unknown } => ({
  status,
  body: JSON.parse(body),
});
