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
    const identity = { cluster: 'specs', containerInstanceArn: instance };
    const input = { identity, rules: rules(), admission, cleanup, telemetry: false };
    expect(decide.newAgent(input)).to.deep.equal(agentContext());
  });

  describe('about saved state', () => {
    it('let a new agent, and one of the same cluster, go on', () => {
      expect(decide.mayResume(null, 'specs')).to.equal(null);
      const saved = { cluster: 'specs', containerInstanceArn: instance };
      expect(decide.mayResume(saved, 'specs')).to.equal(null);
    });

    it('end one for good that was moved to another cluster, and name both', () => {
      const saved = { cluster: 'specs', containerInstanceArn: instance };
      expect(decide.mayResume(saved, 'other')).to.deep.equal({
        code: 5,
        reason:
          'The data directory belongs to cluster "specs", but ECS_CLUSTER is "other". ' +
          'Set ECS_CLUSTER back, or give the agent an empty ECS_DATADIR.',
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

  describe('about registering', () => {
    const hour = 3_600_000;
    const tries = [
      ['ECS_THROTTLED', null, 1_000, true],
      ['ECS_THROTTLED', 1_000, hour, true],
      ['ECS_THROTTLED', 1_000, 1_000 + hour - 1, true],
      ['ECS_THROTTLED', 1_000, 1_000 + hour, false],
      ['ECS_UNREACHABLE', null, 1_000, false],
      ['ECS_INVALID', null, 1_000, false],
    ] as const;
    for (const [code, registeringSince, at, expected] of tries)
      it(`try again (${expected}) at ${at} after ${code}, having tried since ${registeringSince}`, () => {
        const context = agentContext({ registeringSince });
        expect(decide.mayRegisterAgain(context, failure(code, { at }))).to.equal(expected);
      });

    const exits = [
      ['ECS_INVALID', 5],
      ['ECS_ATTRIBUTES', 5],
      ['ECS_THROTTLED', 1],
      ['DOCKER_UNREACHABLE', 1],
    ] as const;
    for (const [code, exit] of exits)
      it(`end the process with ${exit} after ${code}`, () => {
        expect(decide.exitAfter(failure(code))).to.deep.equal({
          code: exit,
          reason: 'the Engine says no',
        });
      });

    it('space tries from three seconds to 192', () => {
      expect(decide.registerBackoff).to.deep.equal({
        firstMs: 3_000,
        maxMs: 192_000,
        factor: 2,
        jitter: 0.2,
      });
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
