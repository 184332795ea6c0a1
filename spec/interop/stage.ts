import { mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { TaskReport } from '../../machines/report/model.ts';
import { type WireTask, wireTaskOf } from '../../transport/acs/task-definition.ts';
import { labels } from '../../transport/docker/translate.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realRandom } from '../../transport/host/random.ts';
import { pauseReference } from '../../transport/pause/image.ts';
import { libraryOf } from '../support/engine.ts';
import { testImage } from '../support/engine-plans.ts';
import { AgentProcess } from '../support/process.ts';
import { Events } from './events.ts';
import { Plane, type Told } from './plane.ts';

/** Clock and chance, as the product reads them. */
export const pulse = { clock: realClock(), random: realRandom };

/** A container definition as `register-task-definition` takes it, without what all have in common. */
export type Definition = { name: string; command?: string[] } & Record<string, unknown>;

/** A command of a shell script; of programs there is only busybox. */
export const script = (text: string): string[] => ['/bin/busybox', 'sh', '-c', text];

/** Runs until SIGTERM, then ends with this code. */
export const untilTerm = (code: number): string[] =>
  script(`trap "exit ${code}" TERM; while :; do /bin/busybox sleep 1 & wait $!; done`);

/** Ends with this code after so many seconds. */
export const ends = (code: number, seconds = 0): string[] =>
  script(`/bin/busybox sleep ${seconds}; exit ${code}`);

/**
 * An agent process, the control plane that it speaks to, and a real Engine. All that its tasks leave
 * behind goes with {@link Stage.close}.
 */
export class Stage {
  readonly cluster = `interop-${pulse.random.uuid().slice(0, 8)}`;
  readonly plane = new Plane(pulse, this.cluster);
  readonly engine: Docker;
  readonly dockerHost: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'interop-'));
  /** The latest agent. */
  agent: AgentProcess | undefined;
  readonly #environment: Record<string, string>;
  /** What runs the agent, e.g. in a namespace. */
  readonly #through: string[];
  readonly #arns: string[] = [];
  #hadPause = true;

  constructor(
    dockerHost: string,
    environment: Record<string, string> = {},
    through: string[] = [],
  ) {
    this.dockerHost = dockerHost;
    this.#through = through;
    this.engine = libraryOf(dockerHost);
    this.#environment = environment;
  }

  async open(): Promise<this> {
    this.#hadPause = await isThere(this.engine.getImage(pauseReference));
    await this.plane.open();
    return this;
  }

  /** What the agent is given, but for what is given here. */
  environment(more: Record<string, string> = {}): Record<string, string> {
    return {
      ECS_CLUSTER: this.cluster,
      ECS_BACKEND_HOST: this.plane.url,
      AWS_DEFAULT_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
      DOCKER_HOST: this.dockerHost,
      ECS_DATADIR: join(this.folder, 'data'),
      ECS_EXTERNAL: 'true',
      ECS_IMAGE_PULL_BEHAVIOR: 'prefer-cached',
      ECS_INTROSPECTION_PORT: '0',
      ECS_DISABLE_IMAGE_CLEANUP: 'true',
      ...this.#environment,
      ...more,
    };
  }

  /** Starts an agent, on what the one before has saved. */
  start(more: Record<string, string> = {}): AgentProcess {
    this.agent = this.command([], more);
    return this.agent;
  }

  /** Runs another command of the executable, as the agent is run. */
  command(words: string[], more: Record<string, string> = {}): AgentProcess {
    return new AgentProcess(words, this.environment(more), this.#through);
  }

  /** Kills the agent in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.agent?.signal('SIGKILL');
    await this.plane.parted();
  }

  /** Makes a task of these containers, without placing it. */
  define(containers: Definition[], more: Record<string, unknown> = {}): WireTask {
    const arn = this.plane.arnOf(pulse.random.uuid().replaceAll('-', ''));
    this.#arns.push(arn);
    const containerDefinitions = containers.map((container) => ({
      ...{ image: testImage, essential: true },
      ...container,
    }));
    return wireTaskOf({ family: 'interop', containerDefinitions, ...more }, { arn, version: '1' });
  }

  /** Places a task of these containers, or one that {@link define} has made. */
  run(containers: Definition[] | WireTask, more: Record<string, unknown> = {}): Placed {
    const task = Array.isArray(containers) ? this.define(containers, more) : containers;
    this.plane.run(task);
    return new Placed(this, task.arn);
  }

  /** The Engine's containers of this stage, running or not. */
  containers(taskArn?: string): Promise<Docker.ContainerInfo[]> {
    const label = [
      `${labels.cluster}=${this.cluster}`,
      ...(taskArn ? [`${labels.taskArn}=${taskArn}`] : []),
    ];
    return this.engine.listContainers({ all: true, filters: { label } });
  }

  /** Follows what the Engine says of the containers of this stage from now on. */
  async events(): Promise<Events> {
    const filters = JSON.stringify({
      type: ['container'],
      label: [`${labels.cluster}=${this.cluster}`],
    });
    return new Events(await this.engine.getEvents({ filters }));
  }

  async close(): Promise<void> {
    await this.agent?.signal('SIGKILL');
    await this.plane.close();
    try {
      for (const { Id } of await this.containers())
        await this.engine.getContainer(Id).remove({ force: true, v: true });
      if (!this.#hadPause) await removed(this.engine.getImage(pauseReference));
    } finally {
      this.#forget();
    }
  }

  #forget(): void {
    for (const arn of this.#arns) removeCgroups(arn.split('/').at(-1) ?? '');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A task that the control plane has placed. */
export class Placed {
  readonly arn: string;
  readonly #stage: Stage;

  constructor(stage: Stage, arn: string) {
    this.#stage = stage;
    this.arn = arn;
  }

  get id(): string {
    return this.arn.split('/').at(-1) ?? '';
  }

  stop(): void {
    this.#stage.plane.stop(this.arn);
  }

  /** The first report of the task with this status; resolves when it is there. */
  async told(status: TaskReport['status']): Promise<TaskReport> {
    return this.report((report) => report.status === status);
  }

  /** The first report that is as it says; resolves when it is there. */
  async report(is: (report: TaskReport) => boolean): Promise<TaskReport> {
    const find = () => this.reports().find(is);
    await this.#stage.plane.until(() => find() !== undefined);
    const found = find();
    if (!found) throw new Error('a report has gone');
    return found;
  }

  reports(): TaskReport[] {
    return this.#stage.plane.of(this.arn);
  }

  /** What was told of a container, the first time with this status; resolves when it is there. */
  async toldOf(name: string, status: Told['status']): Promise<Told> {
    const find = (report: TaskReport) =>
      report.containers.find((container) => container.name === name && container.status === status);
    const found = find(await this.report((report) => find(report) !== undefined));
    if (!found) throw new Error('a report has gone');
    return found;
  }

  /** What the Engine has of a container. */
  async inspect(name: string): Promise<Docker.ContainerInspectInfo> {
    const listed = await this.#stage.containers(this.arn);
    const found = listed.find(({ Labels }) => Labels[labels.containerName] === name);
    if (!found) throw new Error(`the Engine has no container ${name}`);
    return this.#stage.engine.getContainer(found.Id).inspect();
  }

  /** What a container has written to its standard output. */
  async output(name: string): Promise<string> {
    const { Id } = await this.inspect(name);
    return textOf(await this.#stage.engine.getContainer(Id).logs({ stdout: true }));
  }

  /** Runs a shell script inside a container that runs. */
  async inside(name: string, text: string): Promise<{ code: number | null; output: string }> {
    const { Id } = await this.inspect(name);
    const options = { Cmd: script(text), AttachStdout: true };
    const exec = await this.#stage.engine.getContainer(Id).exec(options);
    const chunks: Buffer[] = [];
    for await (const chunk of await exec.start({})) chunks.push(Buffer.from(chunk));
    return { code: (await exec.inspect()).ExitCode, output: textOf(Buffer.concat(chunks)) };
  }
}

/** Each piece has a head of eight bytes, the last four of which are its length. */
function textOf(pieces: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= pieces.length; at += 8 + pieces.readUInt32BE(at + 4))
    text += pieces.toString('utf8', at + 8, at + 8 + pieces.readUInt32BE(at + 4));
  return text;
}

/** Whether the Engine has it: an image, a volume, a container. */
export const isThere = (of: { inspect(): Promise<unknown> }): Promise<boolean> =>
  of.inspect().then(
    () => true,
    () => false,
  );

/** Takes away what may be gone already, or still in use by another. */
export const removed = (what: { remove(): Promise<unknown> }): Promise<unknown> =>
  what.remove().catch(() => undefined);

const cgroupTree = '/sys/fs/cgroup';

/** An agent that was killed leaves the cgroups of its tasks; the kernel empties them in its own time. */
function removeCgroups(taskId: string): void {
  const attempt = (path: string) => {
    try {
      rmdirSync(path);
    } catch {}
  };
  for (const tree of readdirSync(cgroupTree)) attempt(join(cgroupTree, tree, 'ecs', taskId));
}
