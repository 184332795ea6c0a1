import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { realClock } from '../../../transport/host/clock.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { type UpdateOptions, updateFiles } from '../../../transport/update/download.ts';
import { UpdateError } from '../../../transport/update/port.ts';
import { wire } from '../../../transport/wire/http.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { startProxy } from '../../support/proxy.ts';
import { direct } from '../../support/wire.ts';

const image = Buffer.alloc(3_000_000, 'an image of the new version');
const signature = createHash('sha256').update(image).digest('hex');

describe('the download of a new version', () => {
  let folder: string;
  let loopback: Loopback;
  let serve: RequestListener;
  const asked: IncomingMessage[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wire-update-'));
    asked.length = 0;
    serve = (_, response) => response.end(image);
    loopback = await listen((request, response) => {
      asked.push(request);
      serve(request, response);
    });
  });
  afterEach(async () => {
    await loopback.close();
    rmSync(folder, { recursive: true });
  });

  const download = (
    more: Partial<{ location: string; signature: string }> = {},
    options: Partial<UpdateOptions> = {},
    signal = new AbortController().signal,
  ) =>
    updateFiles({
      directory: folder,
      ipv6Only: false,
      userAgent: 'Amazon ECS Agent - v1',
      wire: direct,
      clock: realClock(),
      random: realRandom,
      ...options,
    }).download({ location: `${loopback.url}/new.tar`, signature, ...more }, signal);
  const failure = async (attempt: Promise<unknown>): Promise<UpdateError> => {
    const error = await attempt.catch((reason: unknown) => reason);
    if (!(error instanceof UpdateError)) throw new Error(`not the error: ${error}`);
    return error;
  };

  it('puts it into the folder under a name of its own, and names it as the next to start', async () => {
    const { path } = await download();
    const [name = ''] = readdirSync(folder).filter((file) => file !== 'desired-image');
    expect(name).to.match(/^[0-9a-f]{20}\.ecs-update\.tar$/);
    expect(path).to.equal(join(folder, name));
    expect(readFileSync(path).equals(image)).to.equal(true);
    expect(readFileSync(join(folder, 'desired-image'), 'utf8')).to.equal(`${name}\n`);
    expect(statSync(join(folder, 'desired-image')).mode & 0o777).to.equal(0o644);
    expect(readdirSync(folder)).to.have.length(2);
    expect(asked[0]?.headers['user-agent']).to.equal('Amazon ECS Agent - v1');
  });

  it('names the latest as the next to start, and takes a signature with space around it', async () => {
    await download();
    const { path } = await download({ signature: ` ${signature}\n` });
    expect(join(folder, readFileSync(join(folder, 'desired-image'), 'utf8').trim())).to.equal(path);
  });

  it('goes by what came, whatever the status it came with', async () => {
    serve = (_, response) => response.writeHead(203).end(image);
    await download();
    expect(existsSync(join(folder, 'desired-image'))).to.equal(true);
  });

  const wrong: [what: string, serve: RequestListener, code: string, message: RegExp][] = [
    [
      'what came is something else',
      (_, response) => response.end('something else'),
      'UPDATE_HASH',
      /^Hashsum validation failed$/,
    ],
    [
      'the server has it not',
      (_, response) => response.writeHead(403).end('<Error/>'),
      'UPDATE_HASH',
      /^Hashsum validation failed \(it came with status 403\)$/,
    ],
    [
      'the connection breaks in the middle',
      (_, response) => {
        response.writeHead(200, { 'content-length': image.length });
        response.write(image.subarray(0, 1_000_000), () => response.destroy());
      },
      'UPDATE_DOWNLOAD',
      /terminated|closed|aborted/,
    ],
    [
      'it is sent on and on',
      ({ url }, response) => response.writeHead(302, { location: `${url}x` }).end(),
      'UPDATE_DOWNLOAD',
      /sent on more than 10 times/,
    ],
  ];
  for (const [what, listener, code, message] of wrong)
    it(`leaves nothing where ${what}, and keeps the version named before`, async () => {
      writeFileSync(join(folder, 'desired-image'), 'before\n');
      serve = listener;
      const error = await failure(download());
      expect(error.code).to.equal(code);
      expect(error.message).to.match(message);
      expect(readdirSync(folder)).to.deep.equal(['desired-image']);
      expect(readFileSync(join(folder, 'desired-image'), 'utf8')).to.equal('before\n');
    });

  it('shows no key of the location where it fails', async () => {
    for (const location of ['http://127.0.0.1:1/a?X-Amz-Signature=secret', 'no address?secret'])
      expect((await failure(download({ location }))).message).not.to.match(/secret/);
  });

  it('names the folder that is not there', async () => {
    const error = await failure(download({}, { directory: join(folder, 'nowhere') }));
    expect(error).to.include({ code: 'UPDATE_DOWNLOAD' });
    expect(error.message).to.include(join(folder, 'nowhere'));
  });

  it('follows those who send it on', async () => {
    serve = ({ url }, response) => {
      if (url === '/final.tar') return response.end(image);
      return response.writeHead(307, { location: '/final.tar' }).end();
    };
    await download();
    expect(asked.map(({ url }) => url)).to.deep.equal(['/new.tar', '/final.tar']);
  });

  for (const [location, ipv6Only, host] of [
    ['http://bucket.s3.us-west-2.test/s3.tar', true, 'bucket.s3.dualstack.us-west-2.test:80'],
    ['http://s3.dualstack.test/a', true, 's3.dualstack.test:80'],
    ['http://s3.test/a', false, 's3.test:80'],
  ] as const)
    it(`asks ${host} for ${location} on a host with ${ipv6Only ? 'IPv6 only' : 'IPv4'}`, async () => {
      const { port } = loopback.server.address() as { port: number };
      const proxy = await startProxy({ routes: { [host]: port } });
      const through = wire({
        environment: { HTTP_PROXY: `127.0.0.1:${proxy.port}` },
        verify: true,
      });
      await download({ location }, { ipv6Only, wire: through });
      expect(proxy.asked).to.deep.equal([host]);
      await proxy.close();
    });

  describe('that is slow', () => {
    /** Begins to answer, and never ends. */
    const begun = () => {
      const halfway = new Promise<void>((resolve) => {
        serve = (_, response) => response.write(image.subarray(0, 1_000_000), () => resolve());
      });
      return halfway;
    };

    it('is given up after 15 minutes in all', async () => {
      let wake = () => {};
      let limit = 0;
      const clock: Clock = {
        now: () => 1_000,
        at: (time, work) => {
          limit = time;
          wake = work;
          return () => {};
        },
        afterTurn: (work) => work(),
      };
      const halfway = begun();
      const error = failure(download({}, { clock }));
      await halfway;
      expect(limit).to.equal(901_000);
      wake();
      expect((await error).message).to.equal('it took longer than 15 minutes');
      expect(readdirSync(folder)).to.deep.equal([]);
    });

    it('leaves nothing where it is given up for another', async () => {
      const giving = new AbortController();
      const halfway = begun();
      const error = failure(download({}, {}, giving.signal));
      await halfway;
      giving.abort();
      expect((await error).code).to.equal('UPDATE_DOWNLOAD');
      expect(readdirSync(folder)).to.deep.equal([]);
      giving.abort();
      await failure(download({}, {}, giving.signal));
      expect(asked).to.have.length(1);
    });
  });
});
