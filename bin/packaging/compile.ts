// Leaves beside the built agent what V8 compiles of it in a life with tasks, for the Node.js that runs
// this: then no start has to, and neither have the first tasks.
import { once } from 'node:events';
import { portFinder } from '../../transport/host/ports.ts';
import { onStage, type Stage } from './stage.ts';

/** Each part of it is one that tasks often have. */
const definition = {
  family: 'compile',
  networkMode: 'bridge',
  volumes: [{ name: 'data' }],
  containerDefinitions: [
    {
      name: 'first',
      image: 'compile:local',
      memory: 6,
      essential: false,
      command: ['stay'],
      mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
    },
    {
      name: 'main',
      image: 'compile:local',
      cpu: 10,
      memory: 6,
      command: ['stay'],
      environment: [{ name: 'GREETING', value: 'hello' }],
      portMappings: [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }],
      dependsOn: [{ containerName: 'first', condition: 'START' }],
      logConfiguration: { logDriver: 'json-file', options: { 'max-size': '1m' } },
    },
  ],
};

const tasks = 20;
/** A life that is not over by then hangs. */
const withinMs = 60_000;

async function live({ plane, agent, run, told }: Stage): Promise<void> {
  await plane.connected();
  run(tasks, definition);
  await told('RUNNING');
  plane.stopAll();
  await told('STOPPED');
  agent.kill('SIGTERM');
}

/** An agent that may run on this host keeps both its doors, and the host its control groups. */
const port = await portFinder({ first: 40_000, last: 49_999 })({ count: 2, protocol: 'tcp' });
const environment = {
  ECS_INTROSPECTION_PORT: String(port),
  ECS_TASK_METADATA_PORT: String(port + 1),
  ECS_ENABLE_TASK_CPU_MEM_LIMIT: 'false',
};

await onStage(environment, async (stage) => {
  const ended = once(stage.agent, 'exit');
  const late = setTimeout(() => stage.agent.kill('SIGKILL'), withinMs);
  await Promise.race([live(stage), ended]);
  const [code, signal] = await ended;
  clearTimeout(late);
  if (code !== 0) throw new Error(`The built agent has ended with ${code ?? signal}`);
});
