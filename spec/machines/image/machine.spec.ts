import { imagesMachine } from '../../../machines/image/machine.ts';
import type {
  CleanupRules,
  DiskUse,
  ImagesContext,
  Removal,
  Survey,
  SurveyedContainer,
  SurveyedImage,
} from '../../../machines/image/model.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  starts,
  stops,
  when,
} from '../../support/chart.ts';
import { failure } from '../../support/chart-contexts.ts';

const images = chart(imagesMachine);

const minute = 60_000;
const now = 100 * minute;
const stamp = { at: now, roll: 0 };

const rules: CleanupRules = {
  images: true,
  intervalMs: 30 * minute,
  minimumAgeMs: 60 * minute,
  imagesPerCycle: 5,
  excluded: [],
  untracked: false,
  untrackedMinimumAgeMs: 60 * minute,
  untrackedContainersPerCycle: 5,
  containerAgeMs: 60 * minute,
  disk: { highPercent: 90, lowPercent: 80, intervalMs: minute },
};

/** A cleaner that has not found anything yet, whose next cycle is due now, but for what is given. */
const context = (more: Partial<ImagesContext> = {}): ImagesContext => ({
  rules,
  nextCycleAt: now,
  nextDiskAt: now - 10 * minute,
  todo: [],
  kept: [],
  removed: 0,
  pressure: false,
  trouble: null,
  ...more,
});
const at = (state: string, more: Partial<ImagesContext> = {}) => when(images, state, context(more));

const roomy: DiskUse = { totalBytes: 100, freeBytes: 50 };
const full: DiskUse = { totalBytes: 100, freeBytes: 5 };
const image = (name: string, neededBy: string[] = []): SurveyedImage => ({
  id: `sha256:${name}`,
  tags: [`${name}:1`],
  digests: [],
  createdAt: 0,
  sizeBytes: 10,
  tracked: { pulledAt: 0, lastUsedAt: 0 },
  neededBy,
});
const stray: SurveyedContainer = {
  runtimeId: 'c0ffee',
  dockerName: 'ecs-stray',
  ours: true,
  ofTask: true,
  state: 'exited',
  createdAt: 0,
};
const removal = (name: string): Removal => ({
  kind: 'image',
  id: `sha256:${name}`,
  references: [`${name}:1`],
  sizeBytes: 10,
});
const strayRemoval: Removal = { kind: 'container', runtimeId: 'c0ffee', name: 'ecs-stray' };
const survey = (more: Partial<Survey> = {}): Survey => ({
  images: [],
  containers: [],
  disk: roomy,
  ...more,
});

const rests = (deadline: number) => starts('rest', 'timer', { deadline });
const checks = starts('check', 'checkDisk');
const surveys = starts('survey', 'survey');
const hurries = starts('hurry', 'hurryTasks');
const removes = (what: Removal) => starts('remove', 'remove', what);

const nextDisk = { nextDiskAt: now + minute };
const next = { nextCycleAt: now + 30 * minute, ...nextDisk };
const trouble = failure('DOCKER_UNREACHABLE', { at: now });

