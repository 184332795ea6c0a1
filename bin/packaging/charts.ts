// Draws the charts of the machines, and the tree of actors, into .readme/ from their definitions.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { admissionMachine } from '../../machines/admission/machine.ts';
import { agentMachine } from '../../machines/agent/machine.ts';
import { containerMachine } from '../../machines/container/machine.ts';
import { healthMachine } from '../../machines/health/machine.ts';
import { imagesMachine } from '../../machines/image/machine.ts';
import { instanceMachine } from '../../machines/instance/machine.ts';
import { planeMachine } from '../../machines/plane/machine.ts';
import { reportMachine } from '../../machines/report/machine.ts';
import { resourceMachine } from '../../machines/resource/machine.ts';
import { sessionMachine } from '../../machines/session/machine.ts';
import { spotMachine } from '../../machines/spot/machine.ts';
import { taskMachine } from '../../machines/task/machine.ts';
import { telemetryMachine } from '../../machines/telemetry/machine.ts';
import { updateMachine } from '../../machines/update/machine.ts';
import { watchMachine } from '../../machines/watch/machine.ts';
import { type Graph, graphOf, type Node } from './chart-graph.ts';
import { svgOf } from './chart-svg.ts';

/** Every machine by the name of its picture. */
export const machines: Record<string, AnyStateMachine> = {
  agent: agentMachine,
  task: taskMachine,
  container: containerMachine,
  resource: resourceMachine,
  admission: admissionMachine,
  images: imagesMachine,
  session: sessionMachine,
  telemetry: telemetryMachine,
  health: healthMachine,
  report: reportMachine,
  watch: watchMachine,
  instance: instanceMachine,
  spot: spotMachine,
  update: updateMachine,
  plane: planeMachine,
};

const actor = (name: string, ...lines: string[]): Node => ({
  id: name,
  name,
  kind: 'plain',
  tone: 'passing',
  lines,
  children: [],
  initial: null,
});

/** Who spawns whom; each line says what for. */
const actorTree: Graph = {
  root: {
    ...actor('actors'),
    name: 'the tree of actors',
    children: [
      actor('agent', 'registers, takes payloads'),
      actor('session', 'keeps ACS connected'),
      actor('telemetry', 'tells ECS what tasks use'),
      actor('health', 'looks after the instance'),
      actor('watch', 'follows the Engine’s events'),
      actor('spot', 'drains an interrupted instance'),
      actor('admission', 'who holds what of the host'),
      actor('images', 'removes what tasks leave behind'),
      actor('update', 'fetches a new version'),
      actor('journal', 'writes one batch a turn'),
      actor('task', 'one for each task'),
      actor('outbox', 'one for each task: tells ECS'),
      actor('container', 'one for each container'),
      actor('resource', 'one for each volume and cgroup'),
    ],
  },
  edges: [
    ...['session', 'telemetry', 'health', 'watch', 'spot', 'admission', 'images', 'update']
      .concat(['journal', 'task', 'outbox'])
      .map((target) => ({ source: 'agent', target, labels: [] })),
    { source: 'task', target: 'container', labels: [] },
    { source: 'task', target: 'resource', labels: [] },
  ],
};

/** All pictures: their file names and what is in the files. */
export async function draw(): Promise<Record<string, string>> {
  const charts = Object.entries(machines).map(
    async ([name, machine]) =>
      [`${name}.svg`, await svgOf(graphOf(machine), `The ${name} chart`)] as const,
  );
  const tree = svgOf(actorTree, 'The tree of actors').then((svg) => ['actors.svg', svg] as const);
  return Object.fromEntries(await Promise.all([...charts, tree]));
}

if (process.argv[1]?.endsWith('charts.ts')) {
  const folder = join(import.meta.dirname, '../../.readme');
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(await draw())) {
    writeFileSync(join(folder, name), svg);
    console.log(`.readme/${name}`);
  }
}
