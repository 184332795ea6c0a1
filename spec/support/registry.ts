import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type Docker from 'dockerode';

/** Name and password of the one user of a registry. */
export interface Login {
  username: string;
  password: string;
}

/** How a registry of a spec is started. */
export interface RegistrySetup {
  /** Who may push and pull; without one, all may. */
  login?: Login;
  /** Whether it speaks TLS, with a certificate that the Engine is made to trust unless told not to. */
  tls?: boolean;
  trusted?: boolean;
  /**
   * The address it listens at, of loopback if none is given. There the Engine is content with any
   * certificate, and turns to plain HTTP if TLS fails; see {@link bridgeOf} for another one.
   */
  host?: string;
  /** The Engine that shall reach it, where that is not the default one. */
  dockerHost?: string;
}

/** A registry of container images, for specs. */
export interface SpecRegistry {
  /** E.g. `127.0.0.1:<port>`: the first part of the references of its images. */
  address: string;
  /** What it was asked, and how it answered: `GET /v2/web/manifests/1 200`. */
  requests: string[];
  stop(): Promise<void>;
}

/** What the Engine says of a push, line by line. */
interface PushLine {
  aux?: { Digest?: string };
  error?: string;
}

/** Where Docker looks for the certificates of registries, a folder for each. */
const certificates = '/etc/docker/certs.d';
const daemon = '/usr/bin/docker-registry';

/**
 * Ends a hook or spec where there is no registry to start: as not run, except in continuous
 * integration, where that is a failure.
 */
export function requireRegistry(context: Mocha.Context): void {
  if (existsSync(daemon)) return;
  const missing = `no registry can be started (${daemon} of Debian's docker-registry needed)`;
  if (process.env.CI === 'true') throw new Error(missing);
  console.warn(`    not run: ${missing}`);
  context.skip();
}

/** The Engine's own address on the network of its containers, which others do not reach. */
export async function bridgeOf(engine: Docker): Promise<string> {
  const { IPAM } = await engine.getNetwork('bridge').inspect();
  const { Gateway, Subnet = '' } = IPAM?.Config?.[0] ?? {};
  // An Engine that has just made its bridge names the subnet only; it takes the first address.
  const address = Gateway ?? Subnet.replace(/\.0\/\d+$/, '.1');
  if (address === '') throw new Error('the Engine has no bridge with an address');
  return address;
}

/** Starts an empty registry on a free port. */
export async function startRegistry(setup: RegistrySetup = {}): Promise<SpecRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  const { login, tls = false, trusted = true, dockerHost, host = '127.0.0.1' } = setup;
  const certificate = tls ? makeCertificate(folder, host) : null;
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(configOf(folder, { tls, host, ...(login && { login }) })));
  const [command = daemon, ...words] = [...enter(dockerHost), daemon, 'serve', file];
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = endOf(child, folder);
  const requests = requestsTo(child);
  try {
    const address = await untilListening(child);
    if (certificate === null || !trusted) return { address, requests, stop };
    const forget = trust(address, certificate);
    return { address, requests, stop: () => stop().finally(forget) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Pushes an image that the Engine has as `<address>/<path>:<tag>`, and takes that reference out of
 * the Engine again. Answers the digest that the registry gave it.
 */
export async function push(
  { engine, registry, login }: { engine: Docker; registry: SpecRegistry; login?: Login },
  image: string,
  { path, tag }: { path: string; tag: string },
): Promise<string> {
  const repo = `${registry.address}/${path}`;
  await engine.getImage(image).tag({ repo, tag });
  const pushed = engine.getImage(`${repo}:${tag}`);
  try {
    // The Engine refuses a push without this, even where nobody needs to log in.
    const authconfig = { username: '', password: '', serveraddress: registry.address, ...login };
    const progress = await pushed.push({ authconfig });
    const lines: PushLine[] = await new Promise((resolve, reject) =>
      engine.modem.followProgress(progress, (error, all) => (error ? reject(error) : resolve(all))),
    );
    const digest = lines.map(({ aux }) => aux?.Digest).find((found) => found !== undefined);
    if (digest === undefined) throw new Error(lines.at(-1)?.error ?? 'no digest is told');
    return digest;
  } finally {
    await pushed.remove();
  }
}

/** A private Engine of the specs is in a network namespace of its own, and so must its registry be. */
function enter(dockerHost = ''): string[] {
  const pidFile = join(dirname(dockerHost.replace('unix://', '')), 'pid');
  if (dockerHost === '' || !existsSync(pidFile)) return [];
  return ['nsenter', `--net=/proc/${readFileSync(pidFile, 'utf8').trim()}/ns/net`, '--'];
}

/** Makes the Engine trust a registry's certificate; the answer undoes it. */
function trust(address: string, certificate: string): () => void {
  const folder = join(certificates, address);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'ca.crt'), certificate);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** JSON is YAML, which the registry reads. */
function configOf(folder: string, { login, tls, host }: RegistrySetup): object {
  const shown = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  if (login) writeFileSync(join(folder, 'htpasswd'), `${login.username}:${bcrypt(login.password)}`);
  return {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: `${host}:0`, secret: 'specs', ...(tls && { tls: shown }) },
    ...(login && { auth: { htpasswd: { realm: 'specs', path: join(folder, 'htpasswd') } } }),
  };
}

/** The only hash that the registry takes. Perl, which every Debian has, makes it by the C library. */
const bcrypt = (password: string): string =>
  execFileSync('perl', ['-e', 'print crypt(<STDIN>, q($2b$05$abcdefghijklmnopqrstuu))'], {
    input: password,
    encoding: 'utf8',
  });

/** A certificate that vouches for itself. */
function makeCertificate(folder: string, host: string): string {
  const file = join(folder, 'cert.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=registry of specs', '-addext', `subjectAltName=IP:${host}`];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', file];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...names, ...files], {
    stdio: 'ignore',
  });
  return readFileSync(file, 'utf8');
}

/** Answers the address once it listens; rejects with the last that it said if it ends before. */
async function untilListening(child: ChildProcess): Promise<string> {
  const { stderr } = child;
  if (!stderr) throw new Error('the registry has no error output');
  let last = '';
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error(`the registry does not start: ${last}`)));
    // Read on for as long as it runs, or it would wait for a reader.
    createInterface(stderr).on('line', (line) => {
      last = line;
      const address = /listening on ([\d.]+:\d+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
}

/** Reads the registry's log of requests, in the common format of web servers. */
function requestsTo({ stdout }: ChildProcess): string[] {
  const requests: string[] = [];
  if (!stdout) throw new Error('the registry has no output');
  createInterface(stdout).on('line', (line) => {
    const [, asked, status] = /"(\w+ \S+) HTTP\/[\d.]+" (\d+)/.exec(line) ?? [];
    if (asked !== undefined) requests.push(`${asked} ${status}`);
  });
  return requests;
}

function endOf(child: ChildProcess, folder: string): () => Promise<void> {
  const closed = once(child, 'close').catch(() => undefined);
  return async () => {
    child.kill('SIGKILL'); // it keeps nothing that anyone needs
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
}
