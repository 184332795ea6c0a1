import { isIP } from 'node:net';
import type { FaultAim, FaultKind, FaultOrder } from '../../machines/fault/model.ts';
import type { JsonObject } from '../wire/members.ts';
import { BodyError, firstObject, jsonKind } from './body.ts';

/** All of its flows, where a request does not say. */
const allFlows = 100;
const largestPort = 65_535;

/**
 * Reads what a task asks of a fault ("Fault injection" in the ECS developer guide; texts and order of
 * the checks are those of the Amazon ECS agent). Throws {@link BodyError} for the first that is wrong.
 */
export function readOrder(
  kind: FaultKind,
  operation: FaultOrder['operation'],
  body: string,
): FaultOrder {
  // Of disturbances there is one at a time: which one to stop or to look for is known.
  if (operation !== 'start' && kind !== 'network-blackhole-port')
    return { operation, fault: { kind } };
  const object = firstObject(body);
  if (object === null) throw new BodyError('required request body is missing');
  const members = new Fields(object);
  if (kind === 'network-blackhole-port') {
    const fault = { ...aimOf(members), spared: addresses(members, 'SourcesToFilter') };
    return { operation, fault };
  }
  return kind === 'network-latency'
    ? { operation: 'start', fault: { kind, ...delayOf(members), ...reachOf(members) } }
    : { operation: 'start', fault: { kind, ...lossOf(members), ...reachOf(members) } };
}

function aimOf(members: Fields): Extract<FaultAim, { port: number }> {
  const port = required(members.whole('Port', largestPort), 'Port');
  const protocol = required(members.text('Protocol'), 'Protocol');
  const trafficType = required(members.text('TrafficType'), 'TrafficType');
  if (protocol !== 'tcp' && protocol !== 'udp') throw invalid(protocol, 'Protocol');
  if (trafficType !== 'ingress' && trafficType !== 'egress')
    throw invalid(trafficType, 'TrafficType');
  return { kind: 'network-blackhole-port', port, protocol, trafficType };
}

function delayOf(members: Fields) {
  const delayMs = required(members.whole('DelayMilliseconds'), 'DelayMilliseconds');
  const jitterMs = required(members.whole('JitterMilliseconds'), 'JitterMilliseconds');
  if (delayMs === 0 && jitterMs === 0)
    throw new BodyError('required either DelayMilliseconds or JitterMilliseconds to be non-zero');
  return { delayMs, jitterMs };
}

function lossOf(members: Fields) {
  const lossPercent = required(members.whole('LossPercent'), 'LossPercent');
  if (!isPercent(lossPercent)) throw invalid(lossPercent, 'LossPercent');
  return { lossPercent };
}

function reachOf(members: Fields) {
  if (!members.texts('Sources')?.length) throw missing('Sources');
  const sources = addresses(members, 'Sources');
  const spared = addresses(members, 'SourcesToFilter');
  const flowsPercent = members.whole('FlowsPercent') ?? allFlows;
  if (!isPercent(flowsPercent)) throw invalid(flowsPercent, 'flowsPercent');
  return { sources, spared, flowsPercent };
}

const isPercent = (value: number): boolean => value >= 1 && value <= 100;

const missing = (name: string) => new BodyError(`required parameter ${name} is missing`);
const invalid = (value: string | number, name: string) =>
  new BodyError(`invalid value ${value} for parameter ${name}`);

function required<Value extends string | number>(value: Value | null, name: string): Value {
  if (value === null || value === '') throw missing(name);
  return value;
}

function addresses(members: Fields, name: string): string[] {
  const list = members.texts(name) ?? [];
  for (const address of list) if (!isAddress(address)) throw invalid(address, name);
  return list;
}

/** An IP address, or a block of them in CIDR notation; one with a zone is neither. */
function isAddress(text: string): boolean {
  const [, address = '', prefix] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix ?? 0) <= (family === 4 ? 32 : 128);
}

/** Members by their name in any letter case; others are passed over. Null is the same as absent. */
class Fields {
  readonly #values: Map<string, unknown>;

  constructor(object: JsonObject) {
    this.#values = new Map(
      Object.entries(object).map(([name, value]) => [name.toLowerCase(), value]),
    );
  }

  whole(name: string, most = Number.MAX_SAFE_INTEGER): number | null {
    const fits = (value: unknown) =>
      typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
    return this.#read<number>(name, fits, 'a whole number');
  }

  text(name: string): string | null {
    return this.#read<string>(name, (value) => typeof value === 'string', 'a string');
  }

  texts(name: string): string[] | null {
    const fits = (value: unknown) =>
      Array.isArray(value) && value.every((entry) => typeof entry === 'string');
    return this.#read<string[]>(name, fits, 'a list of strings');
  }

  #read<Value>(name: string, fits: (value: unknown) => boolean, type: string): Value | null {
    const value = this.#values.get(name.toLowerCase());
    if (value === undefined || value === null) return null;
    if (fits(value)) return value as Value;
    const given = typeof value === 'number' ? `number ${value}` : jsonKind(value);
    throw new BodyError(`json: cannot unmarshal ${given} into field ${name}, which is ${type}`);
  }
}
