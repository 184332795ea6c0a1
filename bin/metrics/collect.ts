import type { Agent } from '../../actors/agent.ts';
import { type ActorMeter, countActors } from '../../actors/metrics.ts';
import type { Instruments } from './instruments.ts';

/** Counts what actors do with these instruments, as they do it. */
export const actorMeter = ({ transitions, effects, sessions }: Instruments): ActorMeter => ({
  transition: (machine) => transitions.labels(machine).inc(),
  effectBegan: (effect) => effects.running.labels(effect).inc(),
  effectEnded: (effect, { outcome, seconds }) => {
    effects.running.labels(effect).dec();
    effects.calls.labels(effect, outcome).inc();
    if (outcome !== 'cancelled') effects.seconds.labels(effect).observe(seconds);
  },
  connected: (service) => sessions.connections.labels(service).inc(),
});

/** Sets what is not counted but looked at: how the agent's actors are at this moment. */
export function collectActors(
  { actors, tasks, queues, sessions }: Instruments,
  { system, journal }: Pick<Agent, 'system' | 'journal'>,
  now: number,
): void {
  const counts = countActors(system);
  actors.reset();
  for (const [machine, states] of counts.actors)
    for (const [state, count] of states) actors.labels(machine, state).set(count);
  for (const [status, count] of Object.entries(counts.tasks)) tasks.labels(status).set(count);
  for (const [queue, length] of Object.entries(counts.queues)) queues.labels(queue).set(length);
  queues.labels('commits').set(journal.waiting);
  for (const [service, since] of Object.entries(counts.sessions)) {
    sessions.connected.labels(service).set(since === null ? 0 : 1);
    sessions.age.labels(service).set(since === null ? 0 : Math.max(0, now - since) / 1_000);
  }
}

/** Sets what is told of the process; `lagMs` is null where it is not known yet. */
export function collectProcess(
  { cpu, rss, heapUsed, heapTotal, lag }: Instruments,
  lagMs: number | null,
): void {
  const memory = process.memoryUsage();
  rss.set(memory.rss);
  heapUsed.set(memory.heapUsed);
  heapTotal.set(memory.heapTotal);
  const { user, system } = process.cpuUsage();
  cpu.reset();
  cpu.inc((user + system) / 1e6);
  lag.set((lagMs ?? 0) / 1_000);
}
