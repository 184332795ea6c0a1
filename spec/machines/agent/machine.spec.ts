import { expect } from 'chai';
import type { StateValue } from 'xstate';
import { foundInput } from '../../../machines/agent/decide.ts';
import { agentMachine } from '../../../machines/agent/machine.ts';
import type { AgentContext } from '../../../machines/agent/model.ts';
import { outboxActorId, taskActorId } from '../../../machines/names/arn.ts';
import type { Acknowledgement, Payload } from '../../../machines/session/model.ts';
import { container, taskArn, task as taskPlan, unwanted, wanted } from '../../support/builders.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  type Neighbours,
  spawns,
  starts,
  stops,
  tells,
  when,
} from '../../support/chart.ts';
import {
  admission,
  agentContext,
  cleanup,
  failure,
  instance,
  payload,
  planned,
  receipt,
  report,
  rules,
  taskInput,
} from '../../support/chart-contexts.ts';

const agent = chart(agentMachine);

/** The agent alive, with its control in this state. */
const alive = (control: StateValue, measures = 'unregistered') => ({
  alive: { engine: 'watching', measures, control },
});
const online = (state: string) => alive({ online: state });

const at = (
  state: Parameters<typeof when>[1],
  more: Partial<AgentContext> = {},
  neighbours: Neighbours = {},
) => when(agent, state, agentContext(more), neighbours);

const stamp = { at: 2_000, roll: 0 };
const minute = 60_000;
const throttled = (at: number) => failure('ECS_THROTTLED', { retry: true, at });

const boots = starts('boot', 'boot');
const registers = (containerInstanceArn: string | null) =>
  starts('register', 'register', { containerInstanceArn });
const startsSession = spawns('session', 'session', { containerInstanceArn: instance });
/** What ends with the agent, whatever its control is doing. */
const stopsAll = [stops('watch'), stops('journal'), stops('admission'), stops('images')];
const booted = (taskLimits: boolean) => done('boot', { taskLimits, ...stamp });

