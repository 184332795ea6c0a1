import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { linesOf } from '../../../transport/docker/events.ts';
import type { EnginePort } from '../../../transport/docker/port.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { clientOf } from '../../support/engine.ts';

describe('the simulated Engine’s HTTP face', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const images = ['web:1', `db@${digest}`];
  let engine: SimEngine;
  let folder: string;
  let close: () => Promise<void>;
  beforeEach(async () => {
    engine = new SimEngine({ clock: realClock(), random: realRandom, images });
    folder = mkdtempSync(join(tmpdir(), 'sim-http-'));
    close = await serveEngine(engine, join(folder, 'engine.sock'));
  });
  afterEach(async () => {
    await close();
    rmSync(folder, { recursive: true });
  });

  const open = async (method: string, path: string, body = ''): Promise<IncomingMessage> => {
    const asked = request({ socketPath: join(folder, 'engine.sock'), method, path });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response;
  };
  const ask = async (method: string, path: string, body?: string) => {
    const response = await open(method, path, body);
    return { status: response.statusCode, body: await text(response) };
  };
  const filters = (given: object) => `filters=${encodeURIComponent(JSON.stringify(given))}`;
  const web = (label: string) => ({ Image: 'web:1', Labels: { is: label } });

  it('answers a ping, with a version in the path or without', async () => {
    expect(await ask('GET', '/_ping')).to.deep.equal({ status: 200, body: 'OK' });
    expect(await ask('GET', '/v1.41/_ping')).to.deep.equal({ status: 200, body: 'OK' });
  });

  it('answers what it cannot read with 400, and what it does not know with 404', async () => {
    const unread = [
      await ask('POST', '/containers/create?name=a', '{"Image'),
      await ask('GET', '/containers/json?filters=%7B'),
      await ask('GET', '/containers/%ZZ/json'),
    ];
    expect(unread.map(({ status }) => status)).to.deep.equal([400, 400, 400]);
    for (const { body } of unread) expect(JSON.parse(body).message).to.be.a('string');
    expect((await ask('GET', '/swarm')).status).to.equal(404);
  });

  it('answers each step of a life with the Engine’s status, and with 304 what was done before', async () => {
    const made = () => ask('POST', '/containers/create?name=a', JSON.stringify(web('one')));
    const statuses: unknown[] = [];
    for (const step of [
      made,
      made,
      () => ask('POST', '/containers/a/start'),
      () => ask('POST', '/containers/a/start'),
      () => ask('DELETE', '/containers/a'),
      () => ask('POST', '/containers/a/stop?t=1'),
      () => ask('POST', '/containers/a/stop?t=1'),
      () => ask('DELETE', '/containers/a'),
      () => ask('DELETE', '/containers/a'),
    ])
      statuses.push((await step()).status);
    expect(statuses).to.deep.equal([201, 409, 204, 304, 409, 204, 304, 204, 404]);
  });

  it('pulls by tag and by digest, and not what it has no image for', async () => {
    const pull = async (image: string, tag: string) =>
      (await ask('POST', `/images/create?fromImage=${image}&tag=${tag}`)).status;
    expect([await pull('web', '1'), await pull('db', digest)]).to.deep.equal([200, 200]);
    expect([await pull('web', '2'), await pull('127.0.0.1:1/web', '1')]).to.deep.equal([404, 500]);
  });

  it('lists what runs, or all, of the labels that are asked for', async () => {
    for (const name of ['idle', 'busy']) engine.core.create(name, web('one'));
    engine.core.create('other', web('two'));
    engine.core.start('busy');
    engine.core.start('other');
    const list = async (query: string) =>
      (JSON.parse((await ask('GET', `/containers/json?${query}`)).body) as { Names: string[] }[])
        .flatMap(({ Names }) => Names)
        .sort();
    const one = filters({ label: ['is=one'] });
    expect(await list(one)).to.deep.equal(['/busy']);
    expect(await list(`all=true&${one}`)).to.deep.equal(['/busy', '/idle']);
    expect(await list('all=1')).to.deep.equal(['/busy', '/idle', '/other']);
  });

  it('tells what happened since a time', async () => {
    engine.core.create('early', web('one'));
    const since = realClock().now() / 1_000 + 1;
    const told = async (query: string) => {
      const stream = await open('GET', `/events?${query}`);
      engine.core.create(`late ${query}`, web('one'));
      for await (const line of linesOf(stream)) return JSON.parse(line).Actor.Attributes.name;
    };
    expect(await told(`since=${since - 1_000}`)).to.equal('early');
    expect(await told(`since=${since}`)).to.equal(`late since=${since}`);
  });

  it('streams the events of the actions and labels that are asked for, at their time', async () => {
    const query = filters({ label: ['is=one'], event: ['start', 'die'] });
    const stream = await open('GET', `/events?${query}`);
    for (const label of ['two', 'one']) {
      engine.core.create(label, web(label));
      engine.core.start(label);
      engine.core.exit(label, 6);
    }
    const events = [];
    for await (const line of linesOf(stream)) {
      events.push(JSON.parse(line));
      if (line.includes('"die"')) break;
    }
    expect(events.map(({ Action, Actor }) => [Action, Actor.Attributes.name])).to.deep.equal([
      ['start', 'one'],
      ['die', 'one'],
    ]);
    const [{ time, timeNano }] = events;
    expect(time).to.equal(Math.floor(timeNano / 1e9));
    expect(realClock().now() / 1_000 - time).to.be.within(0, 10);
  });

  describe('to the Docker client', () => {
    let port: EnginePort;
    beforeEach(() => {
      port = clientOf(`unix://${folder}/engine.sock`, 'specs');
    });
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => 'answered',
        ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
      );
    const login = { username: 'AWS', password: 'right', serverAddress: 'https://registry.example' };

    it('gives images to those with the right login, with the progress of their layers', async () => {
      const { username, password } = login;
      engine.core.registry.set('web:2', { digest, layers: 2, login: { username, password } });
      const told: string[] = [];
      const progress = ({ done, all }: { done: number; all: number }) =>
        told.push(`${done}/${all}`);
      const options = { login, inactivityMs: 1_000, progress };
      expect(await port.resolveDigest('web:2', login)).to.equal(digest);
      expect(await codeOf(port.pull('web:2', { ...options, login: null }))).to.include('denied');
      await port.pull('web:2', options);
      expect(told).to.deep.equal(['0/1', '0/2', '1/2', '2/2']);
      const facts = await port.inspectImage(`web@${digest}`);
      expect([facts?.tags, facts?.digests]).to.deep.equal([['web:2'], [`web@${digest}`]]);
    });

    it('tells no digest where the registry has none', async () => {
      expect(await port.resolveDigest('web:1', null)).to.equal(null);
    });

    it('fails a pull that stalls, and one for which there is no room', async () => {
      const options = { login: null, inactivityMs: 50 };
      engine.core.registry.stallNext('web:1');
      expect(await codeOf(port.pull('web:1', options))).to.include('inactivity time exceeded');
      engine.core.setDiskFull(true);
      const full = await codeOf(port.pull('web:1', options));
      expect(full).to.match(/^DOCKER_REFUSED .*no space left on device$/);
    });

    it('breaks calls and streams while it cannot be reached', async () => {
      const broken = new Promise((resolve) => {
        const opened = () => engine.setReachable(false);
        const on = { since: null, opened, event: () => {} };
        port.watch(on, new AbortController().signal).catch(resolve);
      });
      expect(await broken).to.have.property('code', 'DOCKER_UNREACHABLE');
      expect(await codeOf(port.ping())).to.match(/^DOCKER_UNREACHABLE/);
      engine.setReachable(true);
      expect(await codeOf(port.ping())).to.equal('answered');
    });
  });
});
