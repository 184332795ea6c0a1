import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { expect } from 'chai';
import { sortRows } from '../../../actors/restore.ts';
import { callsOf } from '../../../bin/commands/calls.ts';
import { openTaskDoor, type TaskServerParts } from '../../../bin/commands/task-door.ts';
import { readConfig } from '../../../bin/config/config.ts';
import { World } from '../../../bin/world/world.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { freePort, listen } from '../../support/loopback.ts';

const nothing = () => {};

describe('the server for tasks, as the agent opens it', () => {
  let world: World;
  let errors: string[];
  let folder: string;
  beforeEach(async () => {
    world = new World();
    await world.start();
    errors = [];
    folder = mkdtempSync(join(tmpdir(), 'door-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (port: number, more: Record<string, string> = {}) => {
    if (!world.agent) throw new Error('the world has not begun');
    const environment = { ECS_TASK_METADATA_PORT: String(port), ...more };
    const error = (message: string) => errors.push(message);
    const own = {
      config: { ...readConfig(environment, 'linux').config, region: 'us-west-2' },
      clock: realClock(),
      log: { debug: nothing, info: nothing, warn: nothing, error },
    };
    const parts: TaskServerParts = {
      ...own,
      calls: callsOf(own, world.host),
      store: world.store,
      saved: sortRows([]),
      docker: world.engine.port('specs'),
    };
    return openTaskDoor(world.agent, parts);
  };
  const quiet = { ECS_AUDIT_LOGFILE_DISABLED: 'true' };
  const statusAt = (port: number) =>
    fetch(`http://127.0.0.1:${port}/v1/credentials`).then(
      ({ status }) => status,
      () => null,
    );

  it('answers until it is closed', async () => {
    const port = await freePort();
    const door = open(port, quiet);
    while ((await statusAt(port)) === null) await passed(10);
    expect(await statusAt(port)).to.equal(400);
    await door.close();
    expect(await statusAt(port)).to.equal(null);
  });

  it('takes its port as soon as another has left it, and says so meanwhile', async () => {
    const other = await listen((_, response) => response.writeHead(404).end());
    const port = Number(new URL(other.url).port);
    const door = open(port, quiet);
    while (errors.length === 0) await passed(10);
    expect(errors[0]).to.match(/^The task metadata server cannot listen on 127\.0\.0\.1:\d+: /);
    await other.close();
    while ((await statusAt(port)) === null) await passed(50);
    expect(await statusAt(port)).to.equal(400);
    await door.close();
  });

  it('is closed while it still waits for its port', async () => {
    const other = await listen();
    const door = open(Number(new URL(other.url).port), quiet);
    while (errors.length === 0) await passed(10);
    await door.close();
    await other.close();
    expect(errors).to.have.lengthOf(1);
  });

  it('writes down who asked for credentials', async () => {
    const port = await freePort();
    const file = join(folder, 'audit.log');
    const write = process.stdout.write.bind(process.stdout);
    const echoed: string[] = [];
    process.stdout.write = ((text: string, ...more: []) =>
      / "\/v1\/credentials" /.test(text) ? echoed.push(text) > 0 : write(text, ...more)) as never;
    try {
      const door = open(port, { ECS_AUDIT_LOGFILE: file });
      while ((await statusAt(port)) === null) await passed(10);
      await door.close();
    } finally {
      process.stdout.write = write;
    }
    expect(readFileSync(file, 'utf8')).to.match(/ 400 \S+ "\/v1\/credentials" "node" - /);
    expect(echoed.join('')).to.equal(readFileSync(file, 'utf8'));
  });

  it('is not there where its port is 0', async () => {
    await open(0).close();
    expect(errors).to.deep.equal([]);
  });
});
