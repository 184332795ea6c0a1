import { expect } from 'chai';
import { readScenario } from '../../../bin/scenario/file/read.ts';
import { yamlOf } from '../../../bin/scenario/file/write.ts';
import type { Scenario } from '../../../bin/scenario/model.ts';

const head = 'scenario: It happens.\n';
const task = `${head}tasks: { web: { containers: { main: {} } } }\n`;
const step = (text: string) => `${task}steps:\n  - ${text}\n`;

const verbs =
  'acs, session, ecs, engine, registry, host, store, ask, wait, crash, start, stop, see';
const looks =
  'submitted, acknowledged, asked, happened, answered, told, containers, states, explain, logged, ' +
  'not logged, ended, nothing submitted, nothing asked, nothing logged, within, not before';
const asks = 'url, from, method, body, times';
const deeds =
  'exits with 3; exits with 3 after 2s; runs until SIGTERM; runs until SIGTERM, then exits with 143; ' +
  'ignores SIGTERM; cannot start';

/** A text, and what is said of it behind the name of its file. */
const faults: [string, string, string][] = [
  [
    'that is empty',
    '',
    '1:1: the scenario must be a map of scenario, real, seed, latency, agent, images, tasks, steps, not nothing',
  ],
  [
    'that is a list',
    '- a',
    '1:1: the scenario must be a map of scenario, real, seed, latency, agent, images, tasks, steps, not a list',
  ],
  [
    'that is not YAML',
    'a: [',
    '1:5: this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  [
    'with an anchor that is used',
    `${head}seed: &a 1\nsteps: *a`,
    '3:1: steps must be written out: no tags, anchors and aliases',
  ],
  [
    'with a tag',
    `${head}steps: !!set {}`,
    '2:1: steps must be written out: no tags, anchors and aliases',
  ],
  [
    'with a member named by a list',
    `${head}? [a]\n: 1`,
    '2:3: a member of the scenario must be named by a text',
  ],
  ['without a sentence', 'steps: []', '1:1: the scenario must have a member scenario'],
  ['without steps', head, '1:1: the scenario must have a member steps'],
  [
    'with a member of no meaning',
    `${head}stps: []`,
    '2:1: the scenario has no "stps": scenario, real, seed, latency, agent, images, tasks, steps are known',
  ],
  [
    'with a seed that is none',
    `${head}seed: -1\nsteps: []`,
    '2:1: seed must be a whole number of at least 0, not -1',
  ],
  [
    'that is real in other words',
    `${head}real: yes\nsteps: []`,
    '2:1: real must be true or false, not "yes"',
  ],
  [
    'with a setting that there is not',
    `${head}agent: { ECS_FOO: 1 }\nsteps: []`,
    '2:10: the agent has no setting ECS_FOO',
  ],
  [
    'with a value that a setting does not take',
    `${head}agent: { ECS_RESERVED_MEMORY: much }\nsteps: []`,
    '2:1: ECS_RESERVED_MEMORY must be a whole number of at most 65535, not "much": the default is used',
  ],
  [
    'with a name that no task may have',
    `${head}tasks: { Web: {} }\nsteps: []`,
    '2:10: the name of a task must be small letters, digits and -, not "Web"',
  ],
  [
    'with a task without containers',
    `${head}tasks: { web: {} }\nsteps: []`,
    '2:10: web must have a member containers',
  ],
  [
    'with containers that are a list',
    `${head}tasks: { web: { containers: [] } }\nsteps: []`,
    '2:17: containers must be a map, not a list',
  ],
  [
    'with a container that does the unknown',
    `${head}tasks: { web: { containers: { main: { does: dance } } } }\nsteps: []`,
    `2:39: does must be something that a container can do (${deeds}), not "dance"`,
  ],
  [
    'with a container in words that are not known',
    `${head}tasks: { web: { containers: { main: dance } } }\nsteps: []`,
    `2:31: main must be something that a container can do (${deeds}), not "dance"`,
  ],
  [
    'with a condition that there is not',
    `${head}tasks: { web: { containers: { main: { dependsOn: { a: READY } } } } }\nsteps: []`,
    '2:52: a must be one of START, COMPLETE, SUCCESS, HEALTHY, not "READY"',
  ],
  [
    'with a task that is no task definition',
    `${head}tasks: { web: { containers: { main: {} }, cpu: lots } }\nsteps: []`,
    '2:10: The task definition cannot be used: cpu must be a size, not "lots"',
  ],
  ['with steps that are a map', `${head}steps: {}`, '2:1: steps must be a list, not an empty map'],
  [
    'with a step that is a word',
    step('stop'),
    `4:5: steps must be a map with one of ${verbs}, not "stop"`,
  ],
  [
    'with a step that is not known',
    step('pause: 3s'),
    `4:5: steps has no "pause": it must have one of ${verbs}`,
  ],
  [
    'with a step that is two',
    step('{ wait: 3s, see: {} }'),
    '4:17: steps has no "see": wait are known',
  ],
  [
    'with a duration that is none',
    step('wait: soon'),
    '4:5: wait must be a duration such as 500ms, 30s or 1h 30m, not "soon"',
  ],
  [
    'with a duration without a unit',
    step('wait: 30'),
    '4:5: wait must be a duration such as 500ms, 30s or 1h 30m, not 30',
  ],
  [
    'with a task that there is not',
    step('acs: { run: wbe }'),
    '4:12: run must be the name of a task (web), not "wbe"',
  ],
  [
    'without any tasks',
    `${head}steps:\n  - acs: { run: web }`,
    '3:12: run must be the name of a task (there is none), not "web"',
  ],
  [
    'with a container that there is not',
    step('engine: { exit: web/mian }'),
    '4:15: exit must be the name of a task and of a container of it (web/main), not "web/mian"',
  ],
  [
    'with an exit code in words',
    step('engine: { exit: web/main, code: three }'),
    '4:31: code must be a whole number of at least 0, not "three"',
  ],
  [
    'with something that no Engine does',
    step('engine: { explode: web/main }'),
    '4:15: engine has no "explode": it must have one of exit, start, create, remove, healthy, unhealthy, mark, refuse, hang, lose, restart, unreachable, events, disk',
  ],
  [
    'with a call that no Engine has',
    step('engine: { hang: boot }'),
    '4:15: hang must be one of create, start, stop, inspect, remove, list, pull, tag, resolveDigest, inspectImage, removeImage, createVolume, inspectVolume, removeVolume, version, ping, not "boot"',
  ],
  [
    'with an Engine that does nothing',
    step('engine: {}'),
    '4:5: engine has no "": it must have one of exit, start, create, remove, healthy, unhealthy, mark, refuse, hang, lose, restart, unreachable, events, disk',
  ],
  [
    'with a fault no times',
    step('ecs: { lose: submit, times: 0 }'),
    '4:26: times must be a whole number of at least 1, not 0',
  ],
  [
    'with a registry that is half up',
    step('registry: { up: false }'),
    '4:17: up must be true, not false',
  ],
  ['with a crash of another', step('crash: engine'), '4:5: crash must be agent, not "engine"'],
  [
    'with a session that rests',
    step('session: rests'),
    '4:5: session must be one of closes, breaks, half-open, inactive, refused, accepted, not "rests"',
  ],
  [
    'with a database that does the unknown',
    step('store: burns'),
    '4:5: store must be one of waits, goes on, fails once, full, free, not "burns"',
  ],
  [
    'with a record that is of no use in another way',
    step('store: { mark: task/web, as: lost }'),
    '4:30: as must be one of damaged, of another version, not "lost"',
  ],
  [
    'with a mark on no record',
    step('store: { as: damaged }'),
    '4:5: store must have a member mark',
  ],
  ['with a question to nobody', step('ask: { from: web/main }'), '4:5: ask must have a member url'],
  [
    'with a question in one word',
    step('ask: localhost'),
    `4:5: ask must be a map of ${asks}, not "localhost"`,
  ],
  [
    'with a question of somebody unknown',
    step('ask: { url: localhost, from: web }'),
    '4:28: from must be the name of a task and of a container of it, or another host (web/main, another host), not "web"',
  ],
  [
    'with a question that is none',
    step('ask: { url: localhost, method: DELETE }'),
    '4:28: method must be one of GET, PUT, POST, not "DELETE"',
  ],
  [
    'with a question never asked',
    step('ask: { url: localhost, times: 0 }'),
    '4:28: times must be a whole number of at least 1, not 0',
  ],
  [
    'with a question by another word',
    step('ask: { uri: localhost }'),
    `4:12: ask has no "uri": ${asks} are known`,
  ],
  [
    'with tags that are a list',
    `${head}tasks: { web: { containers: { main: {} }, tags: [a] } }\nsteps: []`,
    '2:43: tags must be a map, not a list',
  ],
  [
    'with a look at what is not known',
    step('see: { heard: [] }'),
    `4:12: see has no "heard": ${looks} are known`,
  ],
  ['with a look that is a word', step('see: all'), `4:5: see must be a map of ${looks}, not "all"`],
  [
    'with a line that YAML takes for a map',
    step('see: { submitted: [web: RUNNING] }'),
    '4:24: submitted must be lines of text: put this one in quotes, not a map',
  ],
  [
    'with lines that are a map',
    step('see: { logged: {} }'),
    '4:12: logged must be lines of text, after a | or as a list, not an empty map',
  ],
];

