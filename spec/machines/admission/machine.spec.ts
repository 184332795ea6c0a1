import { admissionMachine } from '../../../machines/admission/machine.ts';
import type { AdmissionContext, Needs } from '../../../machines/admission/model.ts';
import { taskActorId } from '../../../machines/names/arn.ts';
import { taskArn } from '../../support/builders.ts';
import { begins, chart, everythingWasTaken, tells, when } from '../../support/chart.ts';

const admission = chart(admissionMachine);
const [a, b, c] = [taskArn('a'), taskArn('b'), taskArn('c')];
const system = [a, b, c].map(taskActorId);

const cpu = (cpuUnits: number): Needs => ({ cpuUnits, memoryMiB: 0, tcpPorts: [], udpPorts: [] });
const holds = (taskArn: string, cpuUnits: number) => ({ taskArn, needs: cpu(cpuUnits) });
const waits = (
  taskArn: string,
  cpuUnits: number,
  more: { since?: number; overtakenSince?: number } = {},
) => ({ ...holds(taskArn, cpuUnits), since: 1_000, overtakenSince: null, ...more });

/** A host of 1024 CPU units at 1 s. */
const context = (more: Partial<AdmissionContext> = {}): AdmissionContext => ({
  capacity: { cpuUnits: 1_024, memoryMiB: 1_024 },
  reserved: { tcpPorts: [], udpPorts: [] },
  holders: [],
  waiting: [],
  at: 1_000,
  ...more,
});
const at = (
  state: string,
  more: Partial<AdmissionContext> = {},
  neighbours: { system: string[] } = { system },
) => when(admission, state, context(more), neighbours);

const request = (taskArn: string, cpuUnits: number) => ({
  type: 'admission.request' as const,
  taskArn,
  needs: cpu(cpuUnits),
  at: 2_000,
});
const release = (taskArn: string) => ({ type: 'admission.release' as const, taskArn, at: 2_000 });
const admits = (taskArn: string, at = 2_000) =>
  tells(taskActorId(taskArn), { type: 'task.admitted', at });

describe('the admission of a host', () => {
  it('begins with nobody waiting', () => {
    begins(admission, context(), { system }).comesTo('idle', context());
  });

  it('begins, after a restart, by letting in what fits', () => {
    const waiting = [waits(b, 512), waits(c, 512)];
    begins(admission, context({ holders: [holds(a, 512)], waiting }), { system }).comesTo(
      'queueing',
      context({ holders: [holds(a, 512), holds(b, 512)], waiting: [waits(c, 512)] }),
      [admits(b, 1_000)],
    );
  });

  it('lets in a task that fits at once', () => {
    at('idle')
      .gets(request(a, 512))
      .stays({ holders: [holds(a, 512)], at: 2_000 }, [admits(a)]);
  });

  it('lets a task wait that does not fit, until another gives back what it holds', () => {
    at('idle', { holders: [holds(a, 512)] })
      .gets(request(b, 768))
      .comesTo('queueing', { waiting: [waits(b, 768, { since: 2_000 })], at: 2_000 })
      .gets(release(a))
      .comesTo('idle', { holders: [holds(b, 768)], waiting: [] }, [admits(b)]);
  });

  it('lets a later task past one that waits, and keeps that in mind', () => {
    at('queueing', { holders: [holds(a, 512)], waiting: [waits(b, 768)] })
      .gets(request(c, 512))
      .stays(
        {
          holders: [holds(a, 512), holds(c, 512)],
          waiting: [waits(b, 768, { overtakenSince: 2_000 })],
          at: 2_000,
        },
        [admits(c)],
      );
  });

  it('tells a task again that it was let in, and takes nothing twice', () => {
    at('idle', { holders: [holds(a, 512)] })
      .gets(request(a, 512))
      .stays({}, [admits(a)]);
  });

  it('keeps the place of a task that asks again', () => {
    at('queueing', { holders: [holds(a, 512)], waiting: [waits(b, 768), waits(c, 768)] })
      .gets(request(b, 768))
      .stays({ at: 2_000 });
  });

  it('lets a task go that waits no more', () => {
    at('queueing', { holders: [holds(a, 512)], waiting: [waits(b, 768)] })
      .gets(release(b))
      .comesTo('idle', { waiting: [], at: 2_000 });
  });

  it('heeds no end of a task that it does not know', () => {
    at('idle').gets(release(a)).stays({ at: 2_000 });
  });

  it('tells nobody of a task whose actor is gone', () => {
    const gone = { system: [] };
    at('idle', {}, gone)
      .gets(request(a, 512))
      .stays({ holders: [holds(a, 512)], at: 2_000 })
      .gets(request(a, 512))
      .stays();
  });

  everythingWasTaken(admission);
});
