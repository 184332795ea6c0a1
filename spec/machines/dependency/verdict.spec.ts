import { expect } from 'chai';
import type { Condition } from '../../../machines/container/model.ts';
import type { DependedOn, Verdict } from '../../../machines/dependency/model.ts';
import { verdictOf } from '../../../machines/dependency/verdict.ts';

/** A container of which nothing was done yet, but for what is given. */
const known = (name: string, more: Partial<DependedOn> = {}): DependedOn => ({
  name,
  image: `${name}:1`,
  status: 'NONE',
  reached: 'NONE',
  desired: 'RUNNING',
  exitCode: null,
  startedAt: null,
  health: 'UNKNOWN',
  healthChecked: false,
  startTimeoutS: null,
  ...more,
});

const created = { status: 'CREATED', reached: 'CREATED' } as const;
const running = { status: 'RUNNING', reached: 'RUNNING', startedAt: 5_000 } as const;
const exited = (exitCode: number | null) => ({ ...running, status: 'STOPPED', exitCode }) as const;
const neverRan = { status: 'STOPPED', desired: 'STOPPED' } as const;
const checked = (health: DependedOn['health']) => ({ healthChecked: true, health });

/** What becomes of a container that waits for `on`, all of them on this condition. */
function verdict(
  condition: Condition,
  on: DependedOn[],
  target: Partial<DependedOn> = {},
): Verdict {
  const dependsOn = on.map(({ name }) => ({ container: name, condition }));
  return verdictOf({ ...known('app', target), dependsOn }, (name) =>
    on.find((other) => other.name === name),
  );
}

