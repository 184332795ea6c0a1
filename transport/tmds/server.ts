import { AgentError } from '../../machines/names/errors.ts';
import type { AuditPort } from '../audit/port.ts';
import type { Clock } from '../host/port.ts';
import {
  type Answer,
  type OpenServer,
  openServer,
  type Question,
  type ServerOptions,
} from '../http/server.ts';
import { vend } from './credentials.ts';
import { RateLimit, type RateRules } from './limit.ts';
import * as metadata from './metadata.ts';
import { type Asked, asked, cleaned, decoded, withoutIds } from './path.ts';
import type { TaskServerSource } from './port.ts';

/** Where the task metadata server listens, what it shows, and who is told of it. */
export interface TaskServerOptions {
  /** Loopback only, unless something else keeps other hosts away. */
  address: string;
  port: number;
  source: TaskServerSource;
  /** Answers requests about the task itself that change something. */
  agentApi: AgentApi;
  audit: AuditPort;
  rates: RateRules;
  clock: Clock;
  /** Told of questions that could not be answered. */
  failed?: (reason: unknown) => void;
}

/** The part of the server by which a task acts on itself. */
export interface AgentApi {
  protection(question: Question, endpointId: string): Answer | Promise<Answer>;
  fault(question: Question, asked: Extract<Asked, { is: 'fault' }>): Answer | Promise<Answer>;
}

/** No request of a task is nearly as long. */
const longestBodyBytes = 65_536;
/** Many tasks may ask at the same time, and keep their connections. */
const mostConnections = 8_192;

/**
 * Opens the server that tasks ask for their credentials, their metadata and their statistics, at
 * 169.254.170.2 as they see it. Rejects with code `TASK_SERVER_PORT` where it cannot listen.
 */
export async function openTaskServer(options: TaskServerOptions): Promise<OpenServer> {
  const { address, port } = options;
  const answer = taskAnswers(options);
  try {
    return await openServer({ ...options, answer, longestBodyBytes, mostConnections });
  } catch (error) {
    throw new AgentError(
      'TASK_SERVER_PORT',
      `The task metadata server cannot listen on ${address}:${port}: ${(error as Error).message}. ` +
        'Tasks would be without credentials and metadata: end what else listens there',
      { retry: true, cause: error },
    );
  }
}

/** What tasks are answered from, wherever their questions come in. */
export type TaskAnswers = Omit<TaskServerOptions, 'address' | 'port'>;

/** What a server for tasks answers; it counts the requests of each caller from here on. */
export function taskAnswers(options: TaskAnswers): ServerOptions['answer'] {
  const limit = new RateLimit(options.rates, options.clock);
  return (question) => answered(options, limit, question);
}

function answered(
  options: TaskAnswers,
  limit: RateLimit,
  question: Question,
): Answer | Promise<Answer> {
  const plain = cleaned(question.path);
  if (plain !== question.path) return moved(`${plain}${question.search}`);
  const path = decoded(question.path);
  const what = asked(path, question.search);
  const headers = limitHeaders(options.rates, question);
  // Looked up once, as nothing is asked for as often.
  const keys = what.is === 'credentials' ? options.source.credentials(what.id) : null;
  if (!limit.lets(keyOf(taskIn(options.source, what, keys), what, question))) {
    note(options, { question, path }, { status: 429, taskArn: null, event: eventOf(what) });
    return { ...throttled, headers };
  }
  const answer = route(options, what, { question, path, keys });
  return answer instanceof Promise
    ? answer.then((late) => withHeaders(late, headers))
    : withHeaders(answer, headers);
}

const withHeaders = (answer: Answer, headers: Record<string, string>): Answer => ({
  ...answer,
  headers: answer.headers ? { ...headers, ...answer.headers } : headers,
});

interface Request {
  question: Question;
  /** Decoded. */
  path: string;
}

/** What is under the id of a request for credentials. */
type Keys = ReturnType<TaskServerSource['credentials']>;

function route(
  options: TaskAnswers,
  what: Asked,
  { question, path, keys }: Request & { keys: Keys },
): Answer | Promise<Answer> {
  const { source, agentApi } = options;
  switch (what.is) {
    case 'credentials': {
      const { answer, taskArn, event } = vend(keys, what);
      note(options, { question, path }, { status: answer.status, taskArn, event });
      return answer;
    }
    case 'container':
      return metadata.answerContainer(source, what);
    case 'task':
      return metadata.answerTask(source, what);
    case 'containerStats':
      return metadata.answerContainerStats(source, what);
    case 'taskStats':
      return metadata.answerTaskStats(source, what);
    case 'associations':
      return metadata.answerAssociations(source, what);
    case 'association':
      return metadata.answerAssociation(source, what);
    case 'byAddress':
      return metadata.answerByAddress(question.remote.address);
    case 'protection':
      return agentApi.protection(question, what.id);
    case 'fault':
      return agentApi.fault(question, what);
    case 'nothing':
      return notFound;
  }
}

/**
 * Each task has a rate of its own for each path, whatever address it asks from: those that share one
 * cannot exhaust each other's. What names no task counts for its address.
 */
function keyOf(task: string | null, what: Asked, { remote, path }: Question): string {
  if (task !== null) return `${task}|${path}`;
  const kind = what.is === 'nothing' ? '' : what.is;
  return `${remote.address}|${kind}`;
}

function taskIn(source: TaskServerSource, what: Asked, keys: Keys): string | null {
  if (!('id' in what)) return null;
  if (what.is !== 'credentials') return source.taskOf(what.id);
  return keys === null || keys === 'pending' ? null : keys.taskArn;
}

const eventOf = (what: Asked) => (what.is === 'credentials' ? ('GetCredentials' as const) : null);

function note(
  { audit }: TaskAnswers,
  { question, path }: Request,
  outcome: Pick<Parameters<AuditPort['write']>[0], 'status' | 'taskArn' | 'event'>,
): void {
  const { remote, headers } = question;
  const userAgent = headers['user-agent'] ?? '';
  const { status, taskArn, event } = outcome;
  audit.write({ status, taskArn, event, remote, path: withoutIds(path), userAgent });
}

function limitHeaders({ steady }: RateRules, { headers, remote }: Question) {
  return {
    'X-Rate-Limit-Limit': steady.toFixed(2),
    'X-Rate-Limit-Duration': '1',
    'X-Rate-Limit-Request-Forwarded-For': String(headers['x-forwarded-for'] ?? ''),
    'X-Rate-Limit-Request-Remote-Addr': `${remote.address}:${remote.port}`,
  };
}

const moved = (location: string): Answer => ({
  status: 301,
  contentType: null,
  body: '',
  headers: { location },
});

const throttled: Answer = {
  status: 429,
  contentType: 'text/plain; charset=utf-8',
  body: 'You have reached maximum request limit.',
};

const notFound: Answer = {
  status: 404,
  contentType: 'text/plain; charset=utf-8',
  body: '404 page not found\n',
  headers: { 'X-Content-Type-Options': 'nosniff' },
};