describe('the agent', () => {
  describe('that begins', () => {
    it('waits for its process to start it', () => {
      begins(agent, {
        identity: { cluster: 'specs', containerInstanceArn: null },
        rules: rules({ pullBehavior: 'once' }),
        admission,
        cleanup,
        telemetry: false,
      }).comesTo(
        'idle',
        agentContext({ containerInstanceArn: null, rules: rules({ pullBehavior: 'once' }) }),
      );
    });

    it('admits tasks, cleans up, watches the Engine and boots', () => {
      at('idle')
        .gets({ type: 'agent.start', at: 1_000 })
        .comesTo(alive('booting'), {}, [
          starts('journal', 'journal'),
          spawns('admission', 'admission', admission),
          spawns('images', 'images', { rules: cleanup, at: 1_000 }),
          spawns('watch', 'watch'),
          boots,
        ]);
    });

    it('registers once the Engine has answered, and connects with the ARN it is given', () => {
      at(alive('booting'), { containerInstanceArn: null })
        .gets(booted(true))
        .comesTo(alive('registering'), { rules: rules({ taskLimits: true }) }, [registers(null)])
        .gets(done('register', { containerInstanceArn: instance, ...stamp }))
        .comesTo(online('connecting'), { containerInstanceArn: instance }, [startsSession]);
    });

    it('fails for now when the Engine does not answer', () => {
      const exit = { code: 1 as const, reason: 'the Engine says no' };
      const { output } = at(alive('booting'))
        .gets(failed('boot', failure('DOCKER_UNREACHABLE')))
        .comesTo('failed', { exit }, stopsAll);
      expect(output).to.deep.equal(exit);
    });
  });

  describe('that registers', () => {
    it('shows the ARN it has from before', () => {
      at(alive('booting'))
        .gets(booted(false))
        .comesTo(alive('registering'), {}, [registers(instance)]);
    });

    it('tries again a while after ECS was too busy, later each time', () => {
      at(alive('registering'))
        .gets(failed('register', throttled(1_000)))
        .comesTo(alive('backingOff'), { attempts: 1, registeringSince: 1_000 }, [
          starts('retry', 'timer', { deadline: 4_000 }),
        ])
        .gets(done('retry', { at: 4_000, roll: 0 }))
        .comesTo(alive('registering'), {}, [registers(instance)])
        .gets(failed('register', { ...throttled(5_000), roll: 0.5 }))
        .comesTo(alive('backingOff'), { attempts: 2, registeringSince: 1_000 }, [
          starts('retry', 'timer', { deadline: 11_600 }),
        ]);
    });

    it('forgets its attempts once it is registered', () => {
      at(alive('registering'), { attempts: 3, registeringSince: 1_000 })
        .gets(done('register', { containerInstanceArn: instance, ...stamp }))
        .comesTo(online('connecting'), { attempts: 0 }, [startsSession]);
    });

    it('fails for now when ECS was too busy for an hour', () => {
      at(alive('registering'), { attempts: 20, registeringSince: 1_000 })
        .gets(failed('register', throttled(1_000 + 60 * minute)))
        .comesTo('failed', { exit: { code: 1, reason: 'the Engine says no' } }, stopsAll);
    });

    it('fails for good when the request itself is wrong', () => {
      at(alive('registering'))
        .gets(failed('register', failure('ECS_INVALID', { message: 'no such cluster' })))
        .comesTo('failed', { exit: { code: 5, reason: 'no such cluster' } }, stopsAll);
    });
  });

  describe('that takes payloads', () => {
    const received = (content: Payload, known: string[] = []) => ({
      type: 'payload.received' as const,
      payload: content,
      known,
      at: 2_000,
    });
    const commits = (...acknowledgements: Acknowledgement[]) =>
      tells('journal', { type: 'commit', acknowledgements });

    it('begins an outbox and a task for each new one, and has all of it committed', () => {
      const one = wanted(taskPlan('one', [container('web')]));
      at(online('serving'), { rules: rules({ pullBehavior: 'once' }) })
        .gets(received(payload({ tasks: [one] })))
        .stays({}, [
          spawns(outboxActorId(one.plan.arn), 'report', { taskArn: one.plan.arn, roll: 0.5 }),
          spawns(
            taskActorId(one.plan.arn),
            'task',
            taskInput({
              arn: one.plan.arn,
              containers: [planned('web')],
              pullBehavior: 'once',
              at: 2_000,
            }),
          ),
          commits(receipt),
        ]);
    });

    it('tells a known task that it is to stop, and passes over one that is to run', () => {
      const stopped = unwanted(taskPlan('one'));
      const again = wanted(taskPlan('two'));
      at(online('serving'), {}, { system: [taskActorId(stopped.plan.arn)] })
        .gets(received(payload({ tasks: [again, stopped] }), [stopped.plan.arn, again.plan.arn]))
        .stays({}, [
          tells(taskActorId(stopped.plan.arn), { type: 'task.stop', at: 2_000 }),
          commits(receipt),
        ]);
    });

    it('tells ECS of a task that could not be understood, and does not acknowledge it', () => {
      const arn = taskArn('odd');
      at(online('serving'))
        .gets(received(payload({ refused: [{ arn, reason: 'UnrecognizedTaskError: no' }] })))
        .stays({ refused: [arn] }, [
          spawns(outboxActorId(arn), 'report', { taskArn: arn, roll: 0 }),
          tells(outboxActorId(arn), {
            type: 'task.changed',
            report: report('STOPPED', { taskArn: arn, reason: 'UnrecognizedTaskError: no' }),
            at: 2_000,
          }),
          commits(),
        ]);
    });

    it('remembers which tasks it could not understand, and does not tell of them again', () => {
      const arn = taskArn('odd');
      const again = payload({ refused: [{ arn, reason: 'UnrecognizedTaskError: no' }] });
      at(online('serving'), { refused: [arn] })
        .gets(received(again))
        .stays({ refused: [arn] }, [commits()]);
    });

    it('acknowledges once all is on disk, be the session connected or not', () => {
      const acknowledgements = [{ kind: 'heartbeat' as const, messageId: 'm1' }];
      const acknowledges = tells('session', { type: 'acknowledge', acknowledgements });
      at(online('connecting'))
        .gets({ type: 'committed', acknowledgements })
        .stays({}, [acknowledges]);
      at(online('serving')).gets({ type: 'committed', acknowledgements }).stays({}, [acknowledges]);
    });
  });

  describe('whose session comes and goes', () => {
    it('serves while ACS is connected', () => {
      at(online('connecting'))
        .gets({ type: 'session.connected' })
        .comesTo(online('serving'))
        .gets({ type: 'session.disconnected' })
        .comesTo(online('connecting'));
    });

    it('begins a new session after one that crashed, and counts the crash', () => {
      at(online('serving'), { crashes: [1_000] })
        .gets(failed('session', new Error('a fault of this program')))
        .comesTo(alive('recovering'), {}, [starts('recover', 'timer', { deadline: 0 })])
        .gets(done('recover', stamp))
        .comesTo(online('connecting'), { crashes: [1_000, 2_000] }, [startsSession]);
    });

    it('forgets crashes of more than a minute ago', () => {
      at(alive('recovering'), { crashes: [1_000, 2_000, 3_000, 4_000, 5_000] })
        .gets(done('recover', { at: 61_000, roll: 0 }))
        .comesTo(online('connecting'), { crashes: [2_000, 3_000, 4_000, 5_000, 61_000] }, [
          startsSession,
        ]);
    });

    it('fails for now when sessions crash for the sixth time in a minute', () => {
      at(alive('recovering'), { crashes: [1_000, 2_000, 3_000, 4_000, 5_000] })
        .gets(done('recover', { at: 60_999, roll: 0 }))
        .comesTo(
          'failed',
          { exit: { code: 1, reason: 'The session with ACS keeps failing.' } },
          stopsAll,
        );
    });
  });

  describe('that forgets', () => {
    const [id, outbox] = [taskActorId(taskArn('one')), outboxActorId(taskArn('one'))];

    it('an outbox that has told all, and tells its task so', () => {
      at(online('serving'), {}, { children: [outbox, id], system: [id] })
        .gets(done(outbox, undefined))
        .stays({}, [tells(id, { type: 'report.settled', at: 0 })]);
    });

    it('an outbox of a task that could not be understood', () => {
      at(online('serving'), {}, { children: [outbox] })
        .gets(done(outbox, undefined))
        .stays();
    });

    it('a task whose remains are gone', () => {
      at(online('serving'), {}, { children: [id] })
        .gets(done(id, undefined))
        .stays();
    });
  });

  describe('that tells figures', () => {
    const measuring = (measures: string) => alive({ online: 'connecting' }, measures);
    const tellsFigures = (at: number) => [
      spawns('health', 'health', { at }),
      spawns('telemetry', 'telemetry', { containerInstanceArn: instance }),
    ];

    it('begins once it is registered', () => {
      at(alive('registering'), { telemetry: true })
        .gets(done('register', { containerInstanceArn: instance, ...stamp }))
        .comesTo(measuring('publishing'), {}, [startsSession, ...tellsFigures(2_000)]);
    });

    const crashes = [
      ['health', 'telemetry'],
      ['telemetry', 'health'],
    ] as const;
    for (const [crashed, other] of crashes)
      it(`goes on without them when its ${crashed} crashes, and begins again after a minute`, () => {
        at(measuring('publishing'), { telemetry: true })
          .gets(failed(crashed, new Error('a fault of this program')))
          .comesTo(measuring('crashed'), {}, [
            stops(other),
            starts('crash', 'timer', { deadline: 0 }),
          ])
          .gets(done('crash', stamp))
          .comesTo(measuring('recovering'), {}, [
            starts('measureAgain', 'timer', { deadline: 2_000 + minute }),
          ])
          .gets(done('measureAgain', { at: 2_000 + minute, roll: 0 }))
          .comesTo(measuring('publishing'), {}, tellsFigures(2_000 + minute));
      });
  });

  describe('that finds containers of its own', () => {
    it('takes over those that no record knows, as tasks that run', () => {
      const found = taskPlan('lost');
      const outbox = outboxActorId(found.arn);
      at(online('serving'))
        .gets({ type: 'tasks.found', tasks: [found], at: 5_000 })
        .stays({}, [
          spawns(outbox, 'report', { taskArn: found.arn, roll: 0 }),
          spawns(taskActorId(found.arn), 'task', foundInput(found, rules(), 5_000)),
        ]);
    });
  });

  describe('that something fails in', () => {
    const id = taskActorId(taskArn('one'));

    it('lives on when a task crashes, and puts another in its place', () => {
      const task = taskInput({ arn: taskArn('one'), desired: 'STOPPED', begins: 'halted' });
      at(online('serving'), {}, { children: [id] })
        .gets(failed(id, new Error('a fault of this program')))
        .stays()
        .gets({ type: 'task.crashed', actorId: id, task })
        .stays({}, [
          stops(id),
          spawns(id, 'task', task),
          // There is no outbox that would tell it so.
          tells(id, { type: 'report.settled', at: 0 }),
        ]);
    });

    it('lets the outbox of a crashed task tell of the other’s end', () => {
      const task = taskInput({ arn: taskArn('one'), desired: 'STOPPED', begins: 'halted' });
      at(online('serving'), {}, { children: [id], system: [outboxActorId(task.arn)] })
        .gets({ type: 'task.crashed', actorId: id, task })
        .stays({}, [stops(id), spawns(id, 'task', task)]);
    });

    for (const part of ['journal', 'admission', 'images', 'watch'])
      it(`fails for now when its ${part} does`, () => {
        const others = stopsAll.filter((ask) => !('stops' in ask && ask.stops === part));
        at(online('serving'))
          .gets(failed(part, failure('UNKNOWN', { message: 'disk full' })))
          .comesTo('failed', { exit: { code: 1, reason: 'disk full' } }, [
            stops('session'),
            ...others,
          ]);
      });
  });

  describe('that is asked to stop', () => {
    const settles = starts('settle', 'settle');
    const patience = starts('patience', 'timer', { deadline: 5_000 });
    const clean = { code: 0, reason: '' };

    it('lets the last changes reach the disk, and ends in good order', () => {
      const { output } = at(online('serving'))
        .gets({ type: 'agent.stop', at: 2_000 })
        .comesTo('stopping', {}, [stops('session'), ...stopsAll, settles, patience])
        .gets(done('settle', stamp))
        .comesTo('stopped', {}, [stops('patience')]);
      expect(output).to.deep.equal(clean);
    });

    it('ends when the last changes do not reach the disk', () => {
      const { output } = at('stopping')
        .gets(failed('settle', failure('STORE_FAILED')))
        .comesTo('stopped', {}, [stops('patience')]);
      expect(output).to.deep.equal(clean);
    });

    it('waits for the disk for three seconds', () => {
      const { output } = at('stopping')
        .gets(done('patience', stamp))
        .comesTo('stopped', {}, [stops('settle')]);
      expect(output).to.deep.equal(clean);
    });

    it('gives up whatever it was waiting for', () => {
      at(alive('backingOff'), { attempts: 1 })
        .gets({ type: 'agent.stop', at: 2_000 })
        .comesTo('stopping', {}, [stops('retry'), ...stopsAll, settles, patience]);
    });
  });

  everythingWasTaken(agent);
});
