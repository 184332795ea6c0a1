import { expect } from 'chai';
import type { FaultKind, FaultOrder } from '../../../machines/fault/model.ts';
import { BodyError } from '../../../transport/agentapi/body.ts';
import { readOrder } from '../../../transport/agentapi/requests.ts';

const hole = { Port: 80, Protocol: 'tcp', TrafficType: 'egress' };
const latency = { DelayMilliseconds: 100, JitterMilliseconds: 10, Sources: ['1.2.3.4'] };
const loss = { LossPercent: 10, Sources: ['1.2.3.4'] };

const read = (kind: FaultKind, body: unknown, operation: FaultOrder['operation'] = 'start') =>
  readOrder(kind, operation, typeof body === 'string' ? body : JSON.stringify(body));

describe('a request for a fault', () => {
  it('names a black hole, for each operation', () => {
    for (const operation of ['start', 'stop', 'status'] as const)
      expect(read('network-blackhole-port', hole, operation)).to.deep.equal({
        operation,
        fault: {
          ...{ kind: 'network-blackhole-port', port: 80, protocol: 'tcp' },
          ...{ trafficType: 'egress', spared: [] },
        },
      });
  });

  it('names latency', () => {
    const body = { ...latency, SourcesToFilter: ['10.0.0.0/8', '::1'], FlowsPercent: 50 };
    expect(read('network-latency', body)).to.deep.equal({
      operation: 'start',
      fault: {
        ...{ kind: 'network-latency', delayMs: 100, jitterMs: 10 },
        ...{ sources: ['1.2.3.4'], spared: ['10.0.0.0/8', '::1'], flowsPercent: 50 },
      },
    });
  });

  it('names packet loss, of all flows unless it says how many', () => {
    expect(read('network-packet-loss', loss)).to.deep.equal({
      operation: 'start',
      fault: {
        ...{ kind: 'network-packet-loss', lossPercent: 10 },
        ...{ sources: ['1.2.3.4'], spared: [], flowsPercent: 100 },
      },
    });
  });

  for (const kind of ['network-latency', 'network-packet-loss'] as const)
    for (const operation of ['stop', 'status'] as const)
      it(`to ${operation} ${kind} needs no body`, () => {
        for (const body of ['', 'nonsense'])
          expect(read(kind, body, operation)).to.deep.equal({ operation, fault: { kind } });
      });

  it('is read in any letter case, without what is unknown, up to the end of its first value', () => {
    const body = '{"PORT":80,"protocol":"tcp","Traffictype":"egress","x":{"y":"}"}} [';
    expect(read('network-blackhole-port', body)).to.deep.equal(
      read('network-blackhole-port', hole),
    );
  });

  const missing = (name: string) => `required parameter ${name} is missing`;
  const invalid = (value: unknown, name: string) => `invalid value ${value} for parameter ${name}`;
  const without = (body: object, name: string) => ({ ...body, [name]: undefined });
  const refusals: [FaultKind, unknown, string][] = [
    ['network-blackhole-port', '', 'required request body is missing'],
    ['network-latency', ' \n', 'required request body is missing'],
    ['network-latency', '{"DelayMilliseconds":', 'unexpected EOF'],
    ['network-latency', '{"DelayMilliseconds"}', 'invalid JSON in the request body'],
    ['network-latency', 'yes', 'invalid JSON in the request body'],
    ['network-latency', '[1]', 'json: cannot unmarshal array into an object'],
    ['network-latency', '1 {}', 'json: cannot unmarshal number into an object'],
    ['network-latency', 'true', 'json: cannot unmarshal bool into an object'],
    ['network-latency', '"a \\" b" {}', 'json: cannot unmarshal string into an object'],
    ['network-latency', 'null', missing('DelayMilliseconds')],
    ['network-blackhole-port', without(hole, 'Port'), missing('Port')],
    ['network-blackhole-port', { ...hole, Port: null }, missing('Port')],
    ['network-blackhole-port', without(hole, 'Protocol'), missing('Protocol')],
    ['network-blackhole-port', { ...hole, Protocol: '' }, missing('Protocol')],
    ['network-blackhole-port', { ...hole, Protocol: 'x', TrafficType: '' }, missing('TrafficType')],
    ['network-blackhole-port', { ...hole, Protocol: 'icmp' }, invalid('icmp', 'Protocol')],
    ['network-blackhole-port', { ...hole, Protocol: 'TCP' }, invalid('TCP', 'Protocol')],
    ['network-blackhole-port', { ...hole, TrafficType: 'both' }, invalid('both', 'TrafficType')],
    [
      'network-blackhole-port',
      { ...hole, SourcesToFilter: ['10.0.0.1', 'example.com'] },
      invalid('example.com', 'SourcesToFilter'),
    ],
    [
      'network-blackhole-port',
      { ...hole, Port: 65_536 },
      'json: cannot unmarshal number 65536 into field Port, which is a whole number',
    ],
    [
      'network-blackhole-port',
      { ...hole, Port: '80' },
      'json: cannot unmarshal string into field Port, which is a whole number',
    ],
    [
      'network-blackhole-port',
      { ...hole, Protocol: 6 },
      'json: cannot unmarshal number 6 into field Protocol, which is a string',
    ],
    [
      'network-blackhole-port',
      { ...hole, SourcesToFilter: [1] },
      'json: cannot unmarshal array into field SourcesToFilter, which is a list of strings',
    ],
    ['network-latency', without(latency, 'DelayMilliseconds'), missing('DelayMilliseconds')],
    ['network-latency', without(latency, 'JitterMilliseconds'), missing('JitterMilliseconds')],
    [
      'network-latency',
      { DelayMilliseconds: 0, JitterMilliseconds: 0 },
      'required either DelayMilliseconds or JitterMilliseconds to be non-zero',
    ],
    ['network-latency', without(latency, 'Sources'), missing('Sources')],
    ['network-latency', { ...latency, Sources: [], FlowsPercent: 0 }, missing('Sources')],
    ['network-latency', { ...latency, Sources: ['1.2.3'] }, invalid('1.2.3', 'Sources')],
    ['network-latency', { ...latency, Sources: ['1.2.3.4/33'] }, invalid('1.2.3.4/33', 'Sources')],
    ['network-latency', { ...latency, Sources: ['::1/129'] }, invalid('::1/129', 'Sources')],
    ['network-latency', { ...latency, Sources: ['fe80::1%e'] }, invalid('fe80::1%e', 'Sources')],
    ['network-latency', { ...latency, Sources: ['-j'], FlowsPercent: 0 }, invalid('-j', 'Sources')],
    ['network-latency', { ...latency, FlowsPercent: 0 }, invalid(0, 'flowsPercent')],
    ['network-latency', { ...latency, FlowsPercent: 101 }, invalid(101, 'flowsPercent')],
    ['network-packet-loss', without(loss, 'LossPercent'), missing('LossPercent')],
    ['network-packet-loss', { LossPercent: 0 }, invalid(0, 'LossPercent')],
    ['network-packet-loss', { LossPercent: 101 }, invalid(101, 'LossPercent')],
    ['network-packet-loss', without(loss, 'Sources'), missing('Sources')],
  ];
  for (const [kind, body, says] of refusals) {
    const shown = typeof body === 'string' ? body : JSON.stringify(body);
    it(`for ${kind} is refused where it is ${JSON.stringify(shown)}`, () => {
      expect(() => read(kind, body)).to.throw(BodyError, new RegExp(`^${escaped(says)}$`));
    });
  }
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
