import { expect } from 'chai';
import * as decide from '../../../machines/agent/decide.ts';
import { taskArn, task as taskPlan, unwanted, wanted } from '../../support/builders.ts';
import {
  admission,
  agentContext,
  cleanup,
  failure,
  instance,
  payload,
  receipt,
  report,
  rules,
} from '../../support/chart-contexts.ts';

describe('the decisions of the agent', () => {
  it('begin with what it knows of itself', () => {
    const identity = { cluster: 'specs', containerInstanceArn: instance, ec2InstanceId: 'i-1' };
    const watching = { warmPool: false, spot: false };
    const given = { rules: rules(), updatesEnabled: true, admission, cleanup, watching };
    const input = { identity, makesCluster: true, telemetry: false, ...given };
    expect(decide.newAgent(input)).to.deep.equal(
      agentContext({ ec2InstanceId: 'i-1', makesCluster: true, begunAt: 0 }),
    );
  });

  describe('about saved state', () => {
    const savedAs = (ec2InstanceId: string | null) => ({
      cluster: 'specs',
      containerInstanceArn: instance,
      ec2InstanceId,
    });
    const arn = 'arn:aws:ecs:us-west-2:123456789012:cluster/specs';
    const verdicts: [saved: string | null, cluster: string, here: string | null, is: string][] = [
      [null, 'specs', null, 'resumed'],
      [null, 'specs', 'i-1', 'resumed'],
      ['i-1', 'specs', 'i-1', 'resumed'],
      // Silence of the metadata service is no difference.
      ['i-1', 'specs', null, 'resumed'],
      ['i-1', 'specs', 'i-2', 'anew'],
      // Of another instance not even the cluster counts.
      ['i-1', 'other', 'i-2', 'anew'],
      ['i-1', 'other', 'i-1', 'refused'],
      ['i-1', 'other', null, 'refused'],
      [null, 'other', 'i-1', 'refused'],
      // A name and an ARN of one cluster are different texts.
      ['i-1', arn, 'i-1', 'refused'],
    ];
    for (const [saved, cluster, here, is] of verdicts)
      it(`of ${saved} it is ${is} in cluster ${cluster} on ${here}`, () => {
        const verdict = decide.resumption(savedAs(saved), { cluster, ec2InstanceId: here });
        expect(verdict.is).to.equal(is);
      });

    it('let a new agent begin', () => {
      const here = { cluster: 'specs', ec2InstanceId: 'i-1' };
      expect(decide.resumption(null, here)).to.deep.equal({ is: 'resumed' });
    });

    it('end one for good that was moved to another cluster, and name both', () => {
      const here = { cluster: 'other', ec2InstanceId: null };
      expect(decide.resumption(savedAs(null), here)).to.deep.equal({
        is: 'refused',
        exit: {
          code: 5,
          reason:
            'The data directory belongs to cluster "specs", but ECS_CLUSTER is "other". ' +
            'Set ECS_CLUSTER back, or give the agent an empty ECS_DATADIR.',
        },
      });
    });

    it('drop that of another EC2 instance, and name both', () => {
      const here = { cluster: 'specs', ec2InstanceId: 'i-2' };
      expect(decide.resumption(savedAs('i-1'), here)).to.deep.equal({
        is: 'anew',
        because:
          'The saved state is of EC2 instance i-1, but this is i-2: it is dropped, and a new ' +
          'container instance is registered',
      });
    });
  });

  describe('about the tasks of a payload', () => {
    const [one, two] = [wanted(taskPlan('one')), wanted(taskPlan('two'))];

    it('stop what is known and wanted stopped, and begin what is new, the stopped first', () => {
      const three = unwanted(taskPlan('three'));
      const four = unwanted(taskPlan('four'));
      const tasks = [one, two, three, four];
      expect(
        decide.intakeOf(
          payload({ tasks }),
          [two, four].map(({ plan }) => plan.arn),
        ),
      ).to.deep.equal({
        stop: [four.plan.arn],
        start: [three, one],
        refuse: [],
      });
    });

    it('begin a task once that is named twice, and heed its stop', () => {
      const stopped = unwanted(one.plan);
      expect(decide.intakeOf(payload({ tasks: [one, stopped, one] }), []).start).to.deep.equal([
        stopped,
      ]);
    });

    it('take tasks of one id for one task', () => {
      const twin = wanted(taskPlan('one', [], { arn: 'arn:other/one' }));
      const odd = { arn: 'arn:third/one', reason: 'no' };
      const given = payload({ tasks: [one, twin], refused: [odd] });
      expect(decide.intakeOf(given, [])).to.deep.equal({ stop: [], start: [one], refuse: [] });
    });

    it('refuse what was not understood, unless it has no ARN or is known', () => {
      const refused = ['odd', 'known'].map((id) => ({ arn: taskArn(id), reason: 'no' }));
      const nameless = { arn: null, reason: 'no' };
      expect(
        decide.intakeOf(payload({ refused: [...refused, nameless] }), [taskArn('known')]).refuse,
      ).to.deep.equal([{ arn: taskArn('odd'), reason: 'no' }]);
    });

    it('refuse a task once that is named twice', () => {
      const odd = { arn: taskArn('odd'), reason: 'no' };
      expect(decide.intakeOf(payload({ refused: [odd, odd] }), []).refuse).to.deep.equal([odd]);
    });
  });

  describe('about manifests', () => {
    it('begin their order at 0 where places are kept, and below it where they are not', () => {
      expect([decide.firstSeqNum(true), decide.firstSeqNum(false)]).to.deep.equal([0, -1]);
      const identity = {
        ...{ cluster: 'specs', containerInstanceArn: instance },
        ...{ ec2InstanceId: null, manifestSeqNum: 42 },
      };
      const watching = { warmPool: false, spot: false };
      const given = { rules: rules(), updatesEnabled: true, admission, cleanup, watching };
      const input = { identity, makesCluster: false, telemetry: false, ...given };
      expect(decide.newAgent(input)).to.include({ seqNum: 42, manifestSeqNum: 42 });
    });

    const places: [number, number, boolean][] = [
      [0, 0, false],
      [-1, 0, true],
      [0, 1, true],
      [2 ** 53, 2 ** 53 + 2, true],
      [2 ** 53 + 2, 2 ** 53, false],
    ];
    for (const [seqNum, timeline, expected] of places)
      it(`take one at ${timeline} after ${seqNum}: ${expected}`, () => {
        const manifest = { ...receipt, timeline, running: [] };
        expect(decide.isNewManifest({ seqNum }, manifest)).to.equal(expected);
      });
  });

  describe('about acknowledging a payload', () => {
    it('owe one for the payload and one for the credentials of each role', () => {
      const credentials = [
        { credentialsId: 'c1', expiration: '2026-12-01T00:00:00Z' },
        { credentialsId: 'c2', expiration: '2026-12-02T00:00:00Z' },
      ];
      expect(decide.receiptsOf(payload({ credentials }))).to.deep.equal([
        receipt,
        ...credentials.map((each) => ({ kind: 'credentials', messageId: 'm1', ...each })),
      ]);
    });

    it('owe none when a task was refused, so that ACS sends it again', () => {
      const refused = [{ arn: null, reason: 'no' }];
      expect(decide.receiptsOf(payload({ refused }))).to.deep.equal([]);
    });
  });

  describe('about a start that fails', () => {
    const hour = 3_600_000;
    const tries = [
      ['DOCKER_UNREACHABLE', 0, true],
      ['DOCKER_UNREACHABLE', 9_999, true],
      ['DOCKER_UNREACHABLE', 10_000, false],
      ['DOCKER_TIMEOUT', 9_999, true],
      ['DOCKER_TIMEOUT', 10_000, false],
      ['ECS_UNREACHABLE', 9_999, true],
      ['ECS_UNREACHABLE', 10_000, false],
      ['ECS_THROTTLED', hour - 1, true],
      ['ECS_THROTTLED', hour, false],
      ['ECS_INVALID', 0, false],
      ['CGROUPS_UNAVAILABLE', 0, false],
    ] as const;
    for (const [code, afterMs, expected] of tries)
      it(`try again (${expected}) ${afterMs} ms after the step began that met ${code}`, () => {
        const context = agentContext({ begunAt: 1_000 });
        const met = failure(code, { at: 1_000 + afterMs });
        expect(decide.mayTryAgain(context, met)).to.equal(expected);
      });

    const paces = [
      ['ECS_THROTTLED', 1, 3_000],
      ['ECS_THROTTLED', 2, 6_000],
      ['ECS_THROTTLED', 9, 192_000],
      ['DOCKER_UNREACHABLE', 1, 250],
      ['DOCKER_UNREACHABLE', 2, 500],
      ['ECS_UNREACHABLE', 9, 2_000],
    ] as const;
    for (const [code, attempts, ms] of paces)
      it(`wait ${ms} ms after try ${attempts} that met ${code}, and up to a fifth more`, () => {
        const resumed = (roll: number) =>
          decide.resumeAt(agentContext({ attempts, trouble: failure(code, { roll }) }));
        expect(resumed(0)).to.equal(2_000 + ms);
        expect(resumed(0.5)).to.equal(2_000 + Math.round(ms * 1.1));
      });

    it('try for the last time just when patience ends', () => {
      const trouble = failure('DOCKER_UNREACHABLE', { at: 10_500 });
      expect(decide.resumeAt(agentContext({ attempts: 6, trouble }))).to.equal(11_000);
    });

    const exits = [
      ['ECS_INVALID', 5],
      ['ECS_ATTRIBUTES', 5],
      ['ECS_CLUSTER_MISSING', 5],
      ['ECS_DENIED', 1],
      ['ECS_FAILED', 1],
      ['EC2_FAILED', 1],
      ['CGROUPS_UNAVAILABLE', 5],
      ['CLOUD_INIT_WITHOUT_DATA', 5],
      ['METADATA_UNREADABLE', 5],
      ['ECS_THROTTLED', 1],
    ] as const;
    for (const [code, exit] of exits)
      it(`end the process with ${exit} after ${code}`, () => {
        expect(decide.exitAfter(failure(code))).to.deep.equal({
          code: exit,
          reason: 'the Engine says no',
        });
      });

    const clusters = [
      [true, 'ECS_CLUSTER_MISSING', true],
      [false, 'ECS_CLUSTER_MISSING', false],
      [true, 'ECS_INVALID', false],
    ] as const;
    for (const [makesCluster, code, expected] of clusters)
      it(`make the cluster (${expected}) after ${code} where the agent makes it (${makesCluster})`, () => {
        const context = agentContext({ makesCluster });
        expect(decide.mayMakeCluster(context, failure(code))).to.equal(expected);
      });

    const remedies = [
      ['DOCKER_UNREACHABLE', 1, 'set DOCKER_HOST'],
      ['DOCKER_TIMEOUT', 1, 'restart it'],
      ['ECS_UNREACHABLE', 1, 'ECS_BACKEND_HOST'],
      ['METADATA_REFUSED', 5, 'ECS_WARM_POOLS_CHECK=false'],
    ] as const;
    for (const [code, exit, remedy] of remedies)
      it(`end it with ${exit} after ${code}, and name the remedy`, () => {
        const { code: ended, reason } = decide.exitAfter(failure(code));
        expect(ended).to.equal(exit);
        expect(reason).to.match(/^the Engine says no\. [A-Z]/);
        expect(reason).to.include(remedy);
      });
  });

  describe('about a warm pool', () => {
    const asks = [
      [null, null, 0, true],
      [null, null, 118, true],
      [null, null, 119, false],
      ['Warmed:Stopped', null, 500, true],
      [null, 'Warmed:Running', 119, true],
    ] as const;
    for (const [lifecycle, told, attempts, expected] of asks)
      it(`ask again (${expected}) after ${attempts} tries and ${told}, having seen ${lifecycle}`, () => {
        const context = agentContext({ lifecycle, attempts });
        expect(decide.mayAskPool(context, told)).to.equal(expected);
      });
  });

  it('give the container instance the tags of its EC2 instance, but those of AWS, and its own first', () => {
    const ofInstance = {
      Name: 'node-1',
      team: 'blue',
      'aws:autoscaling:groupName': 'nodes',
      'AWS:x': 'y',
      from: 'Aws:cloudformation',
      laws: 'laws:of',
    };
    expect(decide.tagsOf({ team: 'red', 'aws:own': 'kept' }, ofInstance)).to.deep.equal({
      Name: 'node-1',
      laws: 'laws:of',
      team: 'red',
      'aws:own': 'kept',
    });
  });

  it('know whose end an event tells of, and whose outbox it was', () => {
    const type = 'xstate.done.actor.outbox/one.two';
    expect(decide.actorIdOf({ type })).to.equal('outbox/one.two');
    expect(decide.taskOfOutbox('outbox/one.two')).to.equal('task/one.two');
    expect(decide.taskOfOutbox('task/one')).to.equal(null);
  });

  it('count the crashes of a minute', () => {
    expect(decide.crashesWith([], 1_000)).to.deep.equal([1_000]);
    expect(decide.crashesWith([1_000, 1_001], 61_000)).to.deep.equal([1_001, 61_000]);
  });

  it('tell ECS that a task is stopped which could not be understood', () => {
    expect(decide.refusalReport(taskArn('odd'), 'no')).to.deep.equal(
      report('STOPPED', { taskArn: taskArn('odd'), reason: 'no' }),
    );
  });
});
