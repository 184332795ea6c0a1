import { planeMachine } from '../../../machines/plane/machine.ts';
import type { Delivery, PlacedTask, PlaneContext } from '../../../machines/plane/model.ts';
import { taskArn } from '../../support/builders.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  starts,
  stops,
  tells,
  when,
} from '../../support/chart.ts';
import { instance, report, told } from '../../support/chart-contexts.ts';

const plane = chart(planeMachine);
const [one, two] = [taskArn('one'), taskArn('two')];

const context = (more: Partial<PlaneContext> = {}): PlaneContext => ({
  containerInstanceArn: instance,
  status: 'ACTIVE',
  seqNum: 0,
  tasks: {},
  unacknowledged: [],
  figures: {},
  statuses: {},
  ...more,
});
const at = (state: string, more: Partial<PlaneContext> = {}) => when(plane, state, context(more));

const placed = (arn: string, more: Partial<PlacedTask> = {}): PlacedTask => ({
  arn,
  desired: 'RUNNING',
  status: 'PENDING',
  reason: '',
  essential: ['web'],
  containers: {},
  ...more,
});
const delivery = (seqNum: number, taskArn: string, desired: Delivery['desired']): Delivery => ({
  messageId: `payload-${seqNum}`,
  seqNum,
  taskArn,
  desired,
});
const first = delivery(1, one, 'RUNNING');
const second = delivery(2, two, 'RUNNING');
const pending = {
  seqNum: 2,
  tasks: { [one]: placed(one), [two]: placed(two) },
  unacknowledged: [first, second],
};

const run = (taskArn: string) => ({ type: 'task.run' as const, taskArn, essential: ['web'] });
const delivers = (delivery: Delivery) => tells('line', { type: 'payload.deliver', delivery });
const beats = (deadline: number) => starts('heartbeat', 'timer', { deadline });

describe('the local control plane', () => {
  it('begins without a container instance', () => {
    begins(plane, undefined).comesTo('awaitingInstance', context({ containerInstanceArn: null }), [
      starts('line', 'line'),
    ]);
  });

  it('waits for the agent to connect once it has registered', () => {
    at('awaitingInstance', { containerInstanceArn: null })
      .gets({ type: 'instance.registered', containerInstanceArn: instance })
      .comesTo('disconnected', { containerInstanceArn: instance });
  });

  it('keeps what is wanted of tasks until the agent connects', () => {
    at('disconnected')
      .gets(run(one))
      .stays({ seqNum: 1, tasks: { [one]: placed(one) }, unacknowledged: [first] })
      .gets({ type: 'task.stop', taskArn: one })
      .stays({
        seqNum: 2,
        tasks: { [one]: placed(one, { desired: 'STOPPED' }) },
        unacknowledged: [first, delivery(2, one, 'STOPPED')],
      });
  });

  it('delivers all that was not acknowledged when the agent connects, and beats', () => {
    at('disconnected', pending)
      .gets({ type: 'agent.connected', at: 1_000 })
      .comesTo('connected.listening', {}, [delivers(first), delivers(second), beats(31_000)]);
  });

  it('delivers it once more when the agent connects again', () => {
    at('connected.listening', { ...pending, unacknowledged: [second] })
      .gets({ type: 'agent.connected', at: 2_000 })
      .comesTo('connected.listening', {}, [stops('heartbeat'), delivers(second), beats(32_000)]);
  });

  it('delivers a new wish at once, and only that', () => {
    at('connected.listening', { seqNum: 1, tasks: { [one]: placed(one) }, unacknowledged: [first] })
      .gets(run(two))
      .stays(pending, [delivers(second)]);
  });

  it('delivers at once that a task is to stop', () => {
    at('connected.listening', { seqNum: 1, tasks: { [one]: placed(one) } })
      .gets({ type: 'task.stop', taskArn: one })
      .stays(
        {
          seqNum: 2,
          tasks: { [one]: placed(one, { desired: 'STOPPED' }) },
          unacknowledged: [delivery(2, one, 'STOPPED')],
        },
        [delivers(delivery(2, one, 'STOPPED'))],
      );
  });

  it('forgets a payload once it is acknowledged', () => {
    at('connected.listening', pending)
      .gets({ type: 'payload.acknowledged', messageId: 'payload-1' })
      .stays({ unacknowledged: [second] });
  });

  it('sends all that is wanted under the next number', () => {
    const tasks = { [one]: placed(one), [two]: placed(two, { desired: 'STOPPED' }) };
    at('connected.listening', { seqNum: 4, tasks })
      .gets({ type: 'manifest.due' })
      .stays({ seqNum: 5 }, [
        tells('line', {
          type: 'manifest.deliver',
          list: {
            messageId: 'manifest-5',
            timeline: 5,
            tasks: [
              { taskArn: one, desired: 'RUNNING' },
              { taskArn: two, desired: 'STOPPED' },
            ],
          },
        }),
      ]);
  });

  it('says of the tasks it is asked about which are to stop', () => {
    const tasks = { [one]: placed(one), [two]: placed(two, { desired: 'STOPPED' }) };
    at('connected.listening', { tasks })
      .gets({ type: 'stop.asked', messageId: 'm', taskArns: [one, two, 'arn:strange'] })
      .stays({}, [
        tells('line', {
          type: 'verification.deliver',
          messageId: 'm',
          taskArns: [two, 'arn:strange'],
        }),
      ]);
  });

  it('says every half minute that it is there', () => {
    at('connected.listening')
      .gets(done('heartbeat', { at: 31_000, roll: 0 }))
      .comesTo('connected.listening', {}, [
        tells('line', { type: 'heartbeat.send' }),
        beats(61_000),
      ]);
  });

  it('keeps what the agent tells of a task', () => {
    const web = told('web', 'STOPPED', { exitCode: 0 });
    at('connected.listening', { tasks: { [one]: placed(one) } })
      .gets({
        type: 'task.reported',
        report: report('STOPPED', { taskArn: one, containers: [web] }),
      })
      .stays({ tasks: { [one]: placed(one, { status: 'STOPPED', containers: { web } }) } });
  });

  it('keeps whether tasks may be placed on the container instance', () => {
    at('connected.listening')
      .gets({ type: 'instance.changed', status: 'DRAINING' })
      .stays({ status: 'DRAINING' });
  });

  it('keeps what the agent publishes of its tasks and of itself', () => {
    const web = { name: 'web', cpuPercent: 1.5, memoryMiB: 34 };
    at('connected.listening', { statuses: { ContainerRuntime: 'INITIALIZING' } })
      .gets({
        type: 'telemetry.published',
        published: { kind: 'usage', tasks: [{ taskArn: one, containers: [web] }] },
      })
      .stays({ figures: { [one]: [{ ...web, health: null }] } })
      .gets({
        type: 'telemetry.published',
        published: {
          kind: 'health',
          tasks: [{ taskArn: one, containers: [{ name: 'web', health: 'HEALTHY' }] }],
        },
      })
      .stays({ figures: { [one]: [{ ...web, health: 'HEALTHY' }] } })
      .gets({
        type: 'telemetry.published',
        published: { kind: 'status', statuses: { ContainerRuntime: 'OK' } },
      })
      .stays({ statuses: { ContainerRuntime: 'OK' } });
  });

  it('waits for the agent when it has gone', () => {
    at('connected.listening')
      .gets({ type: 'agent.disconnected' })
      .comesTo('disconnected', {}, [stops('heartbeat')]);
  });

  everythingWasTaken(plane);
});
