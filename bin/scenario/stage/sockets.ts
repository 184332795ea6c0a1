import type { Agent } from '../../../actors/agent.ts';
import { introspect } from '../../../actors/introspection.ts';
import type { CreateRequest } from '../../../transport/docker/port.ts';
import { environmentOf } from '../../../transport/docker/translate.ts';
import type { HostPort } from '../../../transport/host/port.ts';
import { openIntrospection } from '../../../transport/http/introspection.ts';
import { looksAt } from '../../commands/assemble.ts';
import { openTaskDoor, type TaskServerParts } from '../../commands/task-door.ts';
import { ownLicence } from '../../service/licence.ts';
import type { AskStep } from '../model.ts';
import { type Ask, answersTo, thisHost, variablesOf } from './asking.ts';
import { NotHere } from './stage.ts';

/** The servers of an agent of this process, by the addresses that they have where it is alone. */
interface Open {
  urls: Map<string, string>;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
const taskAddress = '169.254.170.2';

/** The servers of an agent of this process, and what containers know to ask them with. */
export class Sockets {
  /** The variables of containers that were made. */
  readonly #variables = new Map<string, Record<string, string>>();
  #open: Open | undefined;

  /** Opens them, at any ports of loopback that are free. */
  async open(agent: Agent, parts: TaskServerParts & { host: HostPort }): Promise<void> {
    await this.close();
    this.#open = await open(agent, parts);
  }

  async close(): Promise<void> {
    await this.#open?.close();
    this.#open = undefined;
  }

  /** A container is made, which is `TASK/CONTAINER` in the scenario. */
  note(container: string, request: CreateRequest, region: string): void {
    this.#variables.set(container, variablesOf(environmentOf(request, region, [])));
  }

  /** Throws {@link NotHere} for another host: there is none. */
  answersTo(step: AskStep): Promise<string> {
    const { from } = step;
    if (from === 'another host') throw new NotHere('ask from another host');
    const variables = from === undefined ? {} : (this.#variables.get(from) ?? {});
    return answersTo(step, { ...thisHost, variables, isOnHost: from === undefined }, this.#ask);
  }

  #ask: Ask = async ({ url, method, body }, { isOnHost }) => {
    const isReached = isOnHost || url.host === taskAddress;
    const to = isReached ? this.#open?.urls.get(url.host) : undefined;
    if (to === undefined) throw new Error(`nobody listens at ${url.host}`);
    const answer = await fetch(`${to}${url.pathname}${url.search}`, {
      ...{ method, redirect: 'manual' },
      ...(body !== '' && { body }),
    });
    return { status: answer.status, body: await answer.text() };
  };
}

async function open(
  agent: Agent,
  { host, ...parts }: TaskServerParts & { host: HostPort },
): Promise<Open> {
  const { clock } = parts;
  const port = await host.freePorts({ count: 1, protocol: 'tcp' });
  const { taskServer, audit, introspection } = parts.config;
  const config = {
    ...parts.config,
    ...{ taskServer: { ...taskServer, port }, audit: { ...audit, disabled: true } },
  };
  const tasks = openTaskDoor(agent, { ...parts, config });
  const source = introspect(looksAt(agent, { config, clock }));
  const looks = await openIntrospection({
    ...{ address: loopback, port: 0, source, licence: ownLicence, clock },
  });
  return {
    urls: new Map([
      [taskAddress, `http://${loopback}:${port}`],
      [`localhost:${introspection.port}`, looks.url],
      [`${loopback}:${introspection.port}`, looks.url],
    ]),
    close: async () => {
      await Promise.all([tasks.close(), looks.close()]);
    },
  };
}
