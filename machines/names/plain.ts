import type { ContainerPlan } from '../container/model.ts';
import type { TaskPlan } from '../task/model.ts';

/** A task without containers, of which nothing more is asked. */
export const plainTask = (named: Pick<TaskPlan, 'arn' | 'family' | 'version'>): TaskPlan => ({
  ...named,
  networkMode: '',
  cpu: null,
  memoryMiB: null,
  containers: [],
  volumes: [],
  pidMode: '',
  ipcMode: '',
  roleCredentialsId: null,
  executionCredentialsId: null,
  fault: null,
  unsupported: [],
});

/** A container of which nothing is asked but to run its image. */
export const plainContainer = (
  named: Pick<ContainerPlan, 'name' | 'image' | 'metadataId'>,
): ContainerPlan => ({
  ...named,
  essential: false,
  internal: false,
  cpu: 0,
  memoryMiB: 0,
  command: null,
  entryPoint: null,
  environment: {},
  portMappings: [],
  links: [],
  volumesFrom: [],
  mountPoints: [],
  dependsOn: [],
  startTimeoutS: null,
  stopTimeoutS: null,
  dockerConfig: '',
  dockerHostConfig: '',
  dockerVersion: '',
  healthChecked: false,
  restartPolicy: null,
  ecr: null,
  logsByExecutionRole: false,
});