const read = (text: string) => readScenario('it.yaml', text);

describe('a scenario', () => {
  for (const [words, text, says] of faults)
    it(`${words} is refused, and where and what is wanted is told`, async () => {
      const told = await read(text).then(
        () => expect.fail('it was read'),
        (error: Error & { code?: string }) => error,
      );
      expect(told.message).to.equal(`it.yaml:${says}`);
      expect(told.code).to.equal('SCENARIO_INVALID');
    });

  it('tells the place of each of its lines, in a block and in a list', async () => {
    const { placeOf } = await read(
      `${task}steps:\n  - see:\n      submitted: |\n        web a\n        web b\n      asked: [x, y]\n`,
    );
    const at = (...path: (string | number)[]) => {
      const { line, column } = placeOf(['steps', 0, 'see', ...path]);
      return [line, column];
    };
    expect(at('submitted', 1)).to.deep.equal([7, 9]);
    expect(at('asked', 1)).to.deep.equal([8, 18]);
    expect(at('nothing')).to.deep.equal([4, 5]);
  });

  it('is read as it was written', async () => {
    const written: Scenario = {
      scenario: 'It happens: again.',
      real: true,
      seed: 7,
      latency: { ecs: '40ms', engine: '5ms' },
      agent: { ECS_RESERVED_MEMORY: '3072' },
      tasks: {
        web: {
          containers: { main: { does: 'exits with 3' }, side: { essential: false } },
          roles: ['task'],
          memory: '128',
        },
      },
      steps: [
        { acs: { run: ['web'] } },
        { acs: { message: 'ErrorMessage', members: { message: 'no: "really"' } } },
        { engine: { exit: 'web/side', code: 3 } },
        { store: { mark: 'task/web', as: 'damaged' } },
        { store: 'full' },
        {
          ask: {
            url: '$ECS_AGENT_URI/task-protection/v1/state',
            from: 'web/main',
            method: 'PUT',
            body: { ProtectionEnabled: true, of: [1, 'two'] },
            times: 3,
          },
        },
        { ask: { url: 'localhost:51678/v1/tasks', from: 'another host' } },
        {
          see: {
            submitted: ['web RUNNING: main RUNNING (a: b)', '- # x'],
            asked: [],
            answered: ['200 {"a":1}', 'no answer: because'],
            within: '3s',
          },
        },
      ],
    };
    expect((await read(await yamlOf(written))).scenario).to.deep.equal(written);
  });
});
