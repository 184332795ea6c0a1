import { expect } from 'chai';
import {
  configStructure,
  decodeOverlay,
  hostConfigStructure,
  lay,
} from '../../../transport/docker/overlay.ts';
import { DockerError } from '../../../transport/docker/port.ts';

const refusal = (run: () => unknown): { code: string; message: string } => {
  try {
    run();
  } catch (error) {
    if (error instanceof DockerError) return { code: error.code, message: error.message };
  }
  throw new Error('not refused');
};

describe('an overlay of a task definition', () => {
  it('matches the fields of the Engine whatever their case', () => {
    const text = '{"HealthCheck":{"Test":["NONE"]},"workingdir":"/tmp","STOPTIMEOUT":3}';
    expect(decodeOverlay(text, configStructure)).to.deep.equal({
      Healthcheck: { Test: ['NONE'] },
      WorkingDir: '/tmp',
      StopTimeout: 3,
    });
  });

  it('drops fields that the Engine does not know', () => {
    const text = '{"Memory":1,"Colour":"blue","__proto__":{"Privileged":true}}';
    expect(decodeOverlay(text, hostConfigStructure)).to.deep.equal({ Memory: 1 });
  });

  it('is empty where there is none', () => {
    for (const text of ['', '{}', 'null']) {
      expect(decodeOverlay(text, configStructure)).to.deep.equal({});
    }
  });

  for (const text of ['{"Env":["TOKEN=s3cret"]', '[1]', '"x"', '{"Tty":"s3cret"}', '{"Env":{}}']) {
    it(`refuses the config ${text} without quoting it`, () => {
      const { code, message } = refusal(() => decodeOverlay(text, configStructure));
      expect(code).to.equal('DOCKER_BAD_CONFIG');
      expect(message).to.match(/^Unable decode given docker config: ./);
      expect(message).to.not.contain('s3cret');
    });
  }

  it('names the field of a host config that is of the wrong kind', () => {
    expect(refusal(() => decodeOverlay('{"memory":"64m"}', hostConfigStructure))).to.deep.equal({
      code: 'DOCKER_BAD_HOST_CONFIG',
      message: 'Unable to decode given host config: Memory is no number',
    });
  });

  it('takes one word where the Engine takes a list of words', () => {
    expect(decodeOverlay('{"Cmd":"date"}', configStructure)).to.deep.equal({ Cmd: 'date' });
  });

  const base = { Image: 'web', Cmd: ['serve'], Memory: 4, ExposedPorts: { '80/tcp': {} } };
  const cases: { of: string; overlay: Record<string, unknown>; gives: Record<string, unknown> }[] =
    [
      { of: 'replaces scalars', overlay: { Memory: 9 }, gives: { ...base, Memory: 9 } },
      { of: 'replaces lists', overlay: { Cmd: ['a', 'b'] }, gives: { ...base, Cmd: ['a', 'b'] } },
      {
        of: 'merges objects key by key',
        overlay: { ExposedPorts: { '81/tcp': {} } },
        gives: { ...base, ExposedPorts: { '80/tcp': {}, '81/tcp': {} } },
      },
      { of: 'leaves a scalar at null', overlay: { Memory: null }, gives: base },
      {
        of: 'clears lists and objects at null',
        overlay: { Cmd: null, ExposedPorts: null },
        gives: { Image: 'web', Memory: 4 },
      },
      { of: 'adds what was not there', overlay: { Tty: true }, gives: { ...base, Tty: true } },
    ];
  for (const { of, overlay, gives } of cases) {
    it(of, () => {
      expect(lay(overlay, base)).to.deep.equal(gives);
    });
  }
});
