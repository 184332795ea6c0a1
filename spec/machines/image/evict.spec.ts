import { expect } from 'chai';
import { excessOf, removalsOf } from '../../../machines/image/evict.ts';
import type {
  CleanupRules,
  DiskUse,
  Removal,
  SurveyedContainer,
  SurveyedImage,
} from '../../../machines/image/model.ts';

const minute = 60_000;
const hour = 60 * minute;
const now = 100 * hour;

const rules = (more: Partial<CleanupRules> = {}): CleanupRules => ({
  images: true,
  intervalMs: 30 * minute,
  minimumAgeMs: hour,
  imagesPerCycle: 2,
  excluded: [],
  untracked: false,
  untrackedMinimumAgeMs: hour,
  untrackedContainersPerCycle: 2,
  containerAgeMs: 3 * hour,
  disk: { highPercent: 90, lowPercent: 80, intervalMs: minute },
  ...more,
});
const withOthers = rules({ untracked: true });

/** An image `<name>:1` of 10 bytes that a task has used and nothing needs, but for what is given. */
const image = (name: string, more: Partial<SurveyedImage> = {}): SurveyedImage => ({
  id: `sha256:${name}`,
  tags: [`${name}:1`],
  digests: [],
  createdAt: 0,
  sizeBytes: 10,
  tracked: { pulledAt: 0, lastUsedAt: 0 },
  neededBy: [],
  ...more,
});
const usedAt = (name: string, lastUsedAt: number, more: Partial<SurveyedImage> = {}) =>
  image(name, { tracked: { pulledAt: 0, lastUsedAt }, ...more });
const pulledAt = (name: string, at: number, more: Partial<SurveyedImage> = {}) =>
  image(name, { tracked: { pulledAt: at, lastUsedAt: at }, ...more });
const ofOthers = (name: string, sizeBytes: number, more: Partial<SurveyedImage> = {}) =>
  image(name, { tracked: null, sizeBytes, ...more });

/** A disk of 1000 bytes. */
const disk = (usedBytes: number): DiskUse => ({ totalBytes: 1_000, freeBytes: 1_000 - usedBytes });

const nameOf = (removal: Removal): string =>
  removal.kind === 'container' ? removal.name : removal.id.replace('sha256:', '');
function evict(
  images: SurveyedImage[],
  by: CleanupRules,
  { containers = [], used = null }: { containers?: SurveyedContainer[]; used?: number | null } = {},
) {
  const survey = { images, containers, disk: used === null ? null : disk(used) };
  const { removals, kept, pressure } = removalsOf(survey, by, now);
  return {
    goes: removals.map(nameOf),
    keeps: kept.map(({ what, because }) => `${what}: ${because}`),
    pressure,
  };
}

type Table = [
  what: string,
  images: SurveyedImage[],
  by: CleanupRules,
  goes: string[],
  keeps: string[],
  used?: number,
];
const tells = (tables: Table[], pressure: boolean) => {
  for (const [what, images, by, goes, keeps, used] of tables)
    it(what, () => {
      const more = used === undefined ? {} : { used };
      expect(evict(images, by, more)).to.deep.equal({ goes, keeps, pressure });
    });
};

