import type {
  Explanation,
  IntrospectedContainer,
  IntrospectedTask,
} from '../../../transport/http/port.ts';

const digits = (id: string): string => id.padEnd(64, '0');

/** A running container, but for what is given. */
export const container = (more: Partial<IntrospectedContainer> = {}): IntrospectedContainer => ({
  name: 'web',
  image: 'nginx:1',
  dockerId: digits('abc'),
  dockerName: 'ecs-site-3-web-90b6',
  imageId: 'sha256:123',
  createdAt: Date.UTC(2026, 5, 1, 12),
  startedAt: Date.UTC(2026, 5, 1, 12, 0, 1, 5),
  bindings: [],
  mappings: [],
  restarts: null,
  ...more,
});

/** A running task, but for what is given. */
export const task = (
  id: string,
  containers: IntrospectedContainer[] = [container()],
  more: Partial<IntrospectedTask> = {},
): IntrospectedTask => ({
  arn: arnOf(id),
  family: 'site',
  version: '3',
  desired: 'RUNNING',
  known: 'RUNNING',
  containers,
  ...more,
});

export const arnOf = (id: string): string => `arn:aws:ecs:us-west-2:1:task/prod/${id}`;

/** A container whose Docker id begins with these digits. */
export const withId = (id: string): IntrospectedContainer => container({ dockerId: digits(id) });

/** A wait without an end, but for what is given. */
export const explanation = (more: Partial<Explanation> = {}): Explanation => {
  const next = '';
  return {
    ...{ subject: 'task t1', state: 'pending', sentence: 'It waits for its containers' },
    ...{ steady: false, since: null, until: null, next, parts: [], ...more },
  };
};