describe('the cleaner of images', () => {
  it('begins with a rest, which ends with the first look at the disk', () => {
    begins(images, { rules, at: now }).comesTo('resting', context(next), [rests(now + minute)]);
  });

  describe('that rests', () => {
    it('looks at the disk alone between cycles', () => {
      at('resting', next)
        .gets(done('rest', { at: now + minute, roll: 0 }))
        .comesTo('checking', {}, [checks]);
    });

    it('begins a cycle when it is due', () => {
      at('resting').gets(done('rest', stamp)).comesTo('surveying', {}, [surveys]);
    });

    it('begins a cycle when it is told to', () => {
      at('resting', next)
        .gets({ type: 'images.clean', at: now })
        .comesTo('surveying', {}, [stops('rest'), surveys]);
    });
  });

  describe('that looks at the disk', () => {
    it('rests on where there is room', () => {
      at('checking', { ...next, pressure: true, trouble })
        .gets(done('check', { disk: roomy, ...stamp }))
        .comesTo('resting', { pressure: false, trouble: null }, [rests(now + minute)]);
    });

    it('rests on where nobody can tell, until the next cycle at the latest', () => {
      at('checking', { nextCycleAt: now + 10_000 })
        .gets(done('check', { disk: null, ...stamp }))
        .comesTo('resting', nextDisk, [rests(now + 10_000)]);
    });

    it('begins a cycle where the disk is too full', () => {
      at('checking', next)
        .gets(done('check', { disk: full, ...stamp }))
        .comesTo('surveying', {}, [surveys]);
    });

    it('looks again later after a failure', () => {
      at('checking', { nextCycleAt: now + 30 * minute })
        .gets(failed('check', trouble))
        .comesTo('resting', { ...nextDisk, trouble }, [rests(now + minute)]);
    });
  });

  describe('in a cycle', () => {
    it('removes one thing after the other, and counts them', () => {
      const found = survey({ images: [image('a')], containers: [stray] });
      at('surveying', { removed: 9, trouble })
        .gets(done('survey', { survey: found, ...stamp }))
        .comesTo(
          'removing',
          { ...next, todo: [strayRemoval, removal('a')], removed: 0, trouble: null },
          [removes(strayRemoval)],
        )
        .gets(done('remove', stamp))
        .comesTo('removing', { todo: [removal('a')], removed: 1 }, [removes(removal('a'))])
        .gets(done('remove', stamp))
        .comesTo('resting', { todo: [], removed: 2 }, [rests(now + minute)]);
    });

    it('rests where there is nothing to remove, and keeps the reasons', () => {
      const found = survey({ images: [image('a', ['task 1'])], disk: null });
      at('surveying', { pressure: true })
        .gets(done('survey', { survey: found, ...stamp }))
        .comesTo(
          'resting',
          { ...next, kept: [{ what: 'a:1', because: 'needed by task 1' }], pressure: false },
          [rests(now + minute)],
        );
    });

    it('hurries stopped tasks first where the disk is too full', () => {
      const found = survey({ images: [image('a')], disk: full });
      at('surveying')
        .gets(done('survey', { survey: found, ...stamp }))
        .comesTo('hurrying', { ...next, todo: [removal('a')], pressure: true }, [hurries])
        .gets(done('hurry', stamp))
        .comesTo('removing', {}, [removes(removal('a'))]);
    });

    it('removes images even where tasks could not be hurried', () => {
      at('hurrying', { todo: [removal('a')], pressure: true })
        .gets(failed('hurry', trouble))
        .comesTo('removing', { trouble }, [removes(removal('a'))]);
    });

    it('tries the next cycle where the Engine shows nothing', () => {
      at('surveying', { pressure: true })
        .gets(failed('survey', trouble))
        .comesTo('resting', { ...next, trouble }, [rests(now + minute)]);
    });
  });

  describe('that cannot remove something', () => {
    const inUse = failure('DOCKER_CONFLICT', { message: 'it is in use' });

    it('keeps the reason, and goes on with the rest', () => {
      const kept = [{ what: 'b:1', because: 'needed by task 1' }];
      at('removing', { ...next, todo: [strayRemoval, removal('a')], kept })
        .gets(failed('remove', inUse))
        .comesTo(
          'removing',
          { todo: [removal('a')], kept: [{ what: 'ecs-stray', because: 'it is in use' }, ...kept] },
          [removes(removal('a'))],
        )
        .gets(failed('remove', inUse))
        .comesTo(
          'resting',
          {
            todo: [],
            kept: [
              { what: 'a:1', because: 'it is in use' },
              { what: 'ecs-stray', because: 'it is in use' },
              ...kept,
            ],
          },
          [rests(now + minute)],
        );
    });

    it('keeps twenty reasons at most, and names what has no name by its id', () => {
      const reasons = Array.from({ length: 20 }, (_, index) => ({
        what: `n${index}:1`,
        because: 'excluded',
      }));
      const dangling: Removal = { kind: 'image', id: 'sha256:a', references: [], sizeBytes: 1 };
      at('removing', { ...next, todo: [dangling], kept: reasons })
        .gets(failed('remove', inUse))
        .comesTo(
          'resting',
          {
            todo: [],
            kept: [{ what: 'sha256:a', because: 'it is in use' }, ...reasons.slice(0, 19)],
          },
          [rests(now + minute)],
        );
    });
  });

  everythingWasTaken(images);
});
