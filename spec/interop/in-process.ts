import { sortRows } from '../../actors/restore.ts';
import { assemble, connectEngine } from '../../bin/commands/assemble.ts';
import { type Config, readConfig } from '../../bin/config/config.ts';
import { openLog, plainLog } from '../../bin/service/log.ts';
import { LevelStore } from '../../persistence/level.ts';
import { noMetadata } from '../../transport/instance/none.ts';
import { pulse, type Stage } from './stage.ts';

/** An agent in this process. */
export interface InProcess {
  stop(): Promise<void>;
}

/**
 * Starts the agent as its process does, but in this one: with a configuration that the environment
 * does not allow, such as a clean-up every second. The rest is what the environment says.
 */
export async function startInProcess(
  stage: Stage,
  change: (config: Config) => Partial<Config>,
): Promise<InProcess> {
  const { clock } = pulse;
  const { config } = readConfig(stage.environment(), 'linux');
  const store = new LevelStore(config.dataDirectory);
  const { rows } = await store.open();
  const log = openLog({ ...plainLog, level: 'warn' }, clock);
  const assembly = {
    config: { ...config, ...change(config) },
    ...{ clock, log, store, metadata: noMetadata, ec2InstanceId: null },
    saved: sortRows(rows),
  };
  const agent = assemble(assembly, connectEngine(assembly));
  agent.start();
  return {
    stop: async () => {
      agent.stop();
      await agent.ended;
      await store.close();
      await log.close();
    },
  };
}
