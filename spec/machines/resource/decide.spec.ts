import { expect } from 'chai';
import {
  isTriedEnough,
  resourceChange,
  resourceReason,
  resourcesOf,
  withTrouble,
} from '../../../machines/resource/decide.ts';
import type { ResourceContext } from '../../../machines/resource/model.ts';
import type { VolumePlan } from '../../../machines/task/model.ts';
import { container, task, taskArn } from '../../support/builders.ts';
import { failure } from '../../support/chart-contexts.ts';

const volume = (name: string): VolumePlan => ({
  kind: 'docker',
  name,
  driver: 'local',
  driverOpts: {},
  labels: {},
  scope: 'task',
  autoprovision: false,
});
const mount = (name: string) => ({ volume: name, containerPath: `/${name}`, readOnly: false });

/** The volume `data` of a task, about to be removed, but for what is given. */
const context = (more: Partial<ResourceContext> = {}): ResourceContext => ({
  taskArn: taskArn('t'),
  kind: 'volume',
  name: 'data',
  failure: null,
  attempts: 0,
  trouble: null,
  knownAt: 2_000,
  ...more,
});
const inUse = failure('DOCKER_CONFLICT');
const unreachable = failure('DOCKER_UNREACHABLE');

describe('the resources of a task', () => {
  const plan = task(
    't',
    [
      container('a', { mountPoints: [mount('data'), mount('etc')] }),
      container('b', { mountPoints: [mount('data'), mount('nowhere')] }),
    ],
    {
      volumes: [
        volume('unused'),
        volume('data'),
        { kind: 'bind', name: 'etc', sourcePath: '/etc' },
      ],
    },
  );

  it("are the Docker volumes that its containers mount, each once, and nothing of the host's", () => {
    expect(resourcesOf(plan, { taskLimits: false })).to.deep.equal([
      { kind: 'volume', name: 'data' },
    ]);
  });

  it('are a cgroup besides where tasks are limited', () => {
    expect(resourcesOf(plan, { taskLimits: true })).to.deep.equal([
      { kind: 'cgroup', name: 'cgroup' },
      { kind: 'volume', name: 'data' },
    ]);
  });

  const reasons: ['cgroup' | 'volume', string, string][] = [
    [
      'cgroup',
      'mkdir: permission denied',
      "CgroupError: Agent could not create task's platform resources",
    ],
    ['volume', ' create data:\n  no such driver ', 'Create data: no such driver'],
    ['volume', ' ', "VolumeError: Agent could not create task's volume resources"],
  ];
  for (const [kind, message, reason] of reasons)
    it(`give a task the reason "${reason}"`, () => {
      expect(resourceReason({ kind, name: 'data' }, failure('X', { message }))).to.equal(reason);
    });

  it('tell their task how they are, and why one has failed', () => {
    const change = { kind: 'volume', name: 'data', at: 2_000 };
    expect(resourceChange(context(), 'CREATED')).to.deep.equal({
      ...change,
      status: 'CREATED',
      reason: '',
    });
    const broken = context({ failure: failure('X', { message: 'no space' }) });
    expect(resourceChange(broken, 'FAILED')).to.deep.equal({
      ...change,
      status: 'FAILED',
      reason: 'No space',
    });
  });

  const tries: [string, Partial<ResourceContext>, typeof inUse, number, boolean][] = [
    ['the first try', {}, inUse, 1, false],
    ['the ninth try', { attempts: 8, trouble: inUse }, inUse, 9, false],
    ['the tenth try', { attempts: 9, trouble: inUse }, inUse, 10, true],
    ['any try out of reach', { attempts: 40, trouble: unreachable }, unreachable, 41, false],
    ['the first try in reach again', { attempts: 40, trouble: unreachable }, inUse, 1, false],
    ['a try out of reach again', { attempts: 9, trouble: inUse }, unreachable, 10, false],
  ];
  for (const [what, before, trouble, attempts, enough] of tries)
    it(`${enough ? 'are left behind' : 'are removed again'} after ${what}`, () => {
      expect(withTrouble(context(before), trouble)).to.deep.equal({ attempts, trouble });
      expect(isTriedEnough(context(before), trouble)).to.equal(enough);
    });
});
