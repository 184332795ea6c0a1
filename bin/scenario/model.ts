import type { PlaneCall } from '../../transport/sim/plane/api.ts';

/**
 * A scenario as its YAML file has it, member for member: {@link Scenario} is what the file reads as, and
 * what is written again. Durations are texts such as `30s`, `1m 30s`, `2h`, `500ms`; `TASK` is a name
 * among `tasks`, `TASK/CONTAINER` one of its containers; an ellipsis (`…`) in a line that must be seen
 * stands for any text, and one that is a line of its own for any number of lines.
 */
export interface Scenario {
  /** What happens, in one sentence. */
  scenario: string;
  /** Whether it runs on a real Engine as well: of what it says nothing is beyond one. */
  real?: boolean;
  /** What chance makes of everything, in virtual time. */
  seed?: number;
  /** How long each call takes in virtual time, a millisecond where it is not said. */
  latency?: { ecs?: string; engine?: string };
  /** Settings of the agent by the names of their environment variables. */
  agent?: Record<string, string>;
  /** Which images there are; where it is missing, all are on the Engine, and none has a digest. */
  images?: Images;
  tasks?: Record<string, TaskSketch>;
  /** The agent is started and connected before the first, unless one of them starts it. */
  steps: Step[];
}

/** Which images there are at first; whatever the registry has, it has with a digest. */
export interface Images {
  /** What the Engine has; none where it is missing. */
  engine?: string[];
  /** What can be pulled; everything where it is missing. */
  registry?: string[];
}

/**
 * A task in the members of a task definition (`aws ecs register-task-definition`), but that its
 * containers are a map by name, and may say what they do in words.
 */
export interface TaskSketch {
  containers: Record<string, ContainerSketch>;
  /** Whose credentials its payload brings: of its task role, of its execution role. */
  roles?: ('task' | 'execution')[];
  /** What ECS answers where the task asks for its tags. */
  tags?: Record<string, string>;
  /** Members of the task as ACS carries it, over those that follow from its definition. */
  payload?: Record<string, unknown>;
  /** The other members of the task definition. */
  [member: string]: unknown;
}

/** A container definition; `image` and `essential` need not be given. */
export interface ContainerSketch {
  /**
   * What its process does: `exits with 3`, `exits with 3 after 2s`, `runs until SIGTERM`, `runs until
   * SIGTERM, then exits with 143`, `ignores SIGTERM`, `cannot start`. It runs until SIGTERM and then
   * exits with 0 where neither this nor a command is given.
   */
  does?: string;
  /** Condition by the name of the container, in place of the list of a definition. */
  dependsOn?: Record<string, string> | object[];
  /** Members of the container as ACS carries it, over those that follow from its definition. */
  payload?: Record<string, unknown>;
  /** The other members of the container definition. */
  [member: string]: unknown;
}

/** One thing that happens, or one look at what must have happened. */
export type Step =
  | { acs: AcsStep }
  | { session: SessionStep }
  | { ecs: EcsStep }
  | { engine: EngineStep }
  | { registry: RegistryStep }
  | { host: HostStep }
  | { store: StoreStep }
  | { ask: AskStep }
  /** Lets so much time pass. */
  | { wait: string }
  /** The agent's process is killed; starts again on what it had saved; is asked to end (SIGTERM). */
  | { crash: 'agent' }
  | { start: 'agent' }
  | { stop: 'agent' }
  | { see: Look };

/** What ECS sends over ACS; message ids count up (`m-1`) where none is given. */
export type AcsStep =
  /** One payload message: tasks that are wanted running, and stopped. */
  | { run: string[]; stop?: string[]; messageId?: string }
  | { stop: string[]; messageId?: string }
  /** One payload message with tasks as they are on the wire. */
  | { payload: unknown[]; messageId?: string }
  /** A manifest that wants these tasks running and no others. */
  | { manifest: string[]; messageId?: string }
  /** The answer to a stop verification: these tasks are to stop. */
  | { verified: string[]; messageId?: string }
  /** New keys for a role of a task. */
  | { credentials: string; role: 'task' | 'execution'; messageId?: string }
  | { heartbeat: string }
  /** Any other message of ACS, by its type and members. */
  | { message: string; members: Record<string, unknown> }
  /** The text of a frame, whatever it is. */
  | { frame: string };

/**
 * What becomes of the connection to ACS: closed in good order, broken off, nothing gets through any
 * more, ended as `InactiveInstanceException` ends it; and whether new ones are refused from now on.
 */
export type SessionStep = 'closes' | 'breaks' | 'half-open' | 'inactive' | 'refused' | 'accepted';

/** What goes wrong with the next calls of the ECS API, one each. */
export type EcsStep =
  | { throttle: PlaneCall; times?: number }
  /** The service will never take it. */
  | { refuse: PlaneCall; with: string; times?: number }
  /** There is no answer. */
  | { fail: PlaneCall; times?: number }
  | { hang: PlaneCall; times?: number }
  /** It takes effect, and the reply is lost. */
  | { lose: PlaneCall; times?: number };

/** The calls of the Engine that a step can trouble. */
export const engineCalls = [
  ...(['create', 'start', 'stop', 'inspect', 'remove', 'list', 'pull', 'tag'] as const),
  ...(['resolveDigest', 'inspectImage', 'removeImage'] as const),
  ...(['createVolume', 'inspectVolume', 'removeVolume', 'version', 'ping'] as const),
] as const;

/** A call of the Engine, as `asked` tells it. */
export type EngineCallName = (typeof engineCalls)[number];

