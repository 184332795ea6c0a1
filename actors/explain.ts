import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import { shortagesOf } from '../machines/admission/decide.ts';
import type { AdmissionContext, Shortage } from '../machines/admission/model.ts';
import type { AgentContext } from '../machines/agent/model.ts';
import type { ContainerContext, Dependency } from '../machines/container/model.ts';
import { dependentsOf } from '../machines/dependency/graph.ts';
import type { ImagesContext } from '../machines/image/model.ts';
import {
  containerActorId,
  outboxActorId,
  resourceActorId,
  taskActorId,
  taskIdOf,
} from '../machines/names/arn.ts';
import type { StateMeta } from '../machines/names/effects.ts';
import type { Failure } from '../machines/names/errors.ts';
import type { OutboxContext } from '../machines/report/model.ts';
import type { SpotContext } from '../machines/spot/machine.ts';
import type { TaskContext, TaskPlan } from '../machines/task/model.ts';
import type { TelemetryContext } from '../machines/telemetry/events.ts';
import type { WatchContext } from '../machines/watch/machine.ts';
import type { Explanation } from '../transport/http/port.ts';
import type { System } from './effect.ts';
import type { Plans } from './plans.ts';
import { stateName } from './recorder.ts';

/** What explanations are made of. */
export interface ExplainPorts {
  system: System;
  plans: Plans;
  /** How long a wait may last at most, in ms, by the name that a chart gives its limit. */
  limits: Record<string, number>;
}

/**
 * Says why the agent and its tasks are as they are, from what the charts say of their states. `task`
 * is an ARN or a task id; without one, all that is not steady is explained. Answers [] for a task
 * that is not known, and where everything is steady.
 */
export function explain(ports: ExplainPorts, task: string | null): Explanation[] {
  const plans = [...ports.plans.all()];
  if (task === null)
    return [
      ...startOf(ports),
      ...agentParts(ports).filter(({ steady, parts }) => !steady || parts.length > 0),
      ...telemetryPart(ports),
      ...plans
        .map((plan) => explainTask(ports, plan))
        .filter(({ steady, parts }) => !steady || parts.length > 0),
    ];
  return plans
    .filter(({ arn }) => arn === task || taskIdOf(arn) === task)
    .map((plan) => explainTask(ports, plan));
}

/** What the agent's start waits for; nothing once it is online. */
function startOf({ system, limits }: ExplainPorts): Explanation[] {
  const snapshot: AnyMachineSnapshot | undefined = system.get('agent')?.getSnapshot();
  if (!snapshot?.matches('alive') || snapshot.matches({ alive: { control: 'online' } })) return [];
  const { trouble, lifecycle, begunAt } = snapshot.context as AgentContext;
  const words = { trouble: textOf(trouble), lifecycle: lifecycle ?? 'not told yet where' };
  const told = explainState(snapshot, { subject: 'the agent', words, limits, region: 'control' });
  return [{ ...told, since: begunAt }];
}

/** What the agent itself waits for: its Engine, ECS, and what keeps its cleaner from removing. */
function agentParts({ system, limits }: ExplainPorts): Explanation[] {
  const named: [string, string][] = [
    ['watch', 'the Docker Engine'],
    ['session', 'the session with ACS'],
    ['images', 'the cleaner of images'],
    ['spot', 'the Spot Instance'],
    ['update', 'the update of the agent'],
  ];
  return named.flatMap(([id, subject]) => {
    const actor: AnyActorRef | undefined = system.get(id);
    if (!actor) return [];
    const snapshot: AnyMachineSnapshot = actor.getSnapshot();
    // A connection that stands waits for messages as long as it lives.
    if (snapshot.matches({ online: 'serving' })) return [];
    const context = snapshot.context as Partial<WatchContext & ImagesContext & SpotContext>;
    const words = { trouble: textOf(context.trouble), action: context.action ?? '' };
    const told = explainState(snapshot, { subject, words, limits });
    const kept = context.kept ?? [];
    const parts = kept.map(({ what, because }) => fact(`image ${what}`, because));
    return [{ ...told, since: sinceOf(snapshot), parts }];
  });
}

/** Why ECS is told no figures; nothing where it is, as telemetry never rests. */
function telemetryPart({ system }: ExplainPorts): Explanation[] {
  const actor: AnyActorRef | undefined = system.get('telemetry');
  const { trouble } = (actor?.getSnapshot().context ?? {}) as Partial<TelemetryContext>;
  if (!trouble) return [];
  const told = fact('telemetry', `TCS is not connected: ${trouble.because}`);
  return [{ ...told, steady: false, since: trouble.since, next: 'it is tried again' }];
}

