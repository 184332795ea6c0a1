import type { Argv, Step } from '../../machines/fault/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { NetworkPort, Ran } from '../../transport/network/port.ts';
import {
  allRulesOf,
  closeKernel,
  commandOf,
  type LinuxSetup,
  openKernel,
  type Rule,
  rulesOf,
  taskRoute,
} from './linux.ts';

/** What the set-up is changed with. */
export interface Hand {
  network: NetworkPort;
  signal: AbortSignal;
  /** Told of each command that changes something. */
  tell: (argv: Argv) => void;
}

/** Makes it so; what is so already is left. Rejects with code `HOST_NETWORK`. */
export async function linuxUp(setup: LinuxSetup, hand: Hand): Promise<void> {
  if (setup.taskPort !== 0) {
    const links = await hand.network.links();
    const hasNoRoute = links === null || links.ipv6Only;
    await runSteps([...openKernel(setup), ...(hasNoRoute ? [taskRoute] : [])], hand);
  }
  const moved = new Set<string>();
  for (const rule of rulesOf(setup)) {
    const { tool, place, chain } = rule;
    const isThere = await has(rule, hand);
    const isBelow = place === 'insert' && moved.has(`${tool} ${chain}`);
    if (isThere && !isBelow) continue;
    // One that was inserted just now came before those that are to come before it.
    if (isThere) await change(commandOf(rule, 'delete'), hand);
    await change(commandOf(rule, 'put'), hand);
    if (place === 'insert') moved.add(`${tool} ${chain}`);
  }
}

/** Takes away what {@link linuxUp} has made, however often it was made. Rejects as that does. */
export async function linuxDown(
  setup: LinuxSetup,
  hand: Hand,
  defaults: { routeLocalnet: string; acceptRa: string },
): Promise<void> {
  for (const rule of allRulesOf(setup))
    while (await has(rule, hand)) await change(commandOf(rule, 'delete'), hand);
  await runSteps(closeKernel(setup, defaults), hand);
}

/** The rules that are missing. */
export async function missingRules(
  setup: LinuxSetup,
  hand: Pick<Hand, 'network' | 'signal'>,
): Promise<Rule[]> {
  const missing: Rule[] = [];
  for (const rule of rulesOf(setup)) if (!(await has(rule, hand))) missing.push(rule);
  return missing;
}

/** Runs steps in order. Rejects with code `HOST_NETWORK` at the first that matters and fails. */
export async function runSteps(steps: Step[], hand: Hand): Promise<void> {
  for (const { argv, matters } of steps) {
    hand.tell(argv);
    const ran = await hand.network.run(argv, hand.signal);
    if (matters && ran.code !== 0) throw failure(argv, ran);
  }
}

/** A rule that cannot even be looked for, e.g. as this is not the user root, is an error. */
async function has(rule: Rule, { network, signal }: Pick<Hand, 'network' | 'signal'>) {
  const argv = commandOf(rule, 'check');
  const ran = await network.run(argv, signal);
  if (ran.code === 0) return true;
  if (ran.code === null || /denied|not permitted|lock/i.test(ran.said)) throw failure(argv, ran);
  return false;
}

const change = (argv: Argv, hand: Hand): Promise<void> => runSteps([{ argv, matters: true }], hand);

const failure = (argv: Argv, { said }: Ran): AgentError =>
  new AgentError(
    'HOST_NETWORK',
    `${argv.join(' ')} failed: ${said.split('\n')[0]?.replace(/\.$/, '')}. Run this as root, with iptables and procps installed`,
  );
