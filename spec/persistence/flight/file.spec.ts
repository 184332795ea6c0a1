import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FlightFile, flightPath } from '../../../persistence/flight/file.ts';
import { framed, isFramed, unframed } from '../../../persistence/flight/frame.ts';

describe('the pieces of a flight record', () => {
  const many = Array.from({ length: 1_200 }, (_, at) => `[${at},"task/ä"]`);

  it('are read as they were written', () => {
    expect(unframed(framed(many))).to.deep.equal({ lines: many, damaged: 0 });
    expect(unframed('')).to.deep.equal({ lines: [], damaged: 0 });
    expect(isFramed(framed(many))).to.equal(true);
    expect(isFramed(many.join('\n'))).to.equal(false);
  });

  it('are left out one by one where they are damaged', () => {
    const text =
      framed(['one']) + framed(['two', 'three']).replace('two', 'tow') + framed(['four']);
    expect(unframed(text)).to.deep.equal({ lines: ['one', 'four'], damaged: 1 });
  });

  const cuts: [string, string][] = [
    ['without the end of its last piece', framed(['one']) + framed(['two', 'three']).slice(0, -7)],
    ['with a head that promises too much', `${framed(['one'])}F1 999999999 00000000\nx\n`],
    ['with something else behind it', `${framed(['one'])}\u0000\u0000\nF2 1 x\n`],
  ];
  for (const [what, text] of cuts)
    it(`are found in a text ${what}`, () => {
      expect(unframed(text)).to.deep.equal({ lines: ['one'], damaged: 1 });
    });
});

describe('the file of the flight record', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flight-file-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('holds nothing before it is there', async () => {
    expect(await new FlightFile(folder).read()).to.deep.equal({ lines: [], damaged: 0 });
  });

  it('holds what one process after another has added, and tells how long it is', async () => {
    const first = new FlightFile(folder);
    await first.append(['one']);
    const length = await first.append(['two']);
    expect(length).to.equal(statSync(flightPath(folder)).size);
    await first.close();
    const second = new FlightFile(folder);
    await second.append(['three']);
    expect(await second.read()).to.deep.equal({ lines: ['one', 'two', 'three'], damaged: 0 });
    await second.close();
  });

  it('goes on behind a line that a crash has cut', async () => {
    const file = new FlightFile(folder);
    await file.append(['one']);
    await file.close();
    appendFileSync(flightPath(folder), framed(['two', 'three']).slice(0, -3));
    await file.append(['four']);
    expect(await file.read()).to.deep.equal({ lines: ['one', 'four'], damaged: 1 });
    await file.close();
  });

  it('is replaced whole, and added to afterwards', async () => {
    const file = new FlightFile(folder);
    await file.append(['one', 'two']);
    await file.replace(['two']);
    await file.append(['three']);
    expect(await file.read()).to.deep.equal({ lines: ['two', 'three'], damaged: 0 });
    await file.close();
  });

  it('is for its owner alone', async function () {
    if (process.platform === 'win32') this.skip();
    const file = new FlightFile(folder);
    await file.append(['one']);
    expect(statSync(flightPath(folder)).mode & 0o777).to.equal(0o600);
    await file.replace(['one']);
    expect(statSync(flightPath(folder)).mode & 0o777).to.equal(0o600);
  });

  it('rejects where it cannot be written, and is written again where it can', async () => {
    const file = new FlightFile(join(folder, 'later'));
    const failed = await file.append(['one']).catch((error: NodeJS.ErrnoException) => error.code);
    expect(failed).to.equal('ENOENT');
    writeFileSync(join(folder, 'agent.flight'), '');
    const there = new FlightFile(folder);
    await there.append(['two']);
    expect(readFileSync(flightPath(folder), 'utf8')).to.include('two');
    await there.close();
  });
});
