import { BlockList, isIP } from 'node:net';
import { AgentError } from '../../machines/names/errors.ts';

/** Environment variables as the process has them now. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Raised for what stands between the agent and a service. Codes: `PROXY_INVALID` for a variable that
 * names no proxy, `PROXY_FAILED` for a call that did not get through one.
 */
export class ProxyError extends AgentError {
  constructor(code: 'PROXY_INVALID' | 'PROXY_FAILED', message: string, cause?: unknown) {
    super(code, message, { retry: code === 'PROXY_FAILED', cause });
  }
}

/** Addresses at which an instance and a task are told of themselves: a proxy would tell of itself. */
const neverProxied = ['169.254.169.254', '[fd00:ec2::254]', '169.254.170.2'];
const schemes = ['http:', 'https:', 'socks5:', 'socks5h:'];

/**
 * The proxy for a request, or null where there is to be none: `HTTPS_PROXY`, or failing that
 * `HTTP_PROXY`, for `https:` and `wss:`; `HTTP_PROXY` for the others. Names in upper case come first.
 * `NO_PROXY` is followed, and this host itself is never asked for through a proxy. Throws
 * {@link ProxyError}, which does not show the value: it may hold a password.
 */
export function proxyFor(url: URL, environment: Environment): URL | null {
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const names = secure ? ['HTTPS_PROXY', 'HTTP_PROXY'] : ['HTTP_PROXY'];
  const name = names.find((candidate) => setting(candidate, environment) !== '');
  if (name === undefined || isDirect(url, setting('NO_PROXY', environment))) return null;
  const value = setting(name, environment);
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(address) ? new URL(address) : null;
  if (proxy && proxy.hostname !== '' && schemes.includes(proxy.protocol)) return proxy;
  throw new ProxyError(
    'PROXY_INVALID',
    `${name} must be the address of a proxy such as http://proxy.example.com:3128: correct it or unset it`,
  );
}

/** A proxy's address as it may be shown: without the user and the password. */
export const shownProxy = ({ protocol, host, username }: URL): string =>
  `${protocol}//${username === '' ? '' : '***@'}${host}`;

/** Whether a proxy is one of SOCKS5, and not of HTTP. */
export const isSocks = ({ protocol }: URL): boolean => protocol.startsWith('socks5');

function setting(name: string, environment: Environment): string {
  return (environment[name]?.trim() || environment[name.toLowerCase()]?.trim()) ?? '';
}

/** Whether a request goes to its host without a proxy, whatever proxy there is. */
function isDirect(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/\.$/, '');
  if (host === 'localhost' || isLoopback(host) || neverProxied.includes(host)) return true;
  const port = url.port || (/^(https|wss):$/.test(url.protocol) ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => fits(entry, { host, port }));
}

interface Target {
  host: string;
  port: string;
}

/** Whether an entry of `NO_PROXY` names the target: `*`, a network, an address or a name. */
function fits(entry: string, { host, port }: Target): boolean {
  if (entry === '*') return true;
  if (/^[^/]+\/\d+$/.test(entry)) return isWithin(host, entry);
  const { name, only } = partsOf(entry);
  if (name === '' || (only !== null && only !== port)) return false;
  if (isIP(name)) return isWithin(host, `${name}/${isIP(name) === 6 ? 128 : 32}`);
  if (name.startsWith('.')) return host.endsWith(name);
  return host === name || host.endsWith(`.${name}`);
}

/** `host`, `host:port`, `address`, `[address]:port`; `*.host` is as good as `.host`. */
function partsOf(entry: string): { name: string; only: string | null } {
  if (isIP(entry)) return { name: entry, only: null };
  const [, bracketed, plain = '', only = null] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bracketed ?? plain.replace(/^\*\./, '.'), only };
}

function isWithin(host: string, network: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  const [base = '', bits] = network.split('/');
  const family = familyOf(base);
  if (family === null || familyOf(address) === null) return false;
  if (Number(bits) > (family === 'ipv4' ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family);
  return list.check(address, familyOf(address) ?? family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address);
  if (version === 0) return null;
  return version === 4 ? 'ipv4' : 'ipv6';
}

const isLoopback = (host: string): boolean => isWithin(host, '127.0.0.0/8') || host === '[::1]';