function explainTask(ports: ExplainPorts, plan: TaskPlan): Explanation {
  const { system, limits } = ports;
  const subject = `task ${taskIdOf(plan.arn)}`;
  const actor: AnyActorRef | undefined = system.get(taskActorId(plan.arn));
  if (!actor) return { ...fact(subject, 'it was just received'), steady: false };
  const snapshot: AnyMachineSnapshot = actor.getSnapshot();
  const context = snapshot.context as TaskContext;
  const told = explainState(snapshot, { subject, words: {}, limits });
  const isQueued = snapshot.matches('queued');
  const parts = [
    ...(isQueued ? shortagesIn(system, plan.arn) : []),
    ...context.resources.flatMap((resource) =>
      part(ports, resourceActorId(plan.arn, resource), {
        subject: `${resource.kind} ${resource.name}`,
        words: { kind: resource.kind, name: resource.name },
      }),
    ),
    ...(isQueued ? [] : plan.containers).flatMap((container) =>
      part(ports, containerActorId(plan.arn, container.name), {
        subject: `container ${container.name}`,
        words: { image: container.image, ...waitIn(ports, plan.arn, container.name, context) },
      }),
    ),
    ...lastOnes(context),
    ...part(ports, outboxActorId(plan.arn), {
      subject: 'its reports to ECS',
      words: { before: triesBefore(system, plan.arn) },
    }),
  ].filter(({ steady }) => !steady);
  return { ...told, since: sinceOf(snapshot), parts };
}

/** What came of telling ECS before, while it is told again. */
function triesBefore(system: System, taskArn: string): string {
  const outbox: AnyActorRef | undefined = system.get(outboxActorId(taskArn));
  const { attempts = 0, trouble } = (outbox?.getSnapshot().context ?? {}) as Partial<OutboxContext>;
  if (attempts === 0) return '';
  return `, after ${attempts} failed ${attempts === 1 ? 'try' : 'tries'}: ${textOf(trouble)}`;
}

/** Containers that run on until those that depend on them have stopped. */
function lastOnes({ desired, containers }: TaskContext): Explanation[] {
  if (desired === 'RUNNING') return [];
  const all = Object.values(containers);
  const running = all.filter(({ status, told }) => status === 'RUNNING' && told !== 'stop');
  return running.map(({ name, at }) => {
    const before = dependentsOf(name, all).filter(({ status }) => status !== 'STOPPED');
    const names = before.map((dependent) => dependent.name).join(' and ');
    const sentence = `waits for ${names} to stop`;
    return { ...fact(`container ${name}`, sentence), steady: false, since: at };
  });
}

interface Naming {
  subject: string;
  /** What the placeholders of a chart's sentences stand for. */
  words: Record<string, string>;
  /** Which of its regions is explained, where it has several. */
  region?: string;
}

function part({ system, limits }: ExplainPorts, actorId: string, { subject, words }: Naming) {
  const actor: AnyActorRef | undefined = system.get(actorId);
  if (!actor) return [];
  const snapshot: AnyMachineSnapshot = actor.getSnapshot();
  const { trouble } = snapshot.context as { trouble?: Failure | null };
  const more = { trouble: textOf(trouble), ...words };
  return [
    { ...explainState(snapshot, { subject, words: more, limits }), since: sinceOf(snapshot) },
  ];
}

/** The sentence of the deepest state that an actor is in, with its words filled in. */
function explainState(
  snapshot: AnyMachineSnapshot,
  { subject, words, limits, region = '' }: Naming & Pick<ExplainPorts, 'limits'>,
): Explanation {
  const meta = metaOf(snapshot, region);
  const state = stateName(snapshot.value);
  const base = { subject, state, since: null, until: null, next: '', parts: [] };
  if (!meta) return { ...base, sentence: `it is ${state}`, steady: true };
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '');
  if ('steady' in meta) {
    const until = untilOf(snapshot, 'timer', limits);
    return { ...base, sentence: fill(meta.steady), steady: true, until };
  }
  const { for: what, deadline, then: next } = meta.waits;
  const sentence = `waits for ${fill(what)}`;
  return { ...base, sentence, steady: false, until: untilOf(snapshot, deadline, limits), next };
}

