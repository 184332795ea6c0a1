import { parseImage } from '../../machines/names/image.ts';
import type { RegistryLogin } from '../docker/port.ts';
import { isObject, type JsonObject, Members, readObject } from '../wire/members.ts';

/** The logins that the container instance has for all its tasks. */
export interface EngineAuth {
  /** By registry, without a scheme: a host, or a host and the beginning of a path. */
  logins: Map<string, RegistryLogin>;
  /** What of the configuration is not used and why, for people; never shows a value. */
  warnings: string[];
}

/** The key of Docker Hub, by which alone its images are looked up. */
const dockerHubKey = 'index.docker.io/v1/';
const dockerHubHosts = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];
const anonymous = 'images are pulled without logging in';

/**
 * Reads `ECS_ENGINE_AUTH_TYPE` and `ECS_ENGINE_AUTH_DATA`. The types `docker` (registry to
 * `{username, password}`) and `dockercfg` (registry to `{auth}`, base64 of `user:password`) are read
 * alike, as people mix them up; so is a whole `config.json` of Docker, with `auths` around the map.
 * Never fails: what cannot be used is told in `warnings`.
 */
export function readEngineAuth(authType: string, authData: string): EngineAuth {
  const type = authType.trim();
  if (type === '') return { logins: new Map(), warnings: [] };
  if (type !== 'docker' && type !== 'dockercfg')
    return unusable('ECS_ENGINE_AUTH_TYPE is neither docker nor dockercfg');
  const data = readMap(authData);
  if (data === null)
    return unusable('ECS_ENGINE_AUTH_DATA is not a JSON object of registries and their logins');
  const auth: EngineAuth = { logins: new Map(), warnings: [] };
  for (const [registry, entry] of Object.entries(data)) readEntry(auth, registry, entry);
  return auth;
}

/**
 * The login for an image. Those of Docker Hub have one key; else the longest key that the image's
 * name begins with, or failing that any key of its host: the shortest, then the first by letters.
 */
export function loginOf({ logins }: EngineAuth, image: string): RegistryLogin | null {
  const { host, path } = parseImage(image);
  if (dockerHubHosts.includes(host)) return logins.get(dockerHubKey) ?? null;
  const keys = [...logins.keys()].filter((key) => hostOf(key) === host);
  const fitting = keys.filter((key) => `${host}/${path}`.startsWith(key)).sort(byLength);
  const best = fitting.at(-1) ?? keys.sort(byLength)[0];
  return best === undefined ? null : (logins.get(best) ?? null);
}

const unusable = (because: string): EngineAuth => ({
  logins: new Map(),
  warnings: [`${because}: ${anonymous}`],
});

/** The map of registries; null where there is none. */
function readMap(text: string): JsonObject | null {
  try {
    const data = readObject(unquoted(text), 'ECS_ENGINE_AUTH_DATA');
    return isObject(data.auths) ? data.auths : data;
  } catch {
    return null; // the parser's error is not shown: it may quote the text
  }
}

/** A file of variables may keep the quotes around the value, which a shell would take away. */
function unquoted(text: string): string {
  const trimmed = text.trim();
  if (/^'.*'$/s.test(trimmed)) return trimmed.slice(1, -1);
  if (!/^".*"$/s.test(trimmed)) return trimmed;
  const once: unknown = JSON.parse(trimmed);
  return typeof once === 'string' ? once : trimmed;
}

function readEntry({ logins, warnings }: EngineAuth, registry: string, entry: unknown): void {
  const key = registry.replace(/^https?:\/\//, '');
  const warn = (because: string) =>
    warnings.push(`ECS_ENGINE_AUTH_DATA: the entry for ${shown(key)} is not used: ${because}`);
  const login = isObject(entry) ? readLogin(entry) : null;
  if (login === null) {
    warn('it holds neither username and password nor, in base64, auth of user:password');
    return;
  }
  if (key !== dockerHubKey && dockerHubHosts.includes(hostOf(key))) {
    warn(`Docker Hub goes by the name https://${dockerHubKey}`);
    return;
  }
  logins.set(key, { ...login, serverAddress: key });
}

/** From `username` and `password`, or from `auth`; null where they are missing or no texts. */
function readLogin(entry: JsonObject): { username: string; password: string } | null {
  try {
    const members = new Members(entry, '');
    const username = members.text('username') ?? '';
    const password = members.text('password') ?? '';
    if (username !== '' && password !== '') return { username, password };
    return userAndPassword(members.text('auth') ?? '');
  } catch {
    return null;
  }
}

/** Reads base64 of `user:password`; the first colon divides. Null where it is not that. */
export function userAndPassword(base64: string): { username: string; password: string } | null {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64.replace(/\s/g, ''))) return null;
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return null;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

const hostOf = (key: string): string => key.split('/', 1)[0] ?? key;

/** What stands before an `@` may be a password. */
const shown = (key: string): string => key.slice(key.lastIndexOf('@') + 1);

const byLength = (one: string, other: string): number =>
  one.length - other.length || (one < other ? -1 : 1);
