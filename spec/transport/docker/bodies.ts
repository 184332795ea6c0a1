import { expect } from 'chai';
import type { ContainerPlan } from '../../../machines/container/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import { type CreateRequest, DockerError } from '../../../transport/docker/port.ts';
import { createBody, type Placement } from '../../../transport/docker/translate.ts';
import type { HostFacts } from '../../../transport/host/port.ts';
import { lone } from '../../support/engine-plans.ts';

export const metadataId = '0f8fad5b-d9cb-469f-a165-70867728950e';
export const arn = 'arn:aws:ecs:us-west-2:123456789012:task/lab/0123456789abcdef0123456789abcdef';

export function placement(
  given: Partial<Placement> = {},
  facts: Partial<HostFacts> = {},
): Placement {
  let next = 40_000;
  return {
    cluster: 'lab',
    region: 'us-west-2',
    taskCgroupParent: (taskId) => `/ecs/${taskId}`,
    host: {
      facts: () => ({
        platform: 'linux',
        cpuArchitecture: 'x86_64',
        cpuUnits: 4096,
        memoryMiB: 1024,
        windows: null,
        ipv6Only: false,
        ...facts,
      }),
      freePorts: async ({ count }) => {
        next += count;
        return next - count;
      },
      disk: async () => null,
      cloudInit: async () => null,
      eventLoopLagMs: () => null,
    },
    ...given,
  };
}

export interface Body {
  Env: string[];
  Labels: Record<string, string>;
  ExposedPorts: Record<string, object>;
  HostConfig: Record<string, unknown>;
  [field: string]: unknown;
}

/** The create request of a container on its own, as the Engine is asked for it. */
export async function bodyOf(
  container: Partial<ContainerPlan> = {},
  {
    task = {},
    where = placement(),
    image = [],
    extra = {},
  }: {
    task?: Partial<TaskPlan>;
    where?: Placement;
    image?: string[];
    extra?: Partial<CreateRequest>;
  } = {},
): Promise<Body> {
  const request = { ...lone({ metadataId, ...container }, { arn, ...task }), ...extra };
  return (await createBody(request, where, image)) as Body;
}

/** Checks that no create request can be made, and why. */
export async function refuses(
  body: Promise<unknown>,
  code: string,
  message: string,
): Promise<void> {
  const outcome = await body.catch((error: unknown) => error);
  expect(outcome).to.be.instanceOf(DockerError);
  expect(outcome).to.include({ code, message, retry: false });
}

export const namesIn = (body: Body): string[] =>
  body.Env.map((pair) => pair.split('=', 1)[0] ?? '').sort();