describe('the images that a cycle removes', () => {
  tells(
    [
      ['are none where there are none', [], rules(), [], []],
      [
        'are the least recently used ones, and no more than a cycle may',
        [usedAt('new', 3), usedAt('old', 1), usedAt('mid', 2)],
        rules(),
        ['old', 'mid'],
        ['new:1: more than 2 in this cycle'],
      ],
      [
        'are none that something needs',
        [
          usedAt('a', 1, { neededBy: ['task 1'] }),
          usedAt('b', 2, { neededBy: ['a pull', 'task 1', 'container x'] }),
          usedAt('c', 3),
        ],
        rules(),
        ['c'],
        ['a:1: needed by task 1', 'b:1: needed by a pull and 2 more'],
      ],
      [
        'were pulled long enough ago',
        [pulledAt('a', now - hour), pulledAt('b', now - hour + 1)],
        rules(),
        ['a'],
        ['b:1: younger than 1h0m0s'],
      ],
      [
        'are none that is excluded, however it is written',
        [
          usedAt('nginx', 1, { tags: ['nginx:latest', 'own:1'] }),
          usedAt('team/app', 2, { tags: ['example.tld/team/app:2'] }),
          usedAt('pinned', 3, { tags: [], digests: ['pinned@sha256:1'] }),
          usedAt('nginx', 4, { tags: ['nginx:1'] }),
        ],
        rules({
          excluded: ['docker.io/library/nginx', 'example.tld/team/app:2 ', 'pinned:3@sha256:1'],
        }),
        ['nginx'],
        ['nginx:latest: excluded', 'example.tld/team/app:2: excluded', 'pinned@sha256:1: excluded'],
      ],
      ['are none where images are kept', [image('a')], rules({ images: false }), [], []],
      ['are none of others', [ofOthers('a', 1)], rules(), [], []],
      [
        'are those of others too where that is asked for, after our own, the smallest first',
        [ofOthers('big', 9), ofOthers('small', 1), usedAt('own', 5), ofOthers('tiny', 0)],
        rules({ untracked: true, imagesPerCycle: 3 }),
        ['own', 'tiny', 'small'],
        ['big:1: more than 3 in this cycle'],
      ],
      [
        'leave no place for those of others where our own fill it',
        [ofOthers('other', 1), usedAt('a', 1), usedAt('b', 2)],
        withOthers,
        ['a', 'b'],
        ['other:1: more than 2 in this cycle'],
      ],
      [
        'are none of others that is needed, excluded, or was built lately',
        [
          ofOthers('a', 1, { neededBy: ['container x'] }),
          ofOthers('b', 2, { createdAt: now - hour + 1 }),
          ofOthers('c', 3),
        ],
        rules({ untracked: true, excluded: ['c:1'] }),
        [],
        ['a:1: needed by container x', 'b:1: younger than 1h0m0s', 'c:1: excluded'],
      ],
    ],
    false,
  );

  it('go by every reference they have', () => {
    const named = image('a', { tags: ['a:1', 'b:1'], digests: ['a@sha256:1'], sizeBytes: 7 });
    const dangling = ofOthers('c', 9, { tags: [] });
    const survey = { images: [named, dangling], containers: [], disk: null };
    expect(removalsOf(survey, withOthers, now).removals).to.deep.equal([
      {
        kind: 'image',
        id: 'sha256:a',
        references: ['a:1', 'b:1', 'a@sha256:1'],
        sizeBytes: 7,
      },
      { kind: 'image', id: 'sha256:c', references: [], sizeBytes: 9 },
    ]);
  });

  it('leave reasons for twenty of those that stay, and name each as people know it', () => {
    const needed = { neededBy: ['task 1'] };
    const names = [
      image('a', { ...needed, digests: ['a@sha256:1'] }),
      image('b', { ...needed, tags: [], digests: ['b@sha256:1'] }),
      image('c', { ...needed, tags: [] }),
    ];
    const many = Array.from({ length: 30 }, (_, index) => image(`n${index}`, needed));
    const { keeps } = evict([...names, ...many], rules());
    expect(keeps.slice(0, 3)).to.deep.equal([
      'a:1: needed by task 1',
      'b@sha256:1: needed by task 1',
      'sha256:c: needed by task 1',
    ]);
    expect(keeps).to.have.length(20);
  });

  const ages: [number, string][] = [
    [5_000, '5s'],
    [90_000, '1m30s'],
    [hour + minute + 1_000, '1h1m1s'],
    [48 * hour, '48h0m0s'],
  ];
  for (const [minimumAgeMs, text] of ages)
    it(`are not younger than ${text} where that is asked for`, () => {
      const { keeps } = evict([pulledAt('a', now)], rules({ minimumAgeMs }));
      expect(keeps).to.deep.equal([`a:1: younger than ${text}`]);
    });
});

