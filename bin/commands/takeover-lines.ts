import type { TakenTask } from '../../actors/takeover.ts';
import type { Course } from '../../actors/takeover-container.ts';
import type { FoundState } from '../../transport/takeover/port.ts';
import { oneLine } from './explain.ts';

/** What a take-over has done, or would do. */
export interface Takeover {
  state: FoundState;
  /** Where it was found. */
  path: string;
  tasks: TakenTask[];
  written: boolean;
  notes: string[];
}

const courses: Record<Course, string> = {
  watched: 'is watched and goes on as it is',
  stopping: 'is watched, and is stopped',
  queued: 'is begun, as nothing of it runs',
  stopped: 'has ended; its remains are kept for a while, then removed',
};

/** A take-over in lines of text. Nothing of what containers are given is shown. */
export function takeoverLines({ state, path, tasks, written, notes }: Takeover): string[] {
  const { agentVersion, cluster, containerInstanceArn, images, unread } = state;
  return [
    `State of Amazon's agent${agentVersion && ` ${agentVersion}`} in ${path}`,
    `Container instance ${containerInstanceArn} of cluster ${cluster}`,
    ...tasks.flatMap(taskLines),
    `Images that are known from then: ${images.length}`,
    ...unread.map(({ what, why }) => `Cannot be taken over: ${what}: ${why}`),
    ...notes,
    written ? 'All of this was taken over: start the agent.' : 'Nothing was written.',
  ].map(oneIndented);
}

/** What was saved by others must not steer the terminal. */
const oneIndented = (line: string): string => {
  const [indent = ''] = /^ */.exec(line) ?? [];
  return indent + oneLine(line);
};

function taskLines(task: TakenTask): string[] {
  const { plan, containers, warnings, sent } = task.found;
  return [
    `Task ${plan.arn} (${plan.family}:${plan.version}) ${courses[task.course]}`,
    ...containers.map(({ name, status, exitCode, runtimeId }) => {
      const code = exitCode === null ? '' : ` with ${exitCode}`;
      const where = runtimeId === null ? '' : ` (${runtimeId.slice(0, 12)})`;
      return `  container ${name}${where} was ${status}${code}`;
    }),
    `  ECS knows it as ${sent ?? 'PENDING'}; ${newsOf(task)}`,
    ...warnings.map((warning) => `  ${warning}`),
  ];
}

function newsOf({ course, news, found }: TakenTask): string {
  if (news) return `it is told ${news.status}`;
  if (course === 'stopped') return 'there is no more to tell';
  const runs = found.sent === 'RUNNING' ? '' : 'that it runs, and ';
  return `it is told ${runs}what has changed since`;
}

/** The same as a JSON value. */
export function takeoverJson({ state, path, tasks, written, notes }: Takeover): unknown {
  const { agentVersion, cluster, containerInstanceArn, ec2InstanceId, images, unread } = state;
  return {
    ...{ path, agentVersion, cluster, containerInstanceArn, ec2InstanceId, written, notes },
    tasks: tasks.map(({ found, course, news }) => ({
      arn: found.plan.arn,
      family: found.plan.family,
      version: found.plan.version,
      course,
      knownToEcs: found.sent ?? 'PENDING',
      tells: news?.status ?? null,
      containers: found.containers.map(({ name, runtimeId, status, exitCode }) => ({
        ...{ name, runtimeId, status, exitCode },
      })),
      lacks: found.lacks,
      warnings: found.warnings,
    })),
    images: images.length,
    unread,
  };
}
