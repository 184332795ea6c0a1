import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import { ecsServer } from '../../../transport/ecs/server.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { AgentProcess } from '../../support/process.ts';

const image = Buffer.alloc(1_000_000, 'an image of the new version');
const signature = createHash('sha256').update(image).digest('hex');
const clusterArn = 'arn:aws:ecs:us-west-2:123456789012:cluster/specs';
const containerInstanceArn = 'arn:aws:ecs:us-west-2:123456789012:container-instance/specs/1';

describe('an update of the agent’s process', () => {
  const pulse = { clock: realClock(), random: realRandom };
  const sockets = new WebSocketServer({ noServer: true });
  let folder: string;
  let ecs: Loopback;
  let closeEngine: () => Promise<void>;
  let agent: AgentProcess;
  let acs: WebSocket;
  let location: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'agent-update-'));
    const answers = ecsServer({
      register: () => containerInstanceArn,
      discover: () => ({ acs: `${ecs.url}/acs/`, telemetry: null }),
      submit: () => null,
      createCluster: () => null,
      updateState: () => [],
    });
    ecs = await listen((request, response) =>
      request.url === '/new.tar' ? response.end(image) : answers(request, response),
    );
    location = `${ecs.url}/new.tar`;
    ecs.server.on('upgrade', (request, stream, head) =>
      sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit('connection', socket)),
    );
    const path = join(folder, 'engine.sock');
    closeEngine = await serveEngine(new SimEngine({ ...pulse, latencyMs: 0 }), path);
    agent = new AgentProcess([], {
      ...{ ECS_CLUSTER: 'specs', ECS_BACKEND_HOST: ecs.url, AWS_DEFAULT_REGION: 'us-west-2' },
      ...{ AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', ECS_EXTERNAL: 'true' },
      ...{ DOCKER_HOST: `unix://${path}`, ECS_DATADIR: join(folder, 'data') },
      ...{ ECS_UPDATES_ENABLED: 'true', ECS_UPDATE_DOWNLOAD_DIR: folder },
    });
    [acs] = await once(sockets, 'connection');
  });
  afterEach(async () => {
    agent.child.kill('SIGKILL');
    await agent.exitCode();
    await closeEngine();
    await ecs.close();
    rmSync(folder, { recursive: true });
  });

  /** Gives an order; answers what the agent says of it. */
  const order = async (type: 'StageUpdateMessage' | 'PerformUpdateMessage', messageId: string) => {
    const message = {
      ...{ messageId, clusterArn, containerInstanceArn },
      updateInfo: { location, signature },
    };
    acs.send(JSON.stringify({ type, message }));
    const [data] = await once(acs, 'message');
    return JSON.parse(String(data));
  };

  it('is fetched, named for whoever starts the agent, and ends it with 42', async () => {
    expect(await order('StageUpdateMessage', 'm1')).to.deep.equal({
      type: 'AckRequest',
      message: { messageId: 'm1', cluster: clusterArn, containerInstance: containerInstanceArn },
    });
    const name = readFileSync(join(folder, 'desired-image'), 'utf8').trim();
    expect(readFileSync(join(folder, name)).equals(image)).to.equal(true);
    expect(await order('PerformUpdateMessage', 'm2')).to.have.property('type', 'AckRequest');
    expect(await agent.exitCode()).to.equal(42);
  });

  it('is refused where what came is not what ECS signed, and the agent goes on', async () => {
    location = `${ecs.url}/acs/none.tar`;
    const { type, message } = await order('StageUpdateMessage', 'm1');
    expect(type).to.equal('NackRequest');
    expect(message.reason).to.include('Hashsum validation failed');
    expect(await agent.signal('SIGTERM')).to.equal(0);
  });
});
