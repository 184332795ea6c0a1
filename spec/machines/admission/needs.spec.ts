import { expect } from 'chai';
import { needsOf } from '../../../machines/admission/decide.ts';
import type { Needs } from '../../../machines/admission/model.ts';
import type { PortMapping } from '../../../machines/container/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import { container, task } from '../../support/builders.ts';

const port = (hostPort: number | null, protocol: 'tcp' | 'udp' = 'tcp'): PortMapping => ({
  kind: 'single',
  containerPort: 80,
  hostPort,
  protocol,
});
const nothing: Needs = { cpuUnits: 0, memoryMiB: 0, tcpPorts: [], udpPorts: [] };
const reserving = (dockerHostConfig: string) =>
  task('t', [container('web', { memoryMiB: 512, dockerHostConfig })]);

describe('what a task needs of its host', () => {
  const both = [
    container('web', { cpu: 256, memoryMiB: 512 }),
    container('log', { cpu: 10, memoryMiB: 64 }),
  ];
  const tables: [string, TaskPlan, Partial<Needs>][] = [
    ['nothing where nothing is asked for', task('t'), {}],
    ['what its containers ask for together', task('t', both), { cpuUnits: 266, memoryMiB: 576 }],
    [
      'what it asks for itself, rather than its containers',
      task('t', both, { cpu: 0.5, memoryMiB: 128 }),
      { cpuUnits: 512, memoryMiB: 128 },
    ],
    [
      'what its containers ask for where its own limits are 0',
      task('t', both, { cpu: 0, memoryMiB: 0 }),
      { cpuUnits: 266, memoryMiB: 576 },
    ],
    ['no part of a CPU unit', task('t', both, { cpu: 0.1 }), { cpuUnits: 102, memoryMiB: 576 }],
    [
      'nothing for the containers that the agent adds',
      task('t', [
        container('pause', { internal: true, cpu: 9, memoryMiB: 9, portMappings: [port(80)] }),
      ]),
      {},
    ],
    ['its soft limit of memory', reserving('{"MemoryReservation":134217728}'), { memoryMiB: 128 }],
    [
      'its soft limit however it is written',
      reserving('{"memoryreservation":134217729}'),
      { memoryMiB: 129 },
    ],
    [
      'its hard limit where the soft one is 0',
      reserving('{"MemoryReservation":0}'),
      { memoryMiB: 512 },
    ],
    [
      'its hard limit where the soft one is no number',
      reserving('{"MemoryReservation":"1k"}'),
      { memoryMiB: 512 },
    ],
    ['its hard limit where its configuration is none', reserving('null'), { memoryMiB: 512 }],
    [
      'its hard limit where its configuration is unreadable',
      reserving('{"Memory'),
      { memoryMiB: 512 },
    ],
    [
      'the host ports it names, by protocol, each once',
      task('t', [
        container('a', { portMappings: [port(80), port(53, 'udp'), port(8_080)] }),
        container('b', { portMappings: [port(80)] }),
      ]),
      { tcpPorts: [80, 8_080], udpPorts: [53] },
    ],
    [
      'no port where the Engine chooses one',
      task('t', [
        container('a', {
          portMappings: [port(null), port(0), { kind: 'range', from: 80, to: 90, protocol: 'tcp' }],
        }),
      ]),
      {},
    ],
    [
      'the ports it names on the network of its host',
      task('t', [container('a', { portMappings: [port(80)] })], { networkMode: 'host' }),
      { tcpPorts: [80] },
    ],
    [
      'no port of the host on a network interface of its own',
      task('t', [container('a', { cpu: 5, portMappings: [port(80)] })], { networkMode: 'awsvpc' }),
      { cpuUnits: 5 },
    ],
  ];
  for (const [what, plan, needs] of tables)
    it(`is ${what}`, () => {
      expect(needsOf(plan)).to.deep.equal({ ...nothing, ...needs });
    });
});
