import { readFileSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { clientOf, describeWithEngine, libraryOf } from '../support/engine.ts';
import { testImage } from '../support/engine-plans.ts';
import { type InProcess, startInProcess } from './in-process.ts';
import { ends, isThere, pulse, removed, Stage, script, untilTerm } from './stage.ts';
import { together } from './together.ts';

/** Resolves when it holds of the Engine, which tells nobody of some things. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await passed(100);
}

describeWithEngine('what tasks leave behind', (dockerHost) => {
  const tag = pulse.random.uuid().slice(0, 8);
  const nameOf = (what: string) => `interop-${tag}-${what}`;
  const kept = `${nameOf('kept')}:made`;
  let engine: Docker;
  let stage: Stage;
  let agent: InProcess;
  const images = ['used', 'kept'].map((what) => `${nameOf(what)}:made`);
  const shared = nameOf('shared');

  before(async () => {
    engine = libraryOf(dockerHost());
    for (const image of images) {
      const [repository = '', made = ''] = image.split(':');
      const busybox = { mode: 0o755, body: readFileSync('/bin/busybox') };
      // Each is an image of its own.
      const mark = { path: 'mark', mode: 0o644, body: Buffer.from(image) };
      const files = [{ path: 'bin/busybox', ...busybox }, mark];
      await clientOf(dockerHost(), '').importImage({ repository, tag: made, files, changes: [] });
    }
    stage = await new Stage(dockerHost(), { ECS_CONTAINER_STOP_TIMEOUT: '2s' }).open();
    agent = await startInProcess(stage, ({ cleanup }) => ({
      taskCleanup: { waitMs: 1_000, jitterMs: 0 },
      cleanup: {
        ...cleanup,
        ...{ images: true, intervalMs: 1_000, minimumAgeMs: 2_000 },
        // The image of the specs is not made anew for each.
        excluded: [...cleanup.excluded, testImage, kept],
        disk: { highPercent: 100, lowPercent: 99, intervalMs: 60_000 },
      },
    }));
    await stage.plane.settled();
  });
  after(async () => {
    await agent?.stop();
    await stage?.close();
    for (const image of images) await removed(engine.getImage(image));
    await removed(engine.getVolume(shared));
  });

  const hasImage = (image: string) => isThere(engine.getImage(image));
  const run = (image: string, command: string[]) =>
    stage.run([{ name: 'main', memory: 16, image, command }]);
  const gone = async (arn: string) => (await stage.containers(arn)).length === 0;

  together([
    [
      'is removed after a while: containers, then their image, unless it is needed or kept',
      async () => {
        const [used = ''] = images;
        const long = run(used, untilTerm(0));
        const short = run(used, ends(0));
        const other = run(kept, ends(0));
        await Promise.all([short.told('STOPPED'), other.told('STOPPED'), long.told('RUNNING')]);
        await until(() => gone(short.arn));
        await until(() => gone(other.arn));
        await passed(3_500); // two cycles and more, in which the image is old enough
        expect(await hasImage(used), 'the image of a running task').to.equal(true);
        expect(await hasImage(kept), 'an image that is kept').to.equal(true);
        long.stop();
        await long.told('STOPPED');
        await until(() => gone(long.arn));
        await until(async () => !(await hasImage(used)));
        expect(await hasImage(kept)).to.equal(true);
        expect(await hasImage(testImage)).to.equal(true);
      },
    ],
    [
      'is removed with the task where it is a volume of its own, not where tasks share it',
      async () => {
        const volumes = [
          { name: 'own', dockerVolumeConfiguration: { scope: 'task' } },
          { name: 'bare', host: {} },
          { name: shared, dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
        ];
        const mountPoints = volumes.map(({ name }, n) => ({
          sourceVolume: name,
          containerPath: `/mnt/${n}`,
        }));
        const make = (command: string[]) =>
          stage.run([{ name: 'main', memory: 16, command, mountPoints }], { volumes });
        const write = 'for n in 0 1 2; do echo x >/mnt/$n/file; done';
        const stay = 'trap "exit 0" TERM; while :; do /bin/busybox sleep 1 & wait $!; done';
        const writer = make(script(`${write}; ${stay}`));
        await writer.told('RUNNING');
        const { Mounts } = await writer.inspect('main');
        const names = Mounts.map(({ Name }) => Name ?? '');
        const [own = '', bare = '', common = ''] = ['/mnt/0', '/mnt/1', '/mnt/2'].map(
          (path) => Mounts.find(({ Destination }) => Destination === path)?.Name ?? '',
        );
        expect(common).to.equal(shared);
        expect(new Set(names)).to.have.property('size', 3);
        for (const name of names) expect(await isThere(engine.getVolume(name))).to.equal(true);
        writer.stop();
        await writer.told('STOPPED');
        for (const name of [own, bare])
          await until(async () => !(await isThere(engine.getVolume(name))));
        expect(await gone(writer.arn)).to.equal(true);
        // Of what the first task wrote, the second finds what is shared.
        const reader = make(
          script('[ ! -e /mnt/0/file ] && [ ! -e /mnt/1/file ] && [ -e /mnt/2/file ] && exit 9'),
        );
        expect(await reader.toldOf('main', 'STOPPED')).to.include({ exitCode: 9 });
        await until(() => gone(reader.arn));
        expect(await isThere(engine.getVolume(shared))).to.equal(true);
      },
    ],
  ]);
});
