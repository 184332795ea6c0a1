import { expect } from 'chai';
import type { StateValue } from 'xstate';
import { foundInput } from '../../../machines/agent/decide.ts';
import { agentMachine } from '../../../machines/agent/machine.ts';
import type { AgentContext } from '../../../machines/agent/model.ts';
import { outboxActorId, taskActorId } from '../../../machines/names/arn.ts';
import type { Acknowledgement, Manifest, Payload } from '../../../machines/session/model.ts';
import { container, taskArn, task as taskPlan, unwanted, wanted } from '../../support/builders.ts';
import {
  begins,
  chart,
  done,
  emits,
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
const alive = (
  control: StateValue,
  { interruption = 'unwatched', measures = 'unregistered' } = {},
) => ({
  alive: { engine: 'watching', updates: 'awaiting', interruption, measures, control },
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

const boots = starts('boot', 'boot', { since: 1_000 });
const identifies = starts('identify', 'identify');
const identified = done('identify', stamp);
const delayed = (because: string, withinMs: number) =>
  emits({ type: 'start.delayed', because, withinMs });
const retries = (deadline: number) => starts('retry', 'timer', { deadline });
const registers = (containerInstanceArn: string | null) =>
  starts('register', 'register', { containerInstanceArn });
const startsSession = spawns('session', 'session', { containerInstanceArn: instance });
/** What ends with the agent, whatever its control is doing. */
const stopsAll = [
  stops('update'),
  stops('watch'),
  stops('journal'),
  stops('admission'),
  stops('images'),
];
const booted = (taskLimits: boolean) => done('boot', { taskLimits, ...stamp });

describe('the agent', () => {
  describe('that begins', () => {
    it('waits for its process to start it', () => {
      begins(agent, {
        identity: { cluster: 'specs', containerInstanceArn: null, ec2InstanceId: null },
        makesCluster: false,
        rules: rules({ pullBehavior: 'once' }),
        updatesEnabled: true,
        admission,
        cleanup,
        watching: { warmPool: false, spot: false },
        telemetry: false,
      }).comesTo(
        'idle',
        agentContext({
          begunAt: 0,
          containerInstanceArn: null,
          rules: rules({ pullBehavior: 'once' }),
        }),
      );
    });

    it('admits tasks, cleans up, watches the Engine and boots', () => {
      at('idle', { begunAt: 0 })
        .gets({ type: 'agent.start', at: 1_000 })
        .comesTo(alive({ booting: 'calling' }), { begunAt: 1_000 }, [
          starts('journal', 'journal'),
          spawns('admission', 'admission', admission),
          spawns('images', 'images', { rules: cleanup, at: 1_000 }),
          spawns('watch', 'watch'),
          spawns('update', 'update', { enabled: true }),
          boots,
        ]);
    });

    it('registers once the Engine has answered, and connects with the ARN it is given', () => {
      at(alive({ booting: 'calling' }), { containerInstanceArn: null })
        .gets(booted(true))
        .comesTo(alive('identifying'), { rules: rules({ taskLimits: true }), begunAt: 2_000 }, [
          identifies,
        ])
        .gets(done('identify', { at: 3_000, roll: 0 }))
        .comesTo(alive('registering'), { begunAt: 3_000 }, [registers(null)])
        .gets(done('register', { containerInstanceArn: instance, ...stamp }))
        .comesTo(online('connecting'), { containerInstanceArn: instance, awaySince: stamp.at }, [
          startsSession,
        ]);
    });

    it('registers even where nobody tells which instance this is', () => {
      at(alive('identifying'))
        .gets(failed('identify', failure('UNKNOWN')))
        .comesTo(alive('registering'), { begunAt: 2_000 }, [registers(instance)]);
    });

    it('waits for an Engine that is late, says so once, and boots when it is there', () => {
      const late = (at: number) => failure('DOCKER_UNREACHABLE', { at, retry: true });
      at(alive({ booting: 'calling' }))
        .gets(failed('boot', late(1_100)))
        .comesTo(alive({ booting: 'backingOff' }), { attempts: 1, trouble: late(1_100) }, [
          delayed('the Engine says no', 10_000),
          starts('retryBoot', 'timer', { deadline: 1_350 }),
        ])
        .gets(done('retryBoot', { at: 1_350, roll: 0 }))
        .comesTo(alive({ booting: 'calling' }), {}, [boots])
        .gets(failed('boot', late(1_400)))
        .comesTo(alive({ booting: 'backingOff' }), { attempts: 2, trouble: late(1_400) }, [
          starts('retryBoot', 'timer', { deadline: 1_900 }),
        ])
        .gets(done('retryBoot', { at: 1_900, roll: 0 }))
        .comesTo(alive({ booting: 'calling' }), {}, [boots])
        .gets(booted(false))
        .comesTo(alive('identifying'), { attempts: 0, trouble: null, begunAt: 2_000 }, [
          identifies,
        ]);
    });

    it('fails for now when the Engine has not answered for ten seconds', () => {
      const exit = {
        code: 1 as const,
        reason:
          'the Engine says no. Start the Docker Engine, or set DOCKER_HOST to where it listens.',
      };
      const { output } = at(alive({ booting: 'calling' }), { attempts: 8 })
        .gets(failed('boot', failure('DOCKER_UNREACHABLE', { at: 11_000 })))
        .comesTo('failed', { exit }, stopsAll);
      expect(output).to.deep.equal(exit);
    });

    it('fails for good when tasks cannot be limited although they must be', () => {
      const exit = { code: 5 as const, reason: 'the Engine says no' };
      at(alive({ booting: 'calling' }))
        .gets(failed('boot', failure('CGROUPS_UNAVAILABLE')))
        .comesTo('failed', { exit }, stopsAll);
    });
  });

  describe('that is in a warm pool', () => {
    const watching = { warmPool: true, spot: false };
    const asks = starts('lifecycle', 'lifecycle');
    const rests = starts('askAgain', 'timer', { deadline: 62_000 });
    const told = (lifecycle: string | null) => done('lifecycle', { lifecycle, ...stamp });

    it('waits until it is in service, and goes on then', () => {
      at(alive({ booting: 'calling' }), { watching })
        .gets(booted(false))
        .comesTo(alive({ warming: 'asking' }), { begunAt: 2_000 }, [asks])
        .gets(told('Warmed:Pending'))
        .comesTo(alive({ warming: 'resting' }), { attempts: 1, lifecycle: 'Warmed:Pending' }, [
          rests,
        ])
        .gets(done('askAgain', { at: 62_000, roll: 0 }))
        .comesTo(alive({ warming: 'asking' }), {}, [asks])
        .gets(told('InService'))
        .comesTo(alive('identifying'), { attempts: 0 }, [identifies]);
    });

    it('asks again a minute after nothing was told, or the service was ill', () => {
      const ill = failure('METADATA_UNAVAILABLE', { retry: true });
      at(alive({ warming: 'asking' }), { watching })
        .gets(told(null))
        .comesTo(alive({ warming: 'resting' }), { attempts: 1 }, [rests])
        .gets(done('askAgain', { at: 62_000, roll: 0 }))
        .comesTo(alive({ warming: 'asking' }), {}, [asks])
        .gets(failed('lifecycle', ill))
        .comesTo(alive({ warming: 'resting' }), { attempts: 2, trouble: ill }, [rests]);
    });

    it('fails for good when nothing was told 120 times', () => {
      const exit = {
        code: 5 as const,
        reason:
          'The instance metadata service has named no place in a warm pool for two hours. ' +
          'Set ECS_WARM_POOLS_CHECK=false if this instance is in no Auto Scaling group.',
      };
      at(alive({ warming: 'asking' }), { watching, attempts: 119 })
        .gets(told(null))
        .comesTo('failed', { exit }, stopsAll);
    });

    it('fails for good when the service refuses to tell', () => {
      const exit = {
        code: 5 as const,
        reason:
          'the Engine says no. Let the instance read its metadata, or set ' +
          'ECS_WARM_POOLS_CHECK=false if it is in no warm pool.',
      };
      at(alive({ warming: 'asking' }), { watching, lifecycle: 'Warmed:Stopped' })
        .gets(failed('lifecycle', failure('METADATA_REFUSED')))
        .comesTo('failed', { exit }, stopsAll);
    });
  });

  describe('that watches for an interruption of its instance', () => {
    const watching = { warmPool: false, spot: true };
    const registered = done('register', { containerInstanceArn: instance, ...stamp });
    const watched = (control: StateValue) => alive(control, { interruption: 'watched' });

    it('begins once it is registered, and ends once ECS drains the instance', () => {
      at(alive('registering'), { watching })
        .gets(registered)
        .comesTo(watched({ online: 'connecting' }), { awaySince: stamp.at }, [
          startsSession,
          spawns('spot', 'spot'),
        ])
        .gets(done('spot', undefined))
        .comesTo(alive({ online: 'connecting' }, { interruption: 'drained' }));
    });

    it('fails for now when that watch does', () => {
      at(watched({ online: 'serving' }), { watching })
        .gets(failed('spot', failure('UNKNOWN', { message: 'a fault' })))
        .comesTo('failed', { exit: { code: 1, reason: 'a fault' } }, [
          stops('session'),
          ...stopsAll,
        ]);
    });
  });

  describe('that registers', () => {
    it('shows the ARN it has from before', () => {
      at(alive('identifying'))
        .gets(identified)
        .comesTo(alive('registering'), { begunAt: 2_000 }, [registers(instance)]);
    });

    it('tries again a while after ECS was too busy, later each time', () => {
      const busy = { ...throttled(5_000), roll: 0.5 };
      at(alive('registering'))
        .gets(failed('register', throttled(1_000)))
        .comesTo(alive('backingOff'), { attempts: 1, trouble: throttled(1_000) }, [
          delayed('the Engine says no', 60 * minute),
          retries(4_000),
        ])
        .gets(done('retry', { at: 4_000, roll: 0 }))
        .comesTo(alive('registering'), {}, [registers(instance)])
        .gets(failed('register', busy))
        .comesTo(alive('backingOff'), { attempts: 2, trouble: busy }, [retries(11_600)]);
    });

    it('forgets its attempts once it is registered', () => {
      at(alive('registering'), { attempts: 3, trouble: throttled(1_000) })
        .gets(done('register', { containerInstanceArn: instance, ...stamp }))
        .comesTo(online('connecting'), { attempts: 0, trouble: null, awaySince: stamp.at }, [
          startsSession,
        ]);
    });

    it('fails for now when ECS was too busy for an hour', () => {
      at(alive('registering'), { attempts: 20, trouble: throttled(1_000) })
        .gets(failed('register', throttled(1_000 + 60 * minute)))
        .comesTo('failed', { exit: { code: 1, reason: 'the Engine says no' } }, stopsAll);
    });

    it('fails for now when ECS could not be reached for ten seconds', () => {
      const exit = {
        code: 1 as const,
        reason:
          'no route. See to the network and the proxy, and that AWS_DEFAULT_REGION or ' +
          'ECS_BACKEND_HOST is right.',
      };
      const unreached = (at: number) => failure('ECS_UNREACHABLE', { message: 'no route', at });
      at(alive('registering'))
        .gets(failed('register', unreached(1_000)))
        .comesTo(alive('backingOff'), { attempts: 1, trouble: unreached(1_000) }, [
          delayed('no route', 10_000),
          retries(1_250),
        ])
        .gets(done('retry', { at: 1_250, roll: 0 }))
        .comesTo(alive('registering'), {}, [registers(instance)])
        .gets(failed('register', unreached(11_000)))
        .comesTo('failed', { exit }, stopsAll);
    });

    it('fails for good when the request itself is wrong', () => {
      at(alive('registering'))
        .gets(failed('register', failure('ECS_INVALID', { message: 'no such cluster' })))
        .comesTo('failed', { exit: { code: 5, reason: 'no such cluster' } }, stopsAll);
    });
  });

  describe('whose cluster is missing', () => {
    const missing = failure('ECS_CLUSTER_MISSING', { message: 'Cluster not found.' });
    const creates = starts('createCluster', 'createCluster', { cluster: 'specs' });

    it('makes it where none was configured, and registers again', () => {
      at(alive('registering'), { makesCluster: true, containerInstanceArn: null })
        .gets(failed('register', missing))
        .comesTo(alive('creatingCluster'), {}, [creates])
        .gets(done('createCluster', stamp))
        .comesTo(alive('registering'), { makesCluster: false }, [registers(null)]);
    });

    it('fails for good where one was configured, or where it was made and is missing still', () => {
      at(alive('registering'))
        .gets(failed('register', missing))
        .comesTo('failed', { exit: { code: 5, reason: 'Cluster not found.' } }, stopsAll);
    });

    it('tries again a while after ECS was too busy to make it', () => {
      at(alive('creatingCluster'), { makesCluster: true })
        .gets(failed('createCluster', throttled(1_000)))
        .comesTo(alive('backingOff'), { attempts: 1, trouble: throttled(1_000) }, [
          delayed('the Engine says no', 60 * minute),
          retries(4_000),
        ]);
    });

    it('fails for now when it may not make it', () => {
      at(alive('creatingCluster'), { makesCluster: true })
        .gets(failed('createCluster', failure('ECS_DENIED', { message: 'no' })))
        .comesTo('failed', { exit: { code: 1, reason: 'no' } }, stopsAll);
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

    it('keeps the highest place in the order, also of one that it does not acknowledge', () => {
      const refused = [{ arn: null, reason: 'no' }];
      at(online('serving'), { seqNum: 4 })
        .gets(received(payload({ seqNum: 9, refused })))
        .stays({ seqNum: 9 }, [commits()])
        .gets(received(payload({ seqNum: 5 })))
        .stays({}, [commits(receipt)])
        .gets(received(payload()))
        .stays({}, [commits(receipt)]);
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

  describe('that is given a manifest', () => {
    const manifest: Manifest = {
      ...{ messageId: 'm1', clusterArn: receipt.clusterArn, containerInstanceArn: instance },
      timeline: 7,
      running: [taskArn('one')],
    };
    const received = (known: string[], more: Partial<Manifest> = {}) => ({
      type: 'manifest.received' as const,
      manifest: { ...manifest, ...more },
      known,
    });
    const commits = (...acknowledgements: Acknowledgement[]) =>
      tells('journal', { type: 'commit', acknowledgements });
    const kept = { seqNum: 7, manifestSeqNum: 7, manifestId: 'm1' };
    const taken: Acknowledgement = { ...receipt, kind: 'received' };

    it('has its place committed, and asks ECS about the tasks that it leaves out', () => {
      at(online('serving'), { seqNum: 6 })
        .gets(received([taskArn('one'), taskArn('two')]))
        .stays(kept, [
          commits(taken, {
            kind: 'stopVerification',
            messageId: 'm1',
            stopCandidates: [
              {
                taskArn: taskArn('two'),
                taskClusterArn: receipt.clusterArn,
                desiredStatus: 'STOPPED',
              },
            ],
          }),
        ]);
    });

    it('asks nothing where it has no task beyond those that are listed', () => {
      at(online('serving'))
        .gets(received([taskArn('one')]))
        .stays(kept, [commits(taken)]);
    });

    it('drops one that is not newer than all before it, without a word', () => {
      at(online('serving'), { seqNum: 7 })
        .gets(received([taskArn('two')]))
        .stays();
    });

    it('stops what ECS says is to stop, once, and what is still there', () => {
      const ids = [taskArn('two'), taskArn('gone')];
      const verified = { type: 'stop.verified' as const, messageId: 'm1', known: ids, at: 2_000 };
      at(online('serving'), { manifestId: 'm1' }, { system: [taskActorId(taskArn('two'))] })
        .gets(verified)
        .stays({ manifestId: null }, [
          tells(taskActorId(taskArn('two')), { type: 'task.stop', at: 2_000 }),
        ])
        .gets(verified)
        .stays();
    });

    it('stops nothing for the answer to another question', () => {
      at(online('serving'), { manifestId: 'm2' }, { system: [taskActorId(taskArn('two'))] })
        .gets({ type: 'stop.verified', messageId: 'm1', known: [taskArn('two')], at: 2_000 })
        .stays();
    });
  });

  describe('whose session comes and goes', () => {
    it('serves while ACS is connected, and remembers since when it is not', () => {
      at(online('connecting'), { awaySince: 1_000 })
        .gets({ type: 'session.connected', at: 2_000 })
        .comesTo(online('serving'), { awaySince: null })
        .gets({ type: 'session.disconnected', at: 3_000 })
        .comesTo(online('connecting'), { awaySince: 3_000 });
    });

    it('begins a new session after one that crashed, and counts the crash', () => {
      at(online('serving'), { crashes: [1_000] })
        .gets(failed('session', new Error('a fault of this program')))
        .comesTo(alive('recovering'), {}, [starts('recover', 'timer', { deadline: 0 })])
        .gets(done('recover', stamp))
        .comesTo(online('connecting'), { crashes: [1_000, 2_000], awaySince: 2_000 }, [
          startsSession,
        ]);
    });

    it('forgets crashes of more than a minute ago', () => {
      at(alive('recovering'), { crashes: [1_000, 2_000, 3_000, 4_000, 5_000], awaySince: 4_500 })
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
    const measuring = (measures: string) => alive({ online: 'connecting' }, { measures });
    const tellsFigures = (at: number) => [
      spawns('health', 'health', { at }),
      spawns('telemetry', 'telemetry', { containerInstanceArn: instance }),
    ];

    it('begins once it is registered', () => {
      at(alive('registering'), { telemetry: true })
        .gets(done('register', { containerInstanceArn: instance, ...stamp }))
        .comesTo(measuring('publishing'), { awaySince: stamp.at }, [
          startsSession,
          ...tellsFigures(stamp.at),
        ]);
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

    it('leaves them the outbox that is there still', () => {
      const found = taskPlan('lost');
      at(online('serving'), {}, { system: [outboxActorId(found.arn)] })
        .gets({ type: 'tasks.found', tasks: [found], at: 5_000 })
        .stays({}, [spawns(taskActorId(found.arn), 'task', foundInput(found, rules(), 5_000))]);
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

  describe('whose new version is here', () => {
    it('lets the last changes reach the disk, and ends so that the new version is started', () => {
      const exit = { code: 42 as const, reason: '' };
      const others = stopsAll.filter((ask) => !('stops' in ask && ask.stops === 'update'));
      const { output } = at(online('serving'))
        .gets(done('update', stamp))
        .comesTo('stopping', { exit }, [
          stops('session'),
          ...others,
          starts('settle', 'settle'),
          starts('patience', 'timer', { deadline: 5_000 }),
        ])
        .gets(done('settle', stamp))
        .comesTo('stopped', {}, [stops('patience')]);
      expect(output).to.deep.equal(exit);
    });

    it('lives on when its updater crashes, with another that has nothing', () => {
      at(online('serving'), { updatesEnabled: false })
        .gets(failed('update', new Error('a fault of this program')))
        .stays({}, [spawns('update', 'update', { enabled: false })]);
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
