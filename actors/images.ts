import { imagesMachine } from '../machines/image/machine.ts';
import type { Removal, Survey, SurveyedContainer, SurveyedImage } from '../machines/image/model.ts';
import { taskActorId, taskIdOf } from '../machines/names/arn.ts';
import type { Signal } from '../machines/names/ending.ts';
import { parseImage, withTag } from '../machines/names/image.ts';
import { overstaying } from '../machines/task/cleanup.ts';
import type { TaskContext } from '../machines/task/model.ts';
import type { EnginePort, ImageFacts, ListedContainer } from '../transport/docker/port.ts';
import type { Clock, HostPort } from '../transport/host/port.ts';
import { effect, identityOf, type Pulse, type System, timer } from './effect.ts';
import type { Journal } from './journal.ts';
import type { Plans } from './plans.ts';
import type { PulledImages } from './pulls.ts';
import type { Log } from './recorder.ts';

/** What is on record of an image that a task has used: `image/<id>`. */
export interface ImageRecord {
  id: string;
  /** The references of task definitions that mean it; the latest pull of a reference decides. */
  references: string[];
  /** Whether this agent has pulled it. */
  pulled: boolean;
  pulledAt: number;
  lastUsedAt: number;
}

const recordKey = (id: string): string => `image/${id}`;

/** Which images tasks use and have used, kept over restarts. */
export class ImageLedger implements PulledImages {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #records = new Map<string, ImageRecord>();

  constructor(journal: Journal, clock: Clock, saved: ImageRecord[]) {
    this.#journal = journal;
    this.#clock = clock;
    for (const record of saved) this.#records.set(record.id, record);
  }

  has(image: string): boolean {
    return this.#of(image)?.pulled ?? false;
  }

  used(image: string, imageId: string, pulled: boolean): void {
    if (imageId === '') return;
    const before = this.#of(image);
    if (before && before.id !== imageId)
      this.#keep({ ...before, references: before.references.filter((one) => one !== image) });
    const now = this.#clock.now();
    const known = this.#records.get(imageId);
    const references = new Set([...(known?.references ?? []), image]);
    this.#keep({
      id: imageId,
      references: [...references],
      pulled: pulled || (known?.pulled ?? false),
      pulledAt: pulled ? now : (known?.pulledAt ?? now),
      lastUsedAt: now,
    });
  }

  /** A container of this image is gone. */
  released(image: string): void {
    const record = this.#of(image);
    if (record) this.#keep({ ...record, lastUsedAt: this.#clock.now() });
  }

  find(imageId: string): ImageRecord | undefined {
    return this.#records.get(imageId);
  }

  forget(imageId: string): void {
    if (this.#records.delete(imageId)) this.#journal.put(recordKey(imageId), undefined);
  }

  #of(image: string): ImageRecord | undefined {
    for (const record of this.#records.values())
      if (record.references.includes(image)) return record;
    return undefined;
  }

  #keep(record: ImageRecord): void {
    this.#records.set(record.id, record);
    this.#journal.put(recordKey(record.id), record);
  }
}

/** What the cleaner needs. */
export interface ImagesPorts extends Pulse {
  docker: EnginePort;
  host: HostPort;
  plans: Plans;
  ledger: ImageLedger;
  log: Log;
  /** References that are being pulled now. */
  pullsUnderWay(): Iterable<string>;
  /** Where the Engine keeps its images; '' while that is not known. */
  engineRoot(): string;
}

/** The cleaner of images and of containers that nobody owns, bound to the Engine. */
export const bindImages = (ports: ImagesPorts) =>
  imagesMachine.provide({
    actors: {
      checkDisk: effect(ports, async () => ({ disk: await diskOf(ports) })),
      survey: effect(ports, async (_: undefined, { signal, system }) => ({
        survey: await surveyOf(ports, system, signal),
      })),
      remove: effect(ports, async (removal: Removal, { signal }) => {
        await remove(removal, ports, signal);
        return {};
      }),
      hurryTasks: effect(ports, async (_: undefined, { system }) => {
        hurry(ports, system);
        return {};
      }),
      timer: timer(ports),
    },
  });

