import { planeCalls } from '../../../transport/sim/plane/api.ts';
import {
  type AcsStep,
  type AskStep,
  type EcsStep,
  type EngineStep,
  engineCalls,
  type HostStep,
  type Look,
  type RegistryStep,
  type Step,
  type StoreStep,
  type TaskSketch,
} from '../model.ts';
import {
  anything,
  count,
  duration,
  either,
  itself,
  lines,
  list,
  map,
  optional,
  record,
  type Shape,
  some,
  text,
  textOf,
  truth,
  word,
} from './shapes.ts';

/** The shape of a step, where these are the tasks. */
export function stepShape(tasks: Record<string, TaskSketch>): Shape<Step> {
  const task = named('the name of a task', Object.keys(tasks));
  const containers = Object.entries(tasks).flatMap(([name, { containers }]) =>
    Object.keys(containers).map((one) => `${name}/${one}`),
  );
  const container = named('the name of a task and of a container of it', containers);
  return either<Step>(
    record({ acs: acsShape(task) }),
    record({
      session: word('closes', 'breaks', 'half-open', 'inactive', 'refused', 'accepted'),
    }),
    record({ ecs: ecsShape }),
    record({ engine: engineShape(container) }),
    record({ registry: registryShape }),
    record({ host: hostShape }),
    record({ store: storeShape }),
    record({ ask: askShape(containers) }),
    record({ wait: duration }),
    record({ crash: word('agent') }),
    record({ start: word('agent') }),
    record({ stop: word('agent') }),
    record({ see: lookShape }),
  );
}

/** A name among those that there are; they are told where it is none of them. */
function named(what: string, known: string[]): Shape<string> {
  const words = known.length === 0 ? 'there is none' : known.join(', ');
  return textOf(`${what} (${words})`, (given) => known.includes(given));
}

function acsShape(task: Shape<string>): Shape<AcsStep> {
  const messageId = optional(text);
  return either<AcsStep>(
    record({ run: some(task), stop: optional(some(task)), messageId }),
    record({ stop: some(task), messageId }),
    record({ payload: list(anything), messageId }),
    record({ manifest: some(task), messageId }),
    record({ verified: some(task), messageId }),
    record({ credentials: task, role: word('task', 'execution'), messageId }),
    record({ heartbeat: text }),
    record({ message: text, members: map(anything) }),
    record({ frame: text }),
  );
}

const times = optional(count(1));

const ecsCall = word(...planeCalls);
const ecsShape = either<EcsStep>(
  record({ throttle: ecsCall, times }),
  record({ refuse: ecsCall, with: text, times }),
  record({ fail: ecsCall, times }),
  record({ hang: ecsCall, times }),
  record({ lose: ecsCall, times }),
);

const engineCall = word(...engineCalls);

const engineShape = (container: Shape<string>): Shape<EngineStep> =>
  either<EngineStep>(
    record({ exit: container, code: optional(count()), outOfMemory: optional(truth) }),
    record({ start: container }),
    record({ create: container }),
    record({ remove: container }),
    record({ healthy: container }),
    record({ unhealthy: container }),
    record({ mark: container, as: word('out of memory', 'dead') }),
    record({ refuse: engineCall, with: text, times }),
    record({ hang: engineCall, times }),
    record({ lose: engineCall, times }),
    record({ restart: duration, containers: word('kept', 'ended') }),
    record({ unreachable: duration }),
    record({ events: word('lost', 'doubled', 'told') }),
    record({ disk: word('full', 'free') }),
  );

const registryShape = either<RegistryStep>(
  record({ down: text }),
  record({ up: itself }),
  record({ fail: text, with: text, times }),
  record({ deny: text }),
  record({ stall: text }),
  record({
    push: text,
    digest: optional(text),
    takes: optional(duration),
    layers: optional(count(1)),
  }),
);

const hostShape = either<HostStep>(
  record({ cgroup: text }),
  record({ disk: count() }),
  record({ spot: word('terminate', 'stop') }),
);

const storeWord = word('waits', 'goes on', 'fails once', 'full', 'free');
const storeMark = record({ mark: text, as: word('damaged', 'of another version') });
const storeShape: Shape<StoreStep> = (at) =>
  at.value instanceof Map ? storeMark(at) : storeWord(at);

const askShape = (containers: string[]): Shape<AskStep> =>
  record({
    url: text,
    from: optional(
      named('the name of a task and of a container of it, or another host', [
        ...containers,
        'another host',
      ]),
    ),
    method: optional(word('GET', 'PUT', 'POST')),
    body: optional(anything),
    times,
  });

const lookShape: Shape<Look> = record({
  submitted: optional(lines),
  acknowledged: optional(lines),
  asked: optional(lines),
  happened: optional(lines),
  answered: optional(lines),
  told: optional(map(text)),
  containers: optional(map(text)),
  states: optional(map(text)),
  explain: optional(map(text)),
  logged: optional(lines),
  'not logged': optional(lines),
  ended: optional(count()),
  'nothing submitted': optional(duration),
  'nothing asked': optional(duration),
  'nothing logged': optional(duration),
  within: optional(duration),
  'not before': optional(duration),
});
