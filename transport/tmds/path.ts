/** What a path of the task metadata server names. */
export type Asked =
  | { is: 'credentials'; version: 1 | 2; id: string }
  | { is: 'container'; version: 3 | 4; id: string }
  | { is: 'containerStats'; version: 3 | 4; id: string }
  | { is: 'taskStats'; version: 3 | 4; id: string }
  | { is: 'task'; version: 3 | 4; id: string; withTags: boolean }
  | { is: 'associations'; version: 3 | 4; id: string }
  | { is: 'association'; version: 3 | 4; id: string; type: string; name: string }
  /** Version 2 finds the task by the address of the asker, which only a task with its own has. */
  | { is: 'byAddress' }
  | { is: 'protection'; id: string }
  | { is: 'fault'; id: string; fault: string; operation: 'start' | 'stop' | 'status' }
  | { is: 'nothing' };

const nothing: Asked = { is: 'nothing' };

/** A path without doubled slashes, `.` and `..`; a slash at its end stays. */
export function cleaned(path: string): string {
  if (!/\/\/|\/\.\.?(\/|$)/.test(path) && path.startsWith('/')) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const end = path.endsWith('/') && parts.length > 0 ? '/' : '';
  return `/${parts.join('/')}${end}`;
}

/** A path without its percent signs; as it is where they mean nothing. */
export function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Reads a decoded path. `search` is the query of version 1, which has the id there. */
export function asked(path: string, search: string): Asked {
  if (path.startsWith('/v2/credentials/'))
    return { is: 'credentials', version: 2, id: path.slice('/v2/credentials/'.length) };
  const [, root = '', id = '', ...rest] = path.split('/');
  if (root === 'v3' || root === 'v4') return askedOf(root === 'v3' ? 3 : 4, path, [id, ...rest]);
  if (root === 'api') return askedOfAgent(id, rest);
  if (path === '/v1/credentials') {
    const given = new URLSearchParams(search).get('id') ?? '';
    return { is: 'credentials', version: 1, id: given };
  }
  return /^\/v2\/(metadata|stats)(\/.*)?$|^\/v2\/metadataWithTags\/?$/.test(path)
    ? { is: 'byAddress' }
    : nothing;
}

function askedOf(version: 3 | 4, path: string, [id = '', ...rest]: string[]): Asked {
  const base = { version, id };
  switch (rest.join('/')) {
    case '':
      // `/v4` names nothing, `/v4/` the container without an id, `/v4/<id>/` nothing again.
      return path.split('/').length === 3 ? { is: 'container', ...base } : nothing;
    case 'task':
      return { is: 'task', ...base, withTags: false };
    case 'taskWithTags':
      return { is: 'task', ...base, withTags: true };
    case 'stats':
      return { is: 'containerStats', ...base };
    case 'task/stats':
      return { is: 'taskStats', ...base };
    default:
      return rest[0] === 'associations' ? askedOfAssociations(base, rest.slice(1)) : nothing;
  }
}

function askedOfAssociations(
  base: { version: 3 | 4; id: string },
  [type, name, ...more]: string[],
): Asked {
  if (type === undefined || more.length > 0) return nothing;
  return name === undefined
    ? { is: 'associations', ...base }
    : { is: 'association', ...base, type, name };
}

const operations = ['start', 'stop', 'status'] as const;
const faults = ['network-blackhole-port', 'network-latency', 'network-packet-loss'];

function askedOfAgent(id: string, rest: string[]): Asked {
  if (rest.join('/') === 'task-protection/v1/state') return { is: 'protection', id };
  const [area, version, fault = '', word, ...more] = rest;
  const operation = operations.find((known) => known === word);
  const isFault = area === 'fault' && version === 'v1' && faults.includes(fault);
  return isFault && operation && more.length === 0
    ? { is: 'fault', id, fault, operation }
    : nothing;
}

/**
 * A path as it may be written down: without the ids in it, which work as keys for whoever knows them.
 */
export function withoutIds(path: string): string {
  if (path.startsWith('/v2/credentials/')) return '/v2/credentials';
  const [, root = '', , ...rest] = path.split('/');
  const isById = root === 'v3' || root === 'v4' || root === 'api';
  return (isById ? ['', root, ...rest].join('/') : path).replace(uuids, '');
}

/** Endpoint ids and ids of credentials are UUIDs. */
const uuids = /\/?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
