import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describeWithEngine, libraryOf } from '../../support/engine.ts';
import { commands, testImage } from '../../support/engine-plans.ts';
import { AgentProcess } from '../../support/process.ts';

/** A task definition as the AWS CLI takes it, with one essential container. */
const definition = (command: string[], more: object = {}) => ({
  family: 'story',
  containerDefinitions: [{ name: 'main', image: testImage, memory: 16, essential: true, command }],
  ...more,
});

describe('ecs-agent dev', () => {
  let folder: string;
  let agent: AgentProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dev-spec-'));
  });
  afterEach(async () => {
    // Only a story that fails leaves one behind.
    await agent?.signal('SIGINT');
    rmSync(folder, { recursive: true });
  });

  const file = (content: unknown): string => {
    const path = join(folder, 'task.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const changes = ({ lines }: AgentProcess): string[] =>
    lines
      .filter((line) => line.includes('→'))
      .map((line) => line.replace(/^.*(?:story|hello-web)\S*\s+/, ''));

  describeWithEngine('with a Docker Engine', (dockerHost) => {
    const left = async () => {
      const library = libraryOf(dockerHost());
      const filters = { label: ['com.amazonaws.ecs.task-definition-family=story'] };
      return library.listContainers({ all: true, filters });
    };
    const dev = (...words: string[]) => {
      agent = new AgentProcess(['dev', ...words], { DOCKER_HOST: dockerHost() });
      return agent;
    };
    /** What is read at an address of the Engine's own host, once the agent's container listens. */
    const page = async ({ child }: AgentProcess, address: string): Promise<string> => {
      while (child.exitCode === null) {
        const container = await libraryOf(dockerHost()).createContainer({
          Image: testImage,
          Cmd: ['busybox', 'wget', '-q', '-O', '-', address],
          Tty: true,
          HostConfig: { NetworkMode: 'host' },
        });
        try {
          await container.start();
          const { StatusCode } = await container.wait();
          if (StatusCode === 0) return String(await container.logs({ stdout: true }));
        } finally {
          await container.remove({ force: true });
        }
      }
      throw new Error(`the agent has ended, and nobody listens at ${address}`);
    };

    it('runs a task definition once, shows each step, and leaves nothing behind', async () => {
      const agent = dev('--once', file(definition(commands.exit(0))));
      expect(await agent.exitCode()).to.equal(0);
      expect(changes(agent)).to.include.members([
        'pulling → pulled',
        'creating → created',
        'starting → running',
        'running → stopped',
        'pending → running',
      ]);
      expect(agent.output).to.include('main exited with 0');
      expect(await left()).to.deep.equal([]);
    });

    it('ends with 1 when an essential container did not exit with 0', async () => {
      const agent = dev('--once', file(definition(commands.exit(3))));
      expect(await agent.exitCode()).to.equal(1);
      expect(agent.output).to.include('main exited with 3');
      expect(await left()).to.deep.equal([]);
    });

    it('names the feature that a task needs and it does not have, and ends with 1', async () => {
      const agent = dev('--once', file(definition(commands.exit(0), { networkMode: 'awsvpc' })));
      expect(await agent.exitCode()).to.equal(1);
      expect(agent.output).to.include('does not support network mode awsvpc');
    });

    it('serves a page from the sample task until Ctrl-C, and then removes its container', async () => {
      const agent = dev();
      const [, address = ''] = await agent.says(/listens on (http:\S+)/);
      expect(await page(agent, address)).to.include('An ECS task on this machine');
      expect(await agent.signal('SIGINT')).to.equal(0);
      const filters = { label: ['com.amazonaws.ecs.task-definition-family=hello-web'] };
      expect(await libraryOf(dockerHost()).listContainers({ all: true, filters })).to.deep.equal(
        [],
      );
      const image = await libraryOf(dockerHost()).getImage('ecs-agent-sample:web').inspect();
      expect(image.Id).to.match(/^sha256:/);
    });
  });

  it('without an Engine says so with the remedy, and marks every line as simulated', async () => {
    const nobody = { DOCKER_HOST: `unix://${join(folder, 'nobody.sock')}` };
    const agent = new AgentProcess(['dev', '--once', file(definition(commands.exit(0)))], nobody);
    expect(await agent.exitCode()).to.equal(0);
    const [first = '', ...rest] = agent.lines;
    expect(first).to.match(
      /^No Docker Engine answers at .*nobody\.sock: start one, or set DOCKER_HOST/,
    );
    expect(rest.filter((line) => !line.startsWith('[simulated] '))).to.deep.equal([]);
    expect(changes(agent)).to.include('starting → running');
  });

  const bad: [string, unknown, RegExp][] = [
    ['is no JSON', '{', /task\.json: /],
    ['has no family', { containerDefinitions: [] }, /task\.json: .*family/],
    ['has no containers', { family: 'x' }, /containerDefinitions/],
    [
      'has a container without an image',
      { family: 'x', containerDefinitions: [{ name: 'a' }] },
      /image/,
    ],
  ];
  for (const [what, content, line] of bad)
    it(`refuses a file that ${what} in one line that names it`, async () => {
      const agent = new AgentProcess(['dev', '--once', file(content)]);
      expect(await agent.exitCode()).to.equal(1);
      expect(agent.lines).to.have.length(1);
      expect(agent.output).to.match(line);
    });

  it('refuses a word it does not know, and shows how it is used', async () => {
    const option = new AgentProcess(['dev', '--twice']);
    expect(await option.exitCode()).to.equal(1);
    expect(option.output).to.match(/--twice.*see ecs-agent --help/);
    const command = new AgentProcess(['fly']);
    expect(await command.exitCode()).to.equal(5);
    expect(command.output).to.include('Usage: ecs-agent');
  });
});