describe('the images that a full disk removes', () => {
  const large = (name: string, lastUsedAt: number, more: Partial<SurveyedImage> = {}) =>
    usedAt(name, lastUsedAt, { sizeBytes: 40, ...more });

  tells(
    [
      [
        'are as many as make room, the least recently used first',
        [large('e', 5), large('d', 4), large('a', 1), large('b', 2), large('c', 3)],
        rules(),
        ['a', 'b', 'c'],
        ['d:1: the disk is below 80% without it', 'e:1: the disk is below 80% without it'],
        920,
      ],
      [
        'are young ones too, but none that is needed or excluded',
        [large('a', 1, { neededBy: ['task 1'] }), large('b', 2), pulledAt('c', now)],
        rules({ excluded: ['b:1'] }),
        ['c'],
        ['a:1: needed by task 1', 'b:1: excluded'],
        900,
      ],
      [
        'are those of others last, where that is asked for, and not what was built lately',
        [
          ofOthers('new', 1, { createdAt: now }),
          ofOthers('b', 50),
          ofOthers('c', 60),
          ofOthers('d', 70),
          large('own', 1),
        ],
        withOthers,
        ['own', 'b', 'c'],
        ['new:1: younger than 1h0m0s', 'd:1: the disk is below 80% without it'],
        950,
      ],
      ['are none of others unless that is asked for', [ofOthers('a', 5)], rules(), [], [], 999],
      ['are none where images are kept', [large('a', 1)], rules({ images: false }), [], [], 999],
    ],
    true,
  );

  const disks: [string, DiskUse | null, number | null][] = [
    ['nobody can tell of', null, null],
    ['has no size', { totalBytes: 0, freeBytes: 0 }, null],
    ['has room', disk(899), null],
    ['is as full as it may be', disk(900), 100],
    ['has no room at all', disk(1_000), 200],
  ];
  for (const [what, use, excessBytes] of disks)
    it(`are ${excessBytes ?? 'no'} bytes of a disk that ${what}`, () => {
      expect(excessOf(use, rules())).to.equal(excessBytes);
    });
});

describe('the containers that a cycle removes', () => {
  const container = (
    dockerName: string,
    more: Partial<SurveyedContainer> = {},
  ): SurveyedContainer => ({
    runtimeId: `id-${dockerName}`,
    dockerName,
    ours: true,
    ofTask: true,
    state: 'exited',
    createdAt: 0,
    ...more,
  });
  const foreign = { ours: false, ofTask: false };

  const tables: [string, SurveyedContainer[], CleanupRules, string[]][] = [
    [
      'are our own that have ended or were never started',
      [container('a'), container('b', { state: 'created' }), container('c', { state: 'running' })],
      rules(),
      ['a', 'b'],
    ],
    [
      'are our own that are old enough, as many as there are, the oldest first',
      [
        container('a', { createdAt: now - 3 * hour }),
        container('b', { createdAt: now - 3 * hour + 1 }),
        container('c', { createdAt: 2 }),
        container('d', { createdAt: 1 }),
      ],
      rules(),
      ['d', 'c', 'a'],
    ],
    ['are our own even where images are kept', [container('a')], rules({ images: false }), ['a']],
    ['are none of others', [container('a', foreign)], rules(), []],
    [
      'are those of others too where that is asked for, after our own and not too many',
      [
        container('new', { ...foreign, createdAt: now }),
        container('runs', { ...foreign, state: 'running' }),
        container('c', { ...foreign, createdAt: 3 }),
        container('b', { ...foreign, createdAt: 2, state: 'created' }),
        container('a', { ...foreign, createdAt: 1 }),
        container('own', { createdAt: 4 }),
      ],
      withOthers,
      ['own', 'a', 'b'],
    ],
    [
      'are never those of the tasks of another agent',
      [container('a', { ours: false })],
      withOthers,
      [],
    ],
  ];
  for (const [what, containers, by, goes] of tables)
    it(what, () => {
      expect(evict([], by, { containers }).goes).to.deep.equal(goes);
    });

  it('go before images, as they may need them, and by their ids', () => {
    const survey = { images: [image('i')], containers: [container('a')], disk: null };
    const { removals } = removalsOf(survey, rules(), now);
    expect(removals.map(({ kind }) => kind)).to.deep.equal(['container', 'image']);
    expect(removals[0]).to.deep.equal({ kind: 'container', runtimeId: 'id-a', name: 'a' });
  });
});
