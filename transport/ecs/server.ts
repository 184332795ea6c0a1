import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TaskReport } from '../../machines/report/model.ts';
import { MalformedError, Members, readObject } from '../wire/members.ts';
import { decodeRegistration, decodeTaskChange } from './codec.ts';
import type { InstanceState, PollEndpoints, Registration } from './port.ts';

/** What the local control plane does with the calls of its container instance. */
export interface EcsHandlers {
  /** Answers the container instance's ARN. */
  register(registration: Registration): string;
  discover(): PollEndpoints;
  /** Takes a report; answers why it never will, in words for people, or null. */
  submit(report: TaskReport): string | null;
  /** Answers the cluster's ARN; null where no such cluster can be made here. */
  createCluster(name: string): string | null;
  /** Answers the container instances that are not known. */
  updateState(arns: string[], status: InstanceState['status']): string[];
}

/** An answer of the API: a body, or an exception by its name. */
type Answer =
  | { status: 200; body: object }
  | { status: 400; body: { __type: string; message: string } };

const service = 'AmazonEC2ContainerServiceV20141113';
const contentType = 'application/x-amz-json-1.1';
/** No request of an agent is nearly as long. */
const longestBody = 4 * 1024 * 1024;

/** The control plane's end of the Amazon ECS API (JSON 1.1 over POST), as far as an agent calls it. */
export function ecsServer(handlers: EcsHandlers): RequestListener {
  return (request, response) => {
    readBody(request).then(
      (body) => send(response, answerOf(handlers, String(request.headers['x-amz-target']), body)),
      (error: Error) => send(response, refusal('SerializationException', error.message)),
    );
  };
}

function answerOf(handlers: EcsHandlers, target: string, body: string): Answer {
  const operation = target.startsWith(`${service}.`) ? target.slice(service.length + 1) : target;
  try {
    return perform(handlers, operation, new Members(readObject(body, 'input'), 'input'));
  } catch (error) {
    if (error instanceof MalformedError) return refusal('SerializationException', error.message);
    throw error;
  }
}

function perform(handlers: EcsHandlers, operation: string, input: Members): Answer {
  switch (operation) {
    case 'RegisterContainerInstance': {
      const registration = decodeRegistration(input);
      const containerInstanceArn = handlers.register(registration);
      const { attributes } = registration;
      return ok({ containerInstance: { containerInstanceArn, status: 'ACTIVE', attributes } });
    }
    case 'DiscoverPollEndpoint': {
      const { acs, telemetry } = handlers.discover();
      return ok({ endpoint: acs, ...(telemetry !== null && { telemetryEndpoint: telemetry }) });
    }
    case 'SubmitTaskStateChange': {
      // Without a status it tells of the task's attachments only, and nothing of its state.
      const refused =
        input.text('status') === null ? null : handlers.submit(decodeTaskChange(input));
      if (refused !== null) return refusal('InvalidParameterException', refused);
      return ok({ acknowledgment: 'ACK' });
    }
    case 'CreateCluster':
      return createCluster(handlers, input);
    case 'UpdateContainerInstancesState':
      return updateState(handlers, input);
    case 'SubmitContainerStateChange':
    case 'SubmitAttachmentStateChanges':
      return ok({ acknowledgment: 'ACK' });
    default:
      return refusal('UnknownOperationException', `This control plane has no ${operation}.`);
  }
}

function createCluster(handlers: EcsHandlers, input: Members): Answer {
  const clusterName = input.text('clusterName') ?? 'default';
  const clusterArn = handlers.createCluster(clusterName);
  if (clusterArn === null)
    return refusal('InvalidParameterException', `There is no cluster ${clusterName} here.`);
  return ok({ cluster: { clusterArn, clusterName, status: 'ACTIVE' } });
}

function updateState(handlers: EcsHandlers, input: Members): Answer {
  const arns = input.texts('containerInstances') ?? [];
  const status = input.text('status');
  if (status !== 'ACTIVE' && status !== 'DRAINING')
    return refusal('InvalidParameterException', 'The status must be ACTIVE or DRAINING.');
  const missing = handlers.updateState(arns, status);
  return ok({
    containerInstances: arns
      .filter((arn) => !missing.includes(arn))
      .map((containerInstanceArn) => ({ containerInstanceArn, status })),
    failures: missing.map((arn) => ({ arn, reason: 'MISSING' })),
  });
}

const ok = (body: object): Answer => ({ status: 200, body });
const refusal = (__type: string, message: string): Answer => ({
  status: 400,
  body: { __type, message },
});

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': contentType });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > longestBody) throw new Error('The request is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
