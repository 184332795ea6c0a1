import {
  type ActorRef,
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  waitFor,
} from 'xstate';
import { healthOf } from '../machines/agent/health.ts';
import type { AgentContext } from '../machines/agent/model.ts';
import type { ContainerContext } from '../machines/container/model.ts';
import { containerActorId, taskActorId } from '../machines/names/arn.ts';
import type { TaskContext, TaskPlan } from '../machines/task/model.ts';
import type { ContainerRef, EngineNames } from '../transport/docker/port.ts';
import type { Clock } from '../transport/host/port.ts';
import type {
  IntrospectedContainer,
  IntrospectedTask,
  IntrospectionSource,
} from '../transport/http/port.ts';
import { type ExplainPorts, explain } from './explain.ts';

/** What introspection looks at. */
export interface IntrospectPorts extends ExplainPorts {
  version: string;
  names: EngineNames;
  clock: Clock;
}

/** The living agent as its introspection endpoints show it. */
export function introspect(ports: IntrospectPorts): IntrospectionSource {
  const { system, plans, version, clock } = ports;
  return {
    metadata: () => {
      const { cluster, containerInstanceArn } = system.get('agent').getSnapshot()
        .context as AgentContext;
      return { cluster, containerInstanceArn, version };
    },
    health: () => {
      const snapshot: AnyMachineSnapshot = system.get('agent').getSnapshot();
      const touch = {
        registered: snapshot.matches({ alive: { control: 'online' } }),
        connected: isConnected(snapshot),
        awaySince: (snapshot.context as AgentContext).awaySince,
      };
      return healthOf(touch, clock.now());
    },
    tasks: () => [...plans.all()].flatMap((plan) => taskIn(ports, plan)),
    explain: (task) => explain(ports, task),
  };
}

/** Resolves when the agent is first connected to ACS; rejects if it ends without. */
export const connected = ({ system }: Pick<IntrospectPorts, 'system'>): Promise<unknown> =>
  waitFor(system.get('agent') as ActorRef<AnyMachineSnapshot, AnyEventObject>, isConnected);

const isConnected = (agent: AnyMachineSnapshot): boolean =>
  agent.matches({ alive: { control: { online: 'serving' } } });

/** A task that is only just received has no actor yet. */
function taskIn(ports: IntrospectPorts, plan: TaskPlan): IntrospectedTask[] {
  const actor: AnyActorRef | undefined = ports.system.get(taskActorId(plan.arn));
  if (!actor) return [];
  const snapshot = actor.getSnapshot();
  const { desired } = snapshot.context as TaskContext;
  const has = (state: string): boolean => snapshot.matches(state);
  const known = has('running')
    ? 'RUNNING'
    : has('stopped') || has('cleaning')
      ? 'STOPPED'
      : 'PENDING';
  const { arn, family, version } = plan;
  const shown = plan.containers.filter(({ internal }) => !internal);
  const containers = shown.map((container) => containerIn(ports, { task: plan, container }));
  return [{ arn, family, version, desired, known, containers }];
}

function containerIn({ system, names }: IntrospectPorts, ref: ContainerRef): IntrospectedContainer {
  const { task, container } = ref;
  const { name, image, portMappings, restartPolicy } = container;
  const actor: AnyActorRef | undefined = system.get(containerActorId(task.arn, name));
  const context = actor?.getSnapshot().context as ContainerContext | undefined;
  return {
    name,
    image,
    dockerId: context?.runtimeId ?? '',
    dockerName: context?.runtimeId ? names.ofContainer(ref) : '',
    imageId: context?.imageId ?? '',
    createdAt: context?.createdAt ?? null,
    startedAt: context?.startedAt ?? null,
    bindings: context?.bindings ?? [],
    mappings: portMappings.flatMap((mapping) => (mapping.kind === 'single' ? [mapping] : [])),
    restarts: restartPolicy ? (context?.restarts ?? 0) : null,
  };
}
