import type { Agent, AgentPorts } from '../../../actors/agent.ts';
import { Faults } from '../../../actors/faults.ts';
import { introspect } from '../../../actors/introspection.ts';
import { noAuditLog } from '../../../transport/audit/log.ts';
import { patientTagReader } from '../../../transport/ecs/for-tasks.ts';
import {
  introspectionAnswers,
  introspectionMethods,
} from '../../../transport/http/introspection.ts';
import type { Answer, Question } from '../../../transport/http/server.ts';
import type { NetworkPort } from '../../../transport/network/port.ts';
import type { SimForTasks } from '../../../transport/sim/plane/for-tasks.ts';
import { taskAnswers } from '../../../transport/tmds/server.ts';
import { looksAt } from '../../commands/assemble.ts';
import { answersFor } from '../../commands/task-door.ts';
import type { Config } from '../../config/config.ts';
import type { Ask, Asked, Asker } from './asking.ts';

/** The address of the simulated host itself, and the one at which tasks ask. */
export const hostAddress = '10.0.0.10';
const taskAddress = '169.254.170.2';
const loopback = '127.0.0.1';

/** Where an agent listens, and what it answers there. */
interface Door {
  address: string;
  port: number;
  /** The methods that are answered; all where it is not given. */
  methods?: readonly string[];
  answer(question: Question): Answer | Promise<Answer>;
}

/** What the servers of an agent are made of, besides the agent. */
interface DoorParts {
  config: Config;
  ports: AgentPorts;
  forTasks: SimForTasks;
}

/** A host in whose network nothing can be disturbed. */
const noNetwork: NetworkPort = {
  run: () => Promise.resolve({ code: null, output: '', said: 'it is simulated' }),
  links: () => Promise.resolve(null),
};

/** The servers of an agent in the network of a simulated host, without sockets, until it ends. */
export class Doors {
  readonly #doors: Door[];
  readonly #taskPort: number;
  #end: (error: Error) => void = () => {};
  readonly #ended = new Promise<never>((_, reject) => {
    this.#end = reject;
  });

  constructor(agent: Agent, { config, ports, forTasks }: DoorParts) {
    const { clock, log, docker, store } = ports;
    const licence = () => Promise.resolve('Apache License 2.0');
    const faults = new Faults({ network: noNetwork, store, system: agent.system, clock, log });
    const answers = answersFor(agent, {
      ...{ config, clock, log, docker, faults, audit: noAuditLog },
      tags: patientTagReader(ports, (arn) => (signal) => forTasks.tags(arn, signal)),
      protection: forTasks.protection,
    });
    this.#taskPort = config.taskServer.port;
    this.#doors = [
      {
        ...config.introspection,
        methods: introspectionMethods,
        answer: introspectionAnswers({
          source: introspect(looksAt(agent, { config, clock })),
          licence,
        }),
      },
      { address: loopback, port: this.#taskPort, answer: taskAnswers(answers) },
    ].filter(({ port }) => port !== 0);
    this.#ended.catch(() => {});
    void agent.ended.then(() => this.close());
  }

  /** Whoever still waits is not answered any more. */
  close(): void {
    this.#end(new Error('the agent has ended'));
  }

  ask: Ask = async (asked, by) => {
    const door = this.#doorAt(asked.url, by);
    const { url, method, body } = asked;
    if (!door) throw new Error(`nobody listens at ${url.host}`);
    if (door.methods?.includes(method) === false) return { status: 405, body: '' };
    const remote = { address: by.address ?? '', port: 40_000 };
    const { pathname: path, search } = url;
    const answer = door.answer({ method, path, search, headers: {}, remote, body });
    return await Promise.race([answer, this.#ended]);
  };

  /** Loopback is each one's own; what is asked at the address for tasks is led to the agent's. */
  #doorAt(url: Asked['url'], { address, isOnHost }: Asker): Door | undefined {
    const { hostname } = url;
    const port = Number(url.port || 80);
    const at = (host: string, known: number) =>
      this.#doors.find((door) => door.port === known && [host, '0.0.0.0'].includes(door.address));
    if (hostname === hostAddress) return at(hostAddress, port);
    if (address === anotherHost.address) return undefined;
    if (hostname === taskAddress && port === 80) return at(loopback, this.#taskPort);
    return isOnHost && ['localhost', loopback].includes(hostname) ? at(loopback, port) : undefined;
  }
}

/** Another host, as it asks. */
export const anotherHost: Asker = { variables: {}, address: '10.0.0.11', isOnHost: false };
