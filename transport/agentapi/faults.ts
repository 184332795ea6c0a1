import type { FaultKind, FaultOrder, Links } from '../../machines/fault/model.ts';
import type { Clock } from '../host/port.ts';
import type { Answer, Question } from '../http/server.ts';
import { json } from '../tmds/json.ts';
import { RateLimit } from '../tmds/limit.ts';
import { BodyError } from './body.ts';
import type { AskingTask, FaultOutcome, FaultPort } from './port.ts';
import { readOrder } from './requests.ts';

/** One request in five seconds, for each task and each of the paths. */
const rates = { steady: 0.2, burst: 1 };

const throttled: Answer = {
  status: 429,
  contentType: 'text/plain; charset=utf-8',
  body: 'You have reached maximum request limit',
};

/** What a request names besides its body. */
export interface FaultRequest {
  id: string;
  fault: string;
  operation: FaultOrder['operation'];
}

/** Answers requests for faults; words and order of the refusals are those of the Amazon ECS agent. */
export class FaultDoor {
  readonly #limit: RateLimit;
  readonly #taskOf: (endpointId: string) => AskingTask | null;
  readonly #faults: FaultPort;

  constructor(options: {
    clock: Clock;
    taskOf: (endpointId: string) => AskingTask | null;
    faults: FaultPort;
  }) {
    this.#limit = new RateLimit(rates, options.clock);
    this.#taskOf = options.taskOf;
    this.#faults = options.faults;
  }

  async answer(question: Question, { id, fault, operation }: FaultRequest): Promise<Answer> {
    if (question.method !== 'POST') return { status: 405, contentType: null, body: '' };
    const task = this.#taskOf(id);
    const who = task?.arn ?? question.remote.address;
    if (!this.#limit.lets(`${who}|${fault}|${operation}`)) return throttled;
    try {
      const kind = fault as FaultKind;
      const order = readOrder(kind, operation, question.body);
      const links = await this.#linksOf(task, id);
      const outcome = await this.#faults.perform(order, links);
      return told(outcome, { kind, operation });
    } catch (error) {
      if (error instanceof BodyError) return refused(400, error.message);
      if (error instanceof Refusal) return refused(error.status, error.message);
      throw error;
    }
  }

  /** The task and the links of its network. Throws what is to be answered where it has none. */
  async #linksOf(task: AskingTask | null, id: string): Promise<{ taskArn: string; links: Links }> {
    if (!task)
      throw new Refusal(
        404,
        `unable to get task arn from request: unable to get task Arn from v3 endpoint ID: ${id}`,
      );
    const { arn: taskArn, networkMode, isOver, faultInjection } = task;
    if (isOver) throw new Refusal(500, `Unable to generate metadata for v4 task: '${taskArn}'`);
    const isHost = networkMode === 'host';
    const links = isHost ? await this.#faults.links() : null;
    if (isHost && !links)
      throw new Refusal(500, 'failed to resolve default host network interface');
    if (!faultInjection)
      throw new Refusal(400, `enableFaultInjection is not enabled for task: ${taskArn}`);
    // The network of a bridge, or none at all, has no namespace that the agent could enter.
    if (!links)
      throw new Refusal(
        500,
        `failed to get task metadata due to internal server error for container: ${id}`,
      );
    return { taskArn, links };
  }
}

/** What is answered in place of an order that was carried out. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const refused = (status: number, message: string): Answer => json(status, { Error: message });

const words = { start: 'start', stop: 'stop', status: 'check status' };
const disturbances = {
  'network-latency': 'network latency',
  'network-packet-loss': 'network packet loss',
};

function told(
  outcome: FaultOutcome,
  { kind, operation }: { kind: FaultKind; operation: FaultOrder['operation'] },
): Answer {
  switch (outcome.is) {
    case 'occupied':
      return refused(409, `There is already one ${disturbances[outcome.by]} fault running`);
    case 'overdue':
      return refused(500, `${words[operation]} ${kind}: request timed out`);
    case 'failed':
      return refused(500, 'internal error');
    default:
      return json(200, { Status: outcome.is });
  }
}
