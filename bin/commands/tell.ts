import { bootAgent } from '../../actors/boot.ts';
import type { Log } from '../../actors/recorder.ts';
import { registrationOf } from '../../actors/register.ts';
import { exitCodes } from '../../machines/agent/model.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realRandom } from '../../transport/host/random.ts';
import { askHealth } from '../../transport/http/questions.ts';
import { noMetadata } from '../../transport/instance/none.ts';
import { hostNetwork } from '../../transport/network/network.ts';
import { readLocalConfig } from '../config/load.ts';
import { ownLicence } from '../service/licence.ts';
import type { Environment } from '../variables/variables.ts';
import { agentHash, agentVersion } from '../version.ts';
import { agentAddress } from './agent-address.ts';
import { connectEngine, settingsOf } from './assemble.ts';
import type { Flags } from './flags.ts';

type Told = NonNullable<Flags['tell']>;

/** A healthcheck of a container is given up soon after by the Engine. */
const healthcheckMs = 25_000;

const tellers: Record<Told, (environment: Environment) => Promise<number>> = {
  license: async () => print(await ownLicence()),
  version: () => print(`Amazon ECS Agent:\n\tVersion: ${agentVersion}\n\tCommit: ${agentHash}\n`),
  healthcheck,
  attributes,
};

/** Tells what a flag asks for, instead of running the agent. Answers 0, or 1 with a line why. */
export async function tell(told: Told, environment: Environment): Promise<number> {
  try {
    return await tellers[told](environment);
  } catch (error) {
    complain((error as Error).message);
    return exitCodes.error;
  }
}

async function healthcheck(environment: Environment): Promise<number> {
  const { config } = readLocalConfig(environment, platformOf());
  const { healthy, sentence } = await askHealth({
    url: agentAddress(config, environment.ECS_AGENT_HEALTHCHECK_HOST?.trim()),
    clock: realClock(),
    patienceMs: healthcheckMs,
  });
  if (healthy) return exitCodes.clean;
  complain(sentence);
  return exitCodes.error;
}

/** The attributes of this agent on this host and its Engine, without those of the operator's own. */
async function attributes(environment: Environment): Promise<number> {
  const { config } = readLocalConfig(environment, platformOf());
  const log: Log = { debug: ignore, info: ignore, warn: complain, error: complain };
  const engine = connectEngine({ config, clock: realClock(), log });
  const settings = settingsOf({ config, metadata: noMetadata, ec2InstanceId: null });
  const { signal } = new AbortController();
  const ports = { ...engine, log, settings, clock: realClock(), random: realRandom };
  const network = platformOf() === 'linux' && { network: hostNetwork() };
  const booted = await bootAgent({ ...ports, ...network, metadata: noMetadata }, signal);
  // As at every registration but the first, which alone has the operator's.
  const registration = registrationOf({ ...ports, booting: () => booted }, 'registered');
  const lines = registration.attributes.map(({ name, value = '' }) => `${name}\t${value}\n`);
  return print(lines.join(''));
}

const platformOf = () => (process.platform === 'win32' ? 'windows' : 'linux');
const ignore = (): void => {};
const complain = (message: string): void => void process.stderr.write(`ecs-agent: ${message}\n`);

/** Prints all of a text: the end of the process would cut it where a pipe is read slowly. */
const print = (text: string): Promise<number> =>
  new Promise((resolve) => void process.stdout.write(text, () => resolve(exitCodes.clean)));
