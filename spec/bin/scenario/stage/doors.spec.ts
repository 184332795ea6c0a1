import { expect } from 'chai';
import type { AskStep, Scenario } from '../../../../bin/scenario/model.ts';
import { VirtualStage } from '../../../../bin/scenario/stage/virtual.ts';

const tasks: Scenario['tasks'] = {
  inside: { containers: { main: {} }, networkMode: 'bridge' },
  host: { containers: { main: {}, ended: { does: 'exits with 0' } }, networkMode: 'host' },
  mute: { containers: { main: {} }, networkMode: 'none' },
};

describe('the servers of a simulated agent', () => {
  const begun = async (agent: Scenario['agent'] = {}) => {
    const scenario: Scenario = { scenario: 'It is.', agent, tasks, steps: [] };
    const stage = new VirtualStage(scenario);
    await stage.begin();
    await stage.act({ acs: { run: Object.keys(tasks ?? {}) } });
    await stage.until(() => stage.container('host/ended') === 'exited 0', 10_000);
    return stage;
  };
  const answerOf = async (stage: VirtualStage, ask: AskStep): Promise<string> => {
    await stage.act({ ask });
    const count = stage.seen.answered.length;
    await stage.until(() => stage.seen.answered.length > count, 1);
    return stage.seen.answered.at(-1) ?? '';
  };

  const open = { ECS_INTROSPECTION_BIND_ADDRESS: '0.0.0.0' };
  const shut = { ECS_INTROSPECTION_PORT: '0', ECS_TASK_METADATA_PORT: '0' };
  const looks = 'localhost:51678/v1/metadata';
  const roles = '169.254.170.2/v2/credentials/x';
  const nobody = (at: string) => `no answer: nobody listens at ${at}`;
  const cases: [string, AskStep, Scenario['agent'], string][] = [
    ['the host', { url: looks }, {}, '200 {'],
    ['the host', { url: '10.0.0.10:51678/v1/metadata' }, {}, nobody('10.0.0.10:51678')],
    ['the host', { url: '10.0.0.10:51678/v1/metadata' }, open, '200 {'],
    ['the host', { url: roles }, {}, '400 {'],
    ['the host', { url: looks }, shut, nobody('localhost:51678')],
    ['the host', { url: roles }, shut, nobody('169.254.170.2')],
    ['the host', { url: looks, method: 'POST' }, {}, '405'],
    ['a container', { url: looks, from: 'inside/main' }, open, nobody('localhost:51678')],
    ['a container', { url: roles, from: 'inside/main' }, {}, '400 {'],
    [
      'a container',
      { url: '169.254.170.2:81', from: 'inside/main' },
      {},
      nobody('169.254.170.2:81'),
    ],
    ['a container on the host', { url: looks, from: 'host/main' }, {}, '200 {'],
    [
      'a container that ended',
      { url: roles, from: 'host/ended' },
      {},
      'no answer: host/ended does not run',
    ],
    [
      'a container of no network',
      { url: roles, from: 'mute/main' },
      {},
      'no answer: it has no network',
    ],
    ['another host', { url: '10.0.0.10:51678/v1/tasks', from: 'another host' }, open, '200 {'],
    ['another host', { url: looks, from: 'another host' }, open, nobody('localhost:51678')],
    ['another host', { url: roles, from: 'another host' }, {}, nobody('169.254.170.2')],
  ];
  for (const [who, ask, agent, answer] of cases)
    it(`answer ${who} at ${ask.url} with ${answer} where ${JSON.stringify(agent)} is set`, async () => {
      expect((await answerOf(await begun(agent), ask)).slice(0, answer.length)).to.equal(answer);
    });

  it('tell a container from another by its address', async () => {
    const stage = await begun();
    const from = (container: string) =>
      answerOf(stage, { url: '169.254.170.2/v2/metadata', from: container });
    expect(await from('inside/main')).to.include("associate '172.17.");
    expect(await from('host/main')).to.include("associate '127.0.0.1'");
  });

  it('answer nobody while there is no agent, and those who wait as it ends not any more', async () => {
    const stage = await begun();
    await stage.act({ ecs: { hang: 'tags' } });
    const url = '$ECS_CONTAINER_METADATA_URI_V4/taskWithTags';
    await stage.act({ ask: { url, from: 'inside/main' } });
    await stage.advance(100);
    expect(stage.seen.answered).to.deep.equal([]);
    await stage.act({ crash: 'agent' });
    expect(stage.seen.answered).to.deep.equal(['no answer: the agent has ended']);
    expect(await answerOf(stage, { url: looks })).to.equal('no answer: the agent does not run');
    await stage.act({ start: 'agent' });
    expect(await answerOf(stage, { url: looks })).to.match(/^200 /);
    await stage.act({ stop: 'agent' });
    expect(await answerOf(stage, { url: looks })).to.equal('no answer: the agent does not run');
  });
});
