import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimInstanceFacts } from '../../transport/sim/host.ts';
import { type Loopback, listen } from './loopback.ts';

/** An answer other than the usual one: an HTTP status, or a text. */
type Answer = number | string;

const mac = '0e:49:61:0f:c3:11';
const ttl = 'x-aws-ec2-metadata-token-ttl-seconds';

/** The EC2 instance metadata service (version 2) on loopback. */
export class MetadataService {
  /** What was asked in order: `<method> <path below latest/>`. */
  readonly asked: string[] = [];
  /** Answers in place of the usual ones, by what is asked. */
  readonly answers = new Map<string, Answer>();
  /** Whether it answers nothing at all. */
  isSilent = false;
  /** The latest token it has given. */
  token = 0;
  #facts: Partial<SimInstanceFacts> = {};
  #loopback: Loopback | undefined;

  async open(): Promise<void> {
    this.#loopback = await listen((request, response) => this.#answer(request, response));
  }

  get url(): string {
    return this.#loopback?.url ?? '';
  }

  get server(): Loopback['server'] | undefined {
    return this.#loopback?.server;
  }

  async close(): Promise<void> {
    await this.#loopback?.close();
    this.#loopback = undefined;
  }

  set(facts: Partial<SimInstanceFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  /** How often this was asked. */
  count(what: string): number {
    return this.asked.filter((one) => one === what).length;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const what = `${request.method} ${request.url?.replace('/latest/', '')}`;
    this.asked.push(what);
    if (this.isSilent) return;
    const answer = this.answers.get(what) ?? this.answers.get('*') ?? this.#usual(what, request);
    if (typeof answer === 'string') response.end(answer);
    else response.writeHead(answer).end('<html>an error page</html>');
  }

  #usual(what: string, { headers }: IncomingMessage): Answer {
    if (what === 'PUT api/token') return headers[ttl] === '21600' ? `token-${++this.token}` : 400;
    const isOpen = typeof this.answers.get('PUT api/token') === 'number';
    if (!isOpen && headers['x-aws-ec2-metadata-token'] !== `token-${this.token}`) return 401;
    return this.#texts()[what.replace('GET ', '')] ?? 404;
  }

  #texts(): Record<string, string | null | undefined> {
    const { identity, spotAction, ...facts } = this.#facts;
    return {
      'meta-data/instance-id': facts.instanceId,
      'meta-data/placement/region': facts.region,
      'dynamic/instance-identity/document': identity?.document,
      'dynamic/instance-identity/signature': identity?.signature,
      'meta-data/mac': mac,
      [`meta-data/network/interfaces/macs/${mac}/vpc-id`]: facts.vpcId,
      [`meta-data/network/interfaces/macs/${mac}/subnet-id`]: facts.subnetId,
      'meta-data/placement/availability-zone-id': facts.availabilityZoneId,
      'meta-data/outpost-arn': facts.outpostArn,
      'user-data': facts.userData,
      'meta-data/spot/instance-action': spotAction && JSON.stringify(spotAction),
      'meta-data/autoscaling/target-lifecycle-state': facts.lifecycleState,
    };
  }
}