const diskOf = async ({ host, engineRoot }: ImagesPorts) =>
  engineRoot() === '' ? null : await host.disk(engineRoot());

async function surveyOf(ports: ImagesPorts, system: System, signal: Signal): Promise<Survey> {
  const { docker } = ports;
  const mine = identityOf(system).containerInstanceArn;
  const listed = await docker.list(signal);
  const images = await docker.listImages(signal);
  return {
    images: images.map((image) => imageIn(image, listed, ports)),
    containers: listed.flatMap((container) => strayIn(container, ports.plans, mine)),
    disk: await diskOf(ports),
  };
}

function imageIn(image: ImageFacts, listed: ListedContainer[], ports: ImagesPorts): SurveyedImage {
  const { id, tags, digests, createdAt, sizeBytes } = image;
  const record = ports.ledger.find(id);
  const isOf = (reference: string) => means(reference, image);
  const tasks = [...ports.plans.all()]
    .filter(({ containers }) => containers.some((container) => isOf(container.image)))
    .map(({ arn }) => `task ${taskIdOf(arn)}`);
  const pulls = [...ports.pullsUnderWay()].some(isOf) ? ['a pull'] : [];
  const containers = listed
    .filter(({ imageId }) => imageId === id)
    .map(({ dockerName }) => `container ${dockerName}`);
  const tracked = record ? { pulledAt: record.pulledAt, lastUsedAt: record.lastUsedAt } : null;
  const neededBy = [...tasks, ...pulls, ...containers];
  return { id, tags, digests, createdAt, sizeBytes, tracked, neededBy };
}

/** Whether a reference of a task definition means this image of the Engine's. */
function means(reference: string, { id, tags, digests }: ImageFacts): boolean {
  if (reference === id || tags.includes(withTag(reference))) return true;
  const { host, path, tag, digest } = parseImage(withTag(reference));
  const names = digest === null ? tags : digests;
  return names.map(parseImage).some((one) => {
    const sameVersion = digest === null ? one.tag === tag : one.digest === digest;
    return sameVersion && one.host === host && one.path === path;
  });
}

/** A container that no task of this agent has. */
function strayIn(
  container: ListedContainer,
  plans: Plans,
  mine: string | null,
): SurveyedContainer[] {
  const { runtimeId, dockerName, taskArn, name, state, createdAt } = container;
  if (plans.has(taskArn, name)) return [];
  const instance = container.containerInstanceArn;
  const ours = instance !== '' && instance === mine;
  return [{ runtimeId, dockerName, ours, ofTask: taskArn !== '', state, createdAt }];
}

async function remove(removal: Removal, ports: ImagesPorts, signal: Signal): Promise<void> {
  const { docker, ledger, log } = ports;
  if (removal.kind === 'container') {
    await docker.remove(removal.runtimeId, signal);
    log.info('Removed a container that no task has', { name: removal.name });
    return;
  }
  const names = removal.references.length > 0 ? removal.references : [removal.id];
  for (const name of names) await docker.removeImage(name, signal);
  ledger.forget(removal.id);
  log.info('Removed an image', { image: names.join(' '), sizeBytes: removal.sizeBytes });
}

/** The disk runs full: tasks that have stopped leave sooner, but the newest of each family. */
function hurry({ plans, clock, log }: ImagesPorts, system: System): void {
  const stopped = [...plans.all()].flatMap(({ arn, family }) => {
    const snapshot = system.get(taskActorId(arn))?.getSnapshot();
    if (!snapshot?.matches({ stopped: 'keeping' })) return [];
    return [{ arn, family, stoppedAt: (snapshot.context as TaskContext).knownAt }];
  });
  const leaving = overstaying(stopped);
  if (leaving.length > 0)
    log.warn('The disk runs full: tasks are cleaned up early', { tasks: leaving.length });
  for (const arn of leaving)
    system.get(taskActorId(arn))?.send({ type: 'task.hurry', at: clock.now() });
}
