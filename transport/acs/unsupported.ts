import type { Members } from '../wire/members.ts';

/** Members of a task that ask for a feature this agent does not have, with the feature in words. */
const taskFeatures: Record<string, string> = {
  associations: 'GPUs or other associations',
  elasticNetworkInterfaces: 'elastic network interfaces',
  attachments: 'attachments',
};

/** The same for the members of a container. */
const containerFeatures: Record<string, string> = {
  dependsOn: 'container dependencies (dependsOn)',
  links: 'links',
  volumesFrom: 'volumesFrom',
  mountPoints: 'mount points',
  secrets: 'secrets',
  environmentFiles: 'environment files',
  credentialSpecs: 'credential specs',
  managedAgents: 'managed agents (ECS Exec)',
};

/**
 * What a task needs and this agent does not have, each feature once. Empty lists ask for nothing.
 * Such a task is refused: running it without the feature could do harm.
 */
export function unsupportedBy(task: Members): string[] {
  const found = new Set<string>();
  const collect = (members: Members, features: Record<string, string>) => {
    for (const [name, feature] of Object.entries(features))
      if (members.count(name) > 0) found.add(feature);
  };
  collect(task, taskFeatures);
  if (task.object('proxyConfiguration')) found.add('an App Mesh proxy');
  if (task.text('networkMode') === 'awsvpc') found.add('network mode awsvpc');
  if (task.text('pidMode') || task.text('ipcMode')) found.add('pidMode or ipcMode');
  for (const container of task.entries('containers')) {
    collect(container, containerFeatures);
    if (container.object('firelensConfiguration')) found.add('FireLens');
    if (container.object('registryAuthentication')) found.add('private registry authentication');
    if (container.object('restartPolicy')?.flag('enabled')) found.add('restart policies');
  }
  return [...found];
}
