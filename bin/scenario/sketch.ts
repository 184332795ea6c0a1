import { type WireTask, wireTaskOf } from '../../transport/acs/task-definition.ts';
import { commandOf } from './behaviour.ts';
import type { ContainerSketch, TaskSketch } from './model.ts';

/** The image of containers that name none: a static busybox, and nothing else. */
const usualImage = 'busybox:local';

/** Where a task is placed, and which image stands for all of them; null for those that are named. */
export interface Placing {
  arn: string;
  image: string | null;
}

/** Makes of a task of a scenario what ACS would send of it. */
export function wireOf(name: string, sketch: TaskSketch, { arn, image }: Placing): WireTask {
  const { containers, roles = [], tags: _, payload, ...definition } = sketch;
  const sketches = Object.entries(containers);
  const containerDefinitions = sketches.map(([of, one]) => definitionOf(of, one, image));
  const full = { family: name, ...definition, containerDefinitions };
  const task = wireTaskOf(full, { arn, version: '1' });
  return {
    ...task,
    containers: task.containers.map((one) => ({ ...one, ...containers[one.name]?.payload })),
    ...(roles.includes('task') && { roleCredentials: keysOf(name, 'task') }),
    ...(roles.includes('execution') && { executionRoleCredentials: keysOf(name, 'execution') }),
    ...payload,
  };
}

function definitionOf(name: string, sketch: ContainerSketch, image: string | null) {
  const { does, dependsOn, payload: _, ...members } = sketch;
  const isSilent = !Object.hasOwn(members, 'command') && !Object.hasOwn(members, 'entryPoint');
  const command = does !== undefined || isSilent ? { command: commandOf(does ?? '') } : {};
  return {
    ...{ name, image: usualImage },
    ...command,
    ...members,
    ...(image !== null && { image }),
    ...(dependsOn && { dependsOn: Array.isArray(dependsOn) ? dependsOn : listOf(dependsOn) }),
  };
}

const listOf = (conditions: Record<string, string>) =>
  Object.entries(conditions).map(([containerName, condition]) => ({ containerName, condition }));

/** Credentials of a role as ACS carries them: of no account, and the same each time. */
export const keysOf = (task: string, role: 'task' | 'execution') => ({
  credentialsId: `${task}-${role}`,
  roleArn: `arn:aws:iam::123456789012:role/${task}-${role}`,
  accessKeyId: 'AKIDOFASCENARIO',
  secretAccessKey: `secret of ${task}-${role}`,
  sessionToken: `token of ${task}-${role}`,
  expiration: '2030-01-01T00:00:00Z',
});
