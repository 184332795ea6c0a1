import { constants, existsSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Check, failed, ok, warning } from './check.ts';

/** Without it nothing runs. */
export const engineCheck: Check = {
  name: 'Docker Engine',
  look: async ({ engine, config }, signal) => {
    try {
      const { version, apiVersion } = await engine.docker.version(signal);
      return ok(`Docker ${version} (API ${apiVersion}) answers at ${config.dockerHost}`);
    } catch (error) {
      return failed(
        `None answers at ${config.dockerHost}: ${(error as Error).message}`,
        'Start the Engine, or set DOCKER_HOST to where it listens',
      );
    }
  },
};

/** Without them tasks share the host without limits of their own. */
export const cgroupCheck: Check = {
  name: 'Limits of tasks',
  look: async ({ engine, config, platform }, signal) => {
    const { wanted } = config.taskLimits;
    if (platform === 'windows') return ok('Windows limits containers, not tasks as a whole');
    if (wanted === false) return ok('ECS_ENABLE_TASK_CPU_MEM_LIMIT turns them off');
    const ready = await engine.cgroups.ready(signal).catch((error: Error) => error);
    if (ready instanceof Error)
      return warning(
        `The Engine does not tell of its cgroups: ${ready.message}`,
        'See to the Engine',
      );
    if (ready === true) return ok('Tasks can be limited as a whole');
    const remedy = 'Mend that, or set ECS_ENABLE_TASK_CPU_MEM_LIMIT=false';
    const says = `Tasks cannot be limited as a whole: ${ready}`;
    return wanted ? failed(says, remedy) : warning(says, remedy);
  },
};

/** Where the agent keeps what it must not forget. */
export const dataCheck: Check = {
  name: 'Data directory',
  look: async ({ config }) => {
    const { dataDirectory, checkpoint } = config;
    if (!checkpoint)
      return warning(
        'State is not kept, so an agent that is started again does not know its tasks',
        'Set ECS_DATADIR to a directory on a disk of this host',
      );
    const place = existing(dataDirectory);
    try {
      if (!(await stat(place)).isDirectory()) throw new Error('it is no directory');
      await access(place, constants.W_OK | constants.X_OK);
      return ok(
        place === dataDirectory
          ? `${place} can be written`
          : `${dataDirectory} can be made in ${place}`,
      );
    } catch (error) {
      return failed(
        `${place} cannot be written: ${(error as Error).message}`,
        'Give it to the user of the agent, or set ECS_DATADIR to another directory',
      );
    }
  },
};

const mebibyte = 1_048_576;
const gibibyte = 1_024 * mebibyte;
/** Below the first the next task may fail; below the other the agent's own state may. */
const leastFree = { comfortable: gibibyte, any: 100 * mebibyte };

/** Images, logs and the agent's state need room. */
export const diskCheck: Check = {
  name: 'Disk',
  look: async ({ engine, config }) => {
    const place = existing(config.dataDirectory);
    const found = await engine.host.disk(place);
    if (!found) return warning(`How full ${place} is cannot be told`, 'Look with df');
    const says = `${(found.freeBytes / gibibyte).toFixed(1)} GiB are free at ${place}`;
    const remedy = 'Remove what is not needed: docker system df tells of images and containers';
    if (found.freeBytes < leastFree.any) return failed(`Only ${says}`, remedy);
    return found.freeBytes < leastFree.comfortable ? warning(`Only ${says}`, remedy) : ok(says);
  },
};

/** The folder, or the nearest one above it that is there. */
function existing(folder: string): string {
  if (existsSync(folder) || dirname(folder) === folder) return folder;
  return existing(dirname(folder));
}