describe('whether a container may take its next step', () => {
  it('may, where it depends on nothing', () => {
    expect(verdict('START', [])).to.deep.equal({ is: 'ready' });
  });

  const conditions: [Condition, string, Partial<DependedOn>, Verdict['is']][] = [
    ['CREATE', 'nothing was done of', {}, 'waiting'],
    ['CREATE', 'was pulled', { status: 'PULLED', reached: 'PULLED' }, 'waiting'],
    ['CREATE', 'was created', created, 'ready'],
    ['CREATE', 'runs', running, 'ready'],
    ['CREATE', 'has failed', exited(1), 'ready'],
    ['CREATE', 'was created and could not start', { ...created, ...neverRan }, 'ready'],
    ['CREATE', 'could not be created', { ...neverRan, reached: 'PULLED' }, 'impossible'],
    ['START', 'was created', created, 'waiting'],
    ['START', 'runs', running, 'ready'],
    ['START', 'ran, and failed', exited(1), 'ready'],
    ['START', 'ran, and is gone without an exit code', exited(null), 'ready'],
    ['START', 'was gone at once, after an exit with 0', { ...neverRan, exitCode: 0 }, 'ready'],
    ['START', 'could not start', { ...created, ...neverRan }, 'impossible'],
    [
      'START',
      'could not start for its own dependency',
      { ...neverRan, exitCode: 143 },
      'impossible',
    ],
    ['COMPLETE', 'runs', running, 'waiting'],
    ['COMPLETE', 'has exited with 0', exited(0), 'ready'],
    ['COMPLETE', 'has failed', exited(3), 'ready'],
    ['COMPLETE', 'could not start', neverRan, 'impossible'],
    [
      'COMPLETE',
      'could not start for its own dependency',
      { ...neverRan, exitCode: 143 },
      'impossible',
    ],
    ['SUCCESS', 'was created', created, 'waiting'],
    ['SUCCESS', 'runs', running, 'waiting'],
    ['SUCCESS', 'has exited with 0', exited(0), 'ready'],
    ['SUCCESS', 'was gone at once, after an exit with 0', { ...neverRan, exitCode: 0 }, 'ready'],
    ['SUCCESS', 'has failed', exited(3), 'impossible'],
    ['SUCCESS', 'is gone without an exit code', exited(null), 'impossible'],
    ['SUCCESS', 'could not start', neverRan, 'impossible'],
    ['HEALTHY', 'was created', { ...created, ...checked('UNKNOWN') }, 'waiting'],
    ['HEALTHY', 'has had no verdict yet', { ...running, ...checked('UNKNOWN') }, 'waiting'],
    ['HEALTHY', 'is not healthy', { ...running, ...checked('UNHEALTHY') }, 'waiting'],
    ['HEALTHY', 'is healthy', { ...running, ...checked('HEALTHY') }, 'ready'],
    ['HEALTHY', 'has no health check', running, 'impossible'],
    ['HEALTHY', 'was healthy when it ended', { ...exited(0), ...checked('HEALTHY') }, 'impossible'],
  ];
  for (const [condition, what, other, is] of conditions)
    it(`is ${is} on ${condition} of one that ${what}`, () => {
      expect(verdict(condition, [known('db', other)]).is).to.equal(is);
    });

  const dependency = 'dependency graph: failed to resolve container ordering dependency';
  const texts: [Condition, Partial<DependedOn>, string][] = [
    [
      'SUCCESS',
      exited(1),
      `${dependency} [db(db:1) (STOPPED->RUNNING) - Exit: 1] for target [app(app:1) (MANIFEST_PULLED->RUNNING)] as dependency did not exit successfully.`,
    ],
    [
      'START',
      { ...neverRan, reached: 'PULLED' },
      `${dependency} [db(db:1) (PULLED->STOPPED)] for target [app(app:1) (MANIFEST_PULLED->RUNNING)] because dependency will never start`,
    ],
    [
      'HEALTHY',
      running,
      `${dependency} [db(db:1) (RUNNING->RUNNING)] for target [app(app:1) (MANIFEST_PULLED->RUNNING)] as dependency has no health check, or ended before it was healthy.`,
    ],
  ];
  for (const [condition, other, because] of texts)
    it(`says in the words of ECS why ${condition} is impossible`, () => {
      const is = verdict(condition, [known('db', other)], { status: 'MANIFEST_PULLED' });
      expect(is).to.deep.equal({ is: 'impossible', because });
    });

  it('is impossible where the task has no such container', () => {
    const target = {
      ...known('app'),
      dependsOn: [{ container: 'db', condition: 'START' as const }],
    };
    expect(verdictOf(target, () => undefined)).to.deep.equal({
      is: 'impossible',
      because:
        'dependency graph: container ordering dependency [<nil>] for target [app(app:1) (NONE->RUNNING)] does not exist.',
    });
  });

  it('is told as impossible while other dependencies still start', () => {
    expect(verdict('START', [known('slow'), known('db', neverRan)]).is).to.equal('impossible');
  });

  it('waits for all that is missing, and for nothing that is there', () => {
    expect(verdict('START', [known('db'), known('web', running), known('log')])).to.deep.equal({
      is: 'waiting',
      on: [
        { container: 'db', condition: 'START' },
        { container: 'log', condition: 'START' },
      ],
      until: null,
      otherwise: '',
    });
  });

  describe('that waits for one with a start timeout of 8 s', () => {
    const patient = { startTimeoutS: 8, healthChecked: true };
    const untils: [string, Condition, Partial<DependedOn>, Partial<DependedOn>, number | null][] = [
      ['8 s after its start, for HEALTHY', 'HEALTHY', running, {}, 13_000],
      ['8 s after its start, for COMPLETE', 'COMPLETE', running, {}, 13_000],
      ['8 s after its start, for SUCCESS', 'SUCCESS', running, {}, 13_000],
      ['for as long as it takes until it has started', 'HEALTHY', created, {}, null],
      ['for as long as it takes it to start', 'START', { startedAt: 5_000 }, {}, null],
      ['for as long as it takes it to be created', 'CREATE', { startedAt: 5_000 }, {}, null],
      ['for as long as it takes once it is created itself', 'HEALTHY', running, created, null],
      [
        'for as long as it takes without a timeout',
        'HEALTHY',
        { ...running, startTimeoutS: 0 },
        {},
        null,
      ],
    ];
    for (const [what, condition, other, target, until] of untils)
      it(`waits ${what}`, () => {
        const is = verdict(condition, [known('db', { ...patient, ...other })], target);
        expect(is).to.include({ is: 'waiting', until });
      });

    it('waits for the earliest of several, and says whose time ran out', () => {
      const late = known('late', { ...running, ...patient, startedAt: 6_000 });
      const early = known('early', { ...running, ...patient });
      expect(verdict('HEALTHY', [known('free', { healthChecked: true }), late, early])).to.include({
        until: 13_000,
        otherwise:
          'dependency graph: container ordering dependency [early(early:1) (RUNNING->RUNNING)] for target [app(app:1) (NONE->RUNNING)] has timed out.',
      });
    });
  });
});
