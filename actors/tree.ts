import { agentMachine } from '../machines/agent/machine.ts';
import type { Measurements } from '../machines/stats/model.ts';
import type { AgentPorts, AgentSettings } from './agent.ts';
import { type Booting, bindBoot } from './boot.ts';
import { bindContainer } from './container.ts';
import { effect, timer } from './effect.ts';
import { bindHealth } from './health.ts';
import { bindImages, ImageLedger } from './images.ts';
import { type Journal, journalActor } from './journal.ts';
import type { Learned } from './learned.ts';
import type { Plans } from './plans.ts';
import { Pulls } from './pulls.ts';
import { bindRegister } from './register.ts';
import { bindReport } from './report.ts';
import { bindResource } from './resource.ts';
import type { Saved } from './restore.ts';
import type { Seen } from './seen.ts';
import { bindSession } from './session.ts';
import { bindSpot } from './spot.ts';
import { bindTask } from './task.ts';
import { bindTelemetry } from './telemetry.ts';
import { bindUpdate } from './update.ts';
import type { Vault } from './vault.ts';
import { bindWatch } from './watch.ts';

/** What the agent keeps in memory of its tasks besides their actors. */
export interface Memory {
  plans: Plans;
  vault: Vault;
  seen: Seen;
}

/** What the tree of actors is bound to. */
export type Wiring = AgentPorts &
  Memory & {
    measurements: Measurements;
    journal: Journal;
    settings: AgentSettings;
    learned: Learned;
  };

/** The agent machine with every actor of the tree bound. */
export function bindAgent(wiring: Wiring, saved: Saved) {
  const { clock, journal, docker, settings, learned } = wiring;
  const ledger = new ImageLedger(journal, clock, saved.images);
  const pullSettings = { ...settings, pullBehavior: settings.rules.pullBehavior };
  const pulls = new Pulls({
    ...wiring,
    images: docker,
    settings: pullSettings,
    pulledImages: ledger,
  });
  const { booting, ...starting } = bindBoot(wiring);
  const { availabilityZone, ...registering } = bindRegister({ ...wiring, booting });
  Object.assign(learned, { booting, availabilityZone });
  const parts = { ...wiring, ledger, pulls, volumes: docker, ...shownBy(booting) };
  return agentMachine.provide({
    actors: {
      ...starting,
      ...registering,
      settle: effect(wiring, async () => {
        await journal.commit();
        return {};
      }),
      timer: timer(wiring),
      journal: journalActor(journal),
      images: bindImages({ ...parts, pullsUnderWay: () => pulls.underWay() }),
      session: bindSession(parts),
      health: bindHealth(parts),
      ...(wiring.tcs && { telemetry: bindTelemetry({ ...parts, tcs: wiring.tcs }) }),
      watch: bindWatch(parts),
      spot: bindSpot(wiring),
      update: bindUpdate(wiring),
      task: bindTask(parts, bindContainer(parts), bindResource(parts)),
      report: bindReport(wiring),
    },
  });
}

/** What the Engine shows once the agent has booted. */
const shownBy = (booting: () => Booting | null) => ({
  engineRoot: () => booting()?.engineRoot ?? '',
  dockerVersion: () => booting()?.engine.version || null,
});
