import { AgentError } from '../../machines/names/errors.ts';
import type { Clock } from '../host/port.ts';
import { encodeExplanations, explainPath } from './explanations.ts';
import type { IntrospectionSource } from './port.ts';
import { encodeHealth, healthPath } from './questions.ts';
import { type Answer, type OpenServer, openServer, type Question } from './server.ts';
import { answerTasks } from './tasks.ts';

/** Where the introspection endpoint listens, and what it shows. */
export interface IntrospectionOptions {
  address: string;
  port: number;
  source: IntrospectionSource;
  /** The licences of the agent and of what is in it. */
  licence: () => Promise<string>;
  clock: Clock;
  /** Told of questions that could not be answered. */
  failed?: (reason: unknown) => void;
}

type Shown = Pick<IntrospectionOptions, 'source' | 'licence' | 'failed'>;
type Route = (shown: Shown, query: URLSearchParams) => Answer | Promise<Answer>;

const routes: Record<string, Route> = {
  '/v1/metadata': ({ source }) => {
    const { cluster, containerInstanceArn, version } = source.metadata();
    const body = { Cluster: cluster, ContainerInstanceArn: containerInstanceArn, Version: version };
    return json(200, body);
  },
  '/v1/tasks': ({ source }, query) => {
    const { status, body } = answerTasks(source.tasks(), query);
    return json(status, body);
  },
  '/license': ({ licence, failed }) =>
    licence().then(
      (body) => ({ status: 200, contentType: 'text/plain', body }),
      (error: unknown) => {
        failed?.(error);
        return { status: 500, contentType: 'text/plain', body: '' };
      },
    ),
  [healthPath]: ({ source }) => {
    const health = source.health();
    return json(health.healthy ? 200 : 503, encodeHealth(health));
  },
  [explainPath]: ({ source }, query) => {
    const task = query.get('task');
    const explanations = source.explain(task);
    const isUnknown = task !== null && explanations.length === 0;
    return json(isUnknown ? 404 : 200, encodeExplanations(explanations));
  },
};

/** What is answered to all other paths: there is no 404 for them. */
const commands: Answer = {
  status: 200,
  contentType: 'text/plain; charset=utf-8',
  body: JSON.stringify({ AvailableCommands: Object.keys(routes) }),
};

const json = (status: number, body: object): Answer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(body),
});

/**
 * Opens the introspection endpoint of the Amazon ECS agent ("Amazon ECS container introspection" in
 * the ECS developer guide), with two routes more. Rejects with code `INTROSPECTION_PORT` where it
 * cannot listen.
 */
export async function openIntrospection(options: IntrospectionOptions): Promise<OpenServer> {
  const { address, port } = options;
  const answer = introspectionAnswers(options);
  try {
    return await openServer({ ...options, methods: introspectionMethods, answer });
  } catch (error) {
    throw cannotListen({ address, port }, error as NodeJS.ErrnoException);
  }
}

/** It takes no orders. */
export const introspectionMethods = ['GET', 'HEAD'] as const;

/** What introspection answers, wherever its questions come in. */
export const introspectionAnswers =
  (shown: Shown): ((question: Question) => Answer | Promise<Answer>) =>
  ({ path, search }) =>
    Object.hasOwn(routes, path)
      ? (routes[path]?.(shown, new URLSearchParams(search)) ?? commands)
      : commands;

function cannotListen(
  { address, port }: { address: string; port: number },
  error: NodeJS.ErrnoException,
): AgentError {
  const remedies: Record<string, string> = {
    EADDRINUSE: `something else listens on port ${port}: end it, or set ECS_INTROSPECTION_PORT to another port`,
    EACCES: `port ${port} is not for this user: set ECS_INTROSPECTION_PORT to another port`,
    EADDRNOTAVAIL:
      'this host has no such address: set ECS_INTROSPECTION_BIND_ADDRESS to one that it has',
  };
  const why =
    remedies[error.code ?? ''] ??
    `${error.message}: set ECS_INTROSPECTION_PORT to 0 to go without it`;
  const message = `The introspection endpoint cannot listen on ${address}, as ${why}`;
  return new AgentError('INTROSPECTION_PORT', message, { retry: true, cause: error });
}
