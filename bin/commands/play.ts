import type { Agent } from '../../actors/agent.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { allStopped, allSucceeded } from '../../machines/plane/decide.ts';
import type { ContainerFigures, PlacedTask, PlaneContext } from '../../machines/plane/model.ts';
import type { WireTask } from '../../transport/acs/task-definition.ts';
import type { DockerPort } from '../../transport/docker/port.ts';
import type { Lines } from './lines.ts';
import type { LocalPlane } from './local-plane.ts';

/** Tasks to run, and all that is needed to run them here. */
export interface Play {
  plane: LocalPlane;
  agent: Agent;
  docker: DockerPort;
  lines: Lines;
  tasks: WireTask[];
  /** End when the tasks have stopped, rather than when the user asks. */
  once: boolean;
}

/**
 * Runs the tasks until they have stopped (`once`) or the user asks to end, then stops what still
 * runs and removes its containers. Answers the exit code.
 */
export async function play({ plane, agent, docker, lines, tasks, once }: Play): Promise<number> {
  const interrupted = interruption(lines);
  const failed = agent.ended.then(({ reason }): never => {
    throw new AgentError('AGENT_ENDED', `The agent ended: ${reason}`);
  });
  // What comes of it later, when it was asked to end, is no failure.
  failed.catch(() => {});
  for (const task of tasks) {
    lines.introduce(task.arn, task.family);
    plane.run(task);
  }
  follow(plane, lines);
  const stopped = plane.until(allStopped).then(() => 'stopped' as const);
  const first = await Promise.race([stopped, interrupted, failed]);
  if (first === 'stopped' && !once) {
    lines.say('All tasks have stopped. Press Ctrl-C to end.');
    await Promise.race([interrupted, failed]);
  }
  const succeeded = first === 'stopped' && allSucceeded(plane.context());
  plane.stopAll();
  await Promise.race([stopped, failed]);
  await Promise.race([agent.clear(), failed]);
  await removeAll(docker, tasks);
  agent.stop();
  await agent.ended;
  return once && !succeeded ? 1 : 0;
}

/** Resolves when the user asks to end; asked again, the process ends at once. */
function interruption(lines: Lines): Promise<'interrupted'> {
  return new Promise((resolve) => {
    const onSignal = () => {
      process.once('SIGINT', () => process.exit(130));
      lines.say('Stopping the tasks; press Ctrl-C again to leave them as they are.');
      resolve('interrupted');
    };
    process.once('SIGINT', onSignal);
    process.once('SIGTERM', onSignal);
  });
}

/** Tells where a container's ports are to be reached, how each task ended, and what runs uses. */
function follow(plane: LocalPlane, lines: Lines): void {
  const told = new Set<string>();
  const once = (key: string, tell: () => void) => {
    if (!told.has(key)) tell();
    told.add(key);
  };
  const show = (task: PlacedTask) => {
    const running = Object.values(task.containers).filter(({ status }) => status === 'RUNNING');
    for (const { name, bindings } of running)
      for (const binding of bindings)
        once(`${task.arn} ${name} ${JSON.stringify(binding)}`, () => lines.address(name, binding));
    if (task.status === 'STOPPED') once(task.arn, () => lines.ending(task));
  };
  void plane.until((context) => {
    Object.values(context.tasks).forEach(show);
    lines.figures(figuresIn(context));
    return false;
  });
}

/** Of the containers that a task definition names and that run now. */
const figuresIn = ({ tasks, figures }: PlaneContext) =>
  Object.values(tasks).map((task) => {
    const runs = ({ name }: ContainerFigures) => task.containers[name]?.status === 'RUNNING';
    return { task, containers: (figures[task.arn] ?? []).filter(runs) };
  });

/** A container whose creation was given up may still appear: it is looked for until none is left. */
async function removeAll(docker: DockerPort, tasks: WireTask[]): Promise<void> {
  for (;;) {
    const listed = await docker.list();
    const left = listed.filter(({ taskArn }) => tasks.some(({ arn }) => arn === taskArn));
    if (left.length === 0) return;
    for (const { runtimeId } of left) await docker.remove(runtimeId);
  }
}