/** The meta data of the state with the longest path, within a region. */
function metaOf(snapshot: AnyMachineSnapshot, region: string): StateMeta | undefined {
  const all = Object.entries(snapshot.getMeta() as Record<string, StateMeta | undefined>).filter(
    ([path]) => path.split('.').includes(region) || region === '',
  );
  return all.sort(([one], [other]) => other.length - one.length)[0]?.[1];
}

/** The effect that a state has invoked, by its input. */
function inputsOf(snapshot: AnyMachineSnapshot): { deadline?: number; since?: number }[] {
  return Object.values(snapshot.children as Record<string, AnyActorRef | undefined>).map(
    (child) => child?.getSnapshot().input ?? {},
  );
}

/** A timer says itself when it ends; a call ends by its limit. */
function untilOf(
  snapshot: AnyMachineSnapshot,
  deadline: string,
  limits: Record<string, number>,
): number | null {
  const inputs = inputsOf(snapshot);
  if (deadline === 'timer') {
    const ends = inputs.flatMap((input) => input.deadline ?? []);
    const first = Math.min(...ends);
    return first < Number.MAX_SAFE_INTEGER ? first : null;
  }
  const since = inputs.flatMap((input) => input.since ?? [])[0];
  const limit = limits[deadline];
  return since === undefined || limit === undefined ? null : since + limit;
}

/** When a wait began: its effect's begin, else when the actor's status or step last changed. */
function sinceOf(snapshot: AnyMachineSnapshot): number | null {
  const { trouble, begunAt, knownAt } = snapshot.context as {
    trouble?: { since?: number } | null;
    begunAt?: number;
    knownAt?: number;
  };
  const since = inputsOf(snapshot).flatMap((input) => input.since ?? [])[0];
  return trouble?.since ?? since ?? (Math.max(begunAt ?? 0, knownAt ?? 0) || null);
}

const textOf = (trouble: Failure | { because: string } | null | undefined): string => {
  if (!trouble) return 'it did not answer';
  return 'because' in trouble ? trouble.because : trouble.message;
};

const wishes: Record<Dependency['condition'], string> = {
  CREATE: 'to be created',
  START: 'to start',
  COMPLETE: 'to run to its end',
  SUCCESS: 'to exit with 0',
  HEALTHY: 'to be healthy',
};

/** What a container at a gate waits for: others of its task, or what its task needs besides them. */
function waitIn(
  { system }: ExplainPorts,
  taskArn: string,
  name: string,
  { resources }: TaskContext,
): Record<string, string> {
  const actor: AnyActorRef | undefined = system.get(containerActorId(taskArn, name));
  const hold = (actor?.getSnapshot().context as ContainerContext | undefined)?.hold;
  const others = hold?.on.map(({ container, condition }) => `${container} ${wishes[condition]}`);
  if (others) return { waitsFor: others.join(' and ') };
  const missing = resources.filter(({ status }) => status !== 'CREATED');
  const kinds = missing.map((resource) => `its ${resource.kind} ${resource.name}`);
  return { waitsFor: kinds.length > 0 ? `${kinds.join(' and ')} to be made` : 'its task' };
}

/** Who holds what a queued task needs. */
function shortagesIn(system: System, taskArn: string): Explanation[] {
  const admission: AnyActorRef | undefined = system.get('admission');
  if (!admission) return [];
  const context = admission.getSnapshot().context as AdmissionContext;
  return shortagesOf(context, taskArn).map((shortage) => ({
    ...fact(resourceNames[shortage.resource], shortageText(shortage)),
    steady: false,
    parts: shortage.heldBy.map((arn) => fact(`task ${taskIdOf(arn)}`, 'holds it')),
  }));
}

const resourceNames: Record<Shortage['resource'], string> = {
  CPU: 'CPU units',
  MEMORY: 'memory in MiB',
  PORTS_TCP: 'TCP ports',
  PORTS_UDP: 'UDP ports',
};

function shortageText({ needs, free, never }: Shortage): string {
  const wanted = `needs ${needs.join(', ')}`;
  if (never) return `${wanted}: this host can never give it`;
  return free === null ? `${wanted}, in use` : `${wanted}, of which ${Math.max(0, free)} are free`;
}

/** Something that is so, without a state of its own. */
const fact = (subject: string, sentence: string): Explanation => ({
  subject,
  state: '',
  sentence,
  steady: true,
  since: null,
  until: null,
  next: '',
  parts: [],
});
