import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { functionBreaches, lengthBreaches, nameBreaches, roomBreaches } from './sizes.ts';
import { listed, pathsIn, productSources, root } from './source.ts';

describe('sizes', () => {
  it('keep every product file within 300 lines', () => {
    expect(listed(productSources().flatMap(lengthBreaches))).to.equal('');
  });

  it('count a file of 301 lines as too long, and one of 300 not', () => {
    const fileOf = (lines: number) => ({ path: 'bin/a.ts', text: 'a;\n'.repeat(lines) });
    expect(lengthBreaches(fileOf(300))).to.deep.equal([]);
    expect(listed(lengthBreaches(fileOf(301)))).to.match(/^bin\/a\.ts:301: has 301 lines/);
  });

  it('keep every room within eight files', () => {
    expect(listed(roomBreaches(pathsIn('')))).to.equal('');
  });

  const roomOf = (folder: string, files: number) => [
    folder,
    ...Array.from({ length: files }, (_, n) => `${folder}${n}.ts`),
  ];

  it('count nine files as too many, and those of a folder within not', () => {
    const full = [...roomOf('machines/task/', 8), ...roomOf('machines/task/deep/', 8)];
    expect(roomBreaches(full)).to.deep.equal([]);
    expect(listed(roomBreaches(roomOf('bin/', 9)))).to.match(/^bin\/:1: has 9 files/);
  });

  it('let actors, commands and packages be many, and specs', () => {
    const many = ['actors/', 'bin/commands/', 'bin/packaging/', 'spec/acs/'];
    expect(roomBreaches(many.flatMap((folder) => roomOf(folder, 20)))).to.deep.equal([]);
  });

  it('keep every function within 40 lines', () => {
    expect(listed(functionBreaches(root))).to.equal('');
  });

  it('count a function with a body of 41 lines as too long, unless it is a spec’s', () => {
    const folder = mkdtempSync(join(tmpdir(), 'style-'));
    const long = (lines: number) => `export function f(): void {\n${'f();\n'.repeat(lines)}}\n`;
    const put = (room: string, lines: number) => {
      mkdirSync(join(folder, room));
      writeFileSync(join(folder, room, 'long.ts'), long(lines));
    };
    copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'));
    put('actors', 40);
    put('machines', 41);
    put('spec', 41);
    const found = functionBreaches(folder);
    rmSync(folder, { recursive: true });
    expect(listed(found)).to.match(
      /^machines\/long\.ts:1: This function has too many lines \(41\)/,
    );
    expect(found).to.have.length(1);
  });
});

describe('names of files and folders', () => {
  it('say what is in them', () => {
    expect(listed(nameBreaches(pathsIn('')))).to.equal('');
  });

  for (const path of [
    'src/',
    'transport/lib/',
    'bin/utils.ts',
    'spec/helpers/a.ts',
    'actors/common.spec.ts',
  ])
    it(`may not be ${path}`, () => {
      expect(listed(nameBreaches([path]))).to.match(new RegExp(`^${path}:1: `));
    });

  it('may hold such a word as part of another', () => {
    expect(nameBreaches(['actors/commonest.ts', 'transport/calibre/'])).to.deep.equal([]);
  });
});
