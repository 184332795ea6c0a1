import { AgentError } from '../../machines/names/errors.ts';
import { localUrl } from '../../transport/http/server.ts';
import type { Config } from '../config/config.ts';

/**
 * Where the agent of this host answers questions, on another name of it where one is given. Throws
 * `AGENT_UNREACHABLE` where it is configured to answer none.
 */
export function agentAddress({ introspection }: Config, host = ''): string {
  const { address, port } = introspection;
  if (port === 0)
    throw new AgentError(
      'AGENT_UNREACHABLE',
      'ECS_INTROSPECTION_PORT is 0, so the agent answers no questions: give both it and this ' +
        'command a port, such as 51678',
    );
  return host === '' ? localUrl(address, port) : `http://${host}:${port}`;
}
