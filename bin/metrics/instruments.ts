import { agentVersion } from '../version.ts';

/** The library, which is loaded only where there are metrics. */
export type Prometheus = typeof import('prom-client');

/** The instruments of one agent. */
export type Instruments = ReturnType<typeof instrumentsOf>;

/** From a call over the loopback to a long pull. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** From one small record to a thousand tasks in one batch. */
const bytesBuckets = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

/**
 * All that the agent tells of itself to Prometheus. Label values are words of this program: names of
 * machines, states, effects, calls and errors, never of tasks, containers or images.
 */
export function instrumentsOf(prometheus: Prometheus) {
  const registry = new prometheus.Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new prometheus.Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new prometheus.Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], ...labelNames: string[]) =>
    new prometheus.Histogram({ name, help, labelNames, buckets, registers });
  const seconds = (name: string, help: string, ...labelNames: string[]) =>
    histogram(`ecs_agent_${name}_duration_seconds`, help, secondsBuckets, ...labelNames);
  gauge('ecs_agent_build_info', 'What runs; always 1.', 'version', 'node_version')
    .labels(agentVersion, process.versions.node)
    .set(1);
  return {
    registry,
    ...actorInstruments({ gauge, counter, seconds }),
    ...processInstruments({ gauge, counter }),
    docker: {
      calls: counter('ecs_agent_docker_calls_total', 'Calls to Docker.', 'call', 'outcome'),
      seconds: seconds('docker_call', 'How long calls to Docker took.', 'call'),
    },
    ecs: {
      calls: counter('ecs_agent_ecs_calls_total', 'Calls to the ECS API.', 'call', 'outcome'),
      seconds: seconds('ecs_call', 'How long calls to the ECS API took.', 'call'),
    },
    commits: {
      calls: counter('ecs_agent_commits_total', 'Batches written to disk.', 'outcome'),
      seconds: seconds('commit', 'How long batches took to be on disk.'),
      bytes: histogram('ecs_agent_commit_size_bytes', 'Keys and records of a batch.', bytesBuckets),
    },
  };
}

interface Makers {
  gauge(name: string, help: string, ...labelNames: string[]): import('prom-client').Gauge;
  counter(name: string, help: string, ...labelNames: string[]): import('prom-client').Counter;
  seconds(name: string, help: string, ...labelNames: string[]): import('prom-client').Histogram;
}

const actorInstruments = ({ gauge, counter, seconds }: Makers) => ({
  actors: gauge('ecs_agent_actors', 'Actors by the state they are in.', 'machine', 'state'),
  tasks: gauge('ecs_agent_tasks', 'Tasks by how far they have come.', 'status'),
  transitions: counter('ecs_agent_transitions_total', 'Transitions of actors.', 'machine'),
  effects: {
    running: gauge('ecs_agent_effects_running', 'Effects under way.', 'effect'),
    calls: counter('ecs_agent_effects_total', 'Effects that ended.', 'effect', 'outcome'),
    seconds: seconds('effect', 'How long effects took that were not cancelled.', 'effect'),
  },
  queues: gauge('ecs_agent_queue_length', 'What waits for its turn.', 'queue'),
  sessions: {
    connected: gauge('ecs_agent_session_connected', '1 while it is connected.', 'session'),
    age: gauge('ecs_agent_session_age_seconds', 'Age of a connection; 0 without one.', 'session'),
    connections: counter(
      'ecs_agent_session_connections_total',
      'Connections that were opened: all but the first are reconnects.',
      'session',
    ),
  },
});

/** Those that every program has bear the names that they have in every program. */
const processInstruments = ({ gauge, counter }: Pick<Makers, 'gauge' | 'counter'>) => ({
  lag: gauge(
    'ecs_agent_event_loop_lag_seconds',
    'Longest turn of the event loop since the last scrape.',
  ),
  cpu: counter('process_cpu_seconds_total', 'CPU time that the process has used.'),
  start: gauge('process_start_time_seconds', 'When the agent started, as Unix time.'),
  rss: gauge('process_resident_memory_bytes', 'Resident memory.'),
  heapUsed: gauge('nodejs_heap_size_used_bytes', 'Heap in use.'),
  heapTotal: gauge('nodejs_heap_size_total_bytes', 'Heap that is set aside.'),
});