/** What happens at the Engine, without the agent or to its calls. */
export type EngineStep =
  /** A container ends by itself, if it runs; the code is 0 where none is given. */
  | { exit: string; code?: number; outOfMemory?: boolean }
  /** Somebody starts, makes, removes by force, if it is there, a container of a task. */
  | { start: string }
  | { create: string }
  | { remove: string }
  /** What the health check of a container says from now on. */
  | { healthy: string }
  | { unhealthy: string }
  /** A process of it was killed for memory, and it runs on; or its end could not be finished. */
  | { mark: string; as: 'out of memory' | 'dead' }
  /** The next calls of a kind are refused, with the daemon's words. */
  | { refuse: EngineCallName; with: string; times?: number }
  /** The next calls of a kind take no effect and are not answered. */
  | { hang: EngineCallName; times?: number }
  /** The next calls of a kind take effect, and the connection breaks before the answer. */
  | { lose: EngineCallName; times?: number }
  /** The Engine's process is away for so long; its containers go on, or end with it. */
  | { restart: string; containers: 'kept' | 'ended' }
  /** It cannot be reached for so long, and its containers go on. The steps go on as well. */
  | { unreachable: string }
  /** From now on events are lost, told twice, or told once as usual. */
  | { events: 'lost' | 'doubled' | 'told' }
  | { disk: 'full' | 'free' };

/** What happens at the registries of images. */
export type RegistryStep =
  /** Every request fails with this text, until `up`. */
  | { down: string }
  | { up: true }
  | { fail: string; with: string; times?: number }
  /** Nobody may pull this image any more. */
  | { deny: string }
  /** The next pull of this image goes silent. */
  | { stall: string }
  /** From now on the image is another one, or its pull takes so long, of so many layers. */
  | { push: string; digest?: string; takes?: string; layers?: number };

/** What happens to the host. */
export type HostStep =
  /** The next cgroup cannot be made or removed, in the kernel's words. */
  | { cgroup: string }
  /** Percent of the disk that are in use from now on. */
  | { disk: number }
  | { spot: 'terminate' | 'stop' };

/**
 * What happens to the agent's database: writes wait, go on; the next one fails; its disk is full, and
 * has room again; or a record (`task/web`, `container/web/main`, `plan/web`, `outbox/web`, `agent`)
 * cannot be read any more.
 */
export type StoreStep =
  | 'waits'
  | 'goes on'
  | 'fails once'
  | 'full'
  | 'free'
  | { mark: string; as: 'damaged' | 'of another version' };

/**
 * Somebody asks the agent over HTTP, without waiting for the answer: a container of a task, another
 * host, or this host itself where neither is named.
 */
export interface AskStep {
  /**
   * As curl takes it, e.g. `$ECS_CONTAINER_METADATA_URI_V4/task` with a variable of the container,
   * or `localhost:51678/v1/tasks`. The simulated host has the address 10.0.0.10.
   */
  url: string;
  from?: string;
  /** GET where it is not given. */
  method?: 'GET' | 'PUT' | 'POST';
  /** A text, or whatever is sent as JSON. */
  body?: unknown;
  /** How often at the same time; `answered` then tells how often each answer came. */
  times?: number;
}

/**
 * What must be seen. Where several things are named, all must come true at the same time or before.
 * It is waited for, `within` a time (an hour where none is given), which begins with the step.
 */
export interface Look {
  /**
   * Every state change that was submitted to ECS since the last look at them, in order:
   * `TASK STATUS (reason): CONTAINER STATUS exit-code (reason), …`. What no look has seen by the end
   * fails the scenario.
   */
  submitted?: string[];
  /** What was sent over ACS since the last look at that: `payload m-1`, `heartbeat h`, … */
  acknowledged?: string[];
  /** What the agent asked of the Engine for its tasks since the last look at that, in order. */
  asked?: string[];
  /** What containers did since the last look at that: `create web`, `start web`, `die web`, … */
  happened?: string[];
  /**
   * What was answered to those who asked since the last look at that, a line for each step:
   * `STATUS BODY`, `no answer: why`, or of several `60 times 200 …, 140 times 429 …`.
   */
  answered?: string[];
  /** What ECS was told last of a task, as `submitted` has it after the name; `nothing` otherwise. */
  told?: Record<string, string>;
  /**
   * `running`, `created`, `exited 3`, `gone` by `TASK/CONTAINER`; `not running` is all but the first.
   */
  containers?: Record<string, string>;
  /** States of actors, e.g. `task/web: running`; `none` where there is no such actor. */
  states?: Record<string, string>;
  /** A sentence of the explanation of a task; `agent` for what the agent itself waits for. */
  explain?: Record<string, string>;
  /** Texts that lines of the log have had, since the scenario began. */
  logged?: string[];
  /** Texts that no line of the log has had by then. */
  'not logged'?: string[];
  /** How the agent ended: its exit code. */
  ended?: number;
  /** That so much time passes and nothing is submitted. */
  'nothing submitted'?: string;
  /** That so much time passes and nothing is asked of the Engine for tasks. */
  'nothing asked'?: string;
  /** That so much time passes and nothing is logged. */
  'nothing logged'?: string;
  within?: string;
  /** That it does not come true before so much time has passed. */
  'not before'?: string;
}

/** Where something stands in its file. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** A scenario, and where each of its parts stands. */
export interface ReadScenario {
  scenario: Scenario;
  /** The place of a part by its members and indexes, e.g. `['steps', 2, 'see', 'submitted', 0]`. */
  placeOf(path: (string | number)[]): Place;
}
