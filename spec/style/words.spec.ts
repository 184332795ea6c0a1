import { expect } from 'chai';
import { listed, pathsIn, read, rooms } from './source.ts';
import { wordBreaches } from './words.ts';

const told = ['README.md', 'package.json', 'biome.json', 'tsconfig.json', '.mocharc.json'];

describe('the project', () => {
  it('speaks of itself only, in all product files and the README', () => {
    const files = rooms
      .flatMap((room) => pathsIn(`${room}/`))
      .filter((path) => !path.endsWith('/'));
    expect(listed([...told, ...files].map(read).flatMap(wordBreaches))).to.equal('');
  });

  const strange = [
    'COPY --from=https://registry.example.org/a.tgz .',
    'const sample = "/home/me/ecs-agent/bin/samples";',
    'cp /Users/me/common.md .',
    '// Told to the service, issue 12.',
    '// Fixes #7.',
    '// as xstate does (#5331)',
    '// https://github.com/statelyai/xstate/issues/5331',
    '// The ticket asks for it.',
  ];
  for (const line of strange)
    it(`may not say: ${line}`, () => {
      expect(listed(wordBreaches({ path: 'bin/a.ts', text: `// why\n${line}\n` }))).to.match(
        /^bin\/a\.ts:2: mentions /,
      );
    });

  it('may speak of hosts, paths and numbers of its own', () => {
    const text = `// https://docs.aws.amazon.com/AmazonECS/, sha256, #1a7f37, 2 issues
      '/var/lib/ecs/data/', './work/queue', 'network/', this.#set(1)`;
    expect(wordBreaches({ path: 'bin/a.ts', text })).to.deep.equal([]);
  });
});
