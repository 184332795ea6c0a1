import { Readable } from 'node:stream';
import { expect } from 'chai';
import { engineEventOf, linesOf, pullFailureOf } from '../../../transport/docker/events.ts';

async function read(chunks: (string | Buffer)[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(Readable.from(chunks, { objectMode: false }))) lines.push(line);
  return lines;
}

describe('a stream of the Engine', () => {
  it('is read line by line wherever it was split, even within a letter', async () => {
    const bytes = Buffer.from('{"a":"é"}\n{"b":1}\n\n');
    for (let at = 1; at < bytes.length; at++) {
      const lines = await read([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(lines).to.deep.equal(['{"a":"é"}', '{"b":1}']);
    }
  });

  it('is read to its last whole line when it was cut', async () => {
    expect(await read(['{"a":1}\n{"b"'])).to.deep.equal(['{"a":1}']);
  });
});

describe('an event of the Engine', () => {
  const attributes = {
    'com.amazonaws.ecs.task-arn': 'arn:task/1',
    'com.amazonaws.ecs.container-name': 'main',
    exitCode: '137',
    name: 'ecs-web-1-main-00',
  };
  const line = (Action: string, Attributes: object = attributes) =>
    JSON.stringify({
      Type: 'container',
      Action,
      Actor: { ID: 'abc', Attributes },
      time: 1_795_622_212,
      timeNano: 1_795_622_212_454_000_000,
    });

  it('tells of a death with its exit code', () => {
    expect(engineEventOf(line('die'))).to.deep.equal({
      action: 'die',
      runtimeId: 'abc',
      taskArn: 'arn:task/1',
      name: 'main',
      exitCode: 137,
      at: 1_795_622_212_454,
    });
  });

  for (const health of ['healthy', 'unhealthy']) {
    it(`tells that a container is ${health}, and no more`, () => {
      expect(engineEventOf(line(`health_status: ${health}`))).to.include({
        action: 'health',
        exitCode: null,
      });
    });
  }

  it('has the time of an Engine that tells of seconds only', () => {
    const { timeNano: _, ...text } = JSON.parse(line('start'));
    expect(engineEventOf(JSON.stringify(text))).to.include({ at: 1_795_622_212_000 });
  });

  it('tells of a start and a removal without an exit code', () => {
    expect(engineEventOf(line('start'))).to.include({ action: 'start', exitCode: null });
    expect(engineEventOf(line('destroy'))).to.include({ action: 'destroy', exitCode: null });
  });

  for (const { of, text } of [
    { of: 'of a container that is not of a task', text: line('die', { exitCode: '0' }) },
    { of: 'of another kind', text: line('exec_start: sh') },
    { of: 'of a health check that goes on', text: line('health_status: running') },
    { of: 'of a kind that objects have', text: line('constructor') },
    { of: 'without a container', text: '{"Action":"die"}' },
    { of: 'that is not JSON', text: '<html>' },
    { of: 'that is null', text: 'null' },
  ]) {
    it(`is passed over if it is one ${of}`, () => {
      expect(engineEventOf(text)).to.equal(null);
    });
  }
});

describe('the progress of a pull', () => {
  it('tells why the pull failed', () => {
    expect(pullFailureOf('{"errorDetail":{"message":"x"},"error":"no space left"}')).to.equal(
      'no space left',
    );
    expect(pullFailureOf('{"status":"Pulling fs layer"}')).to.equal(null);
  });
});
