import type { Failure } from '../names/errors.ts';

/** How the remains of tasks are removed from the Engine; times in ms. */
export interface CleanupRules {
  /** Whether images of tasks are removed at all; containers that nobody owns are removed anyway. */
  images: boolean;
  intervalMs: number;
  /** How long an image must have been there, counted from its latest pull. */
  minimumAgeMs: number;
  /** Most images that one cycle removes for their age. */
  imagesPerCycle: number;
  /** References that are never removed. */
  excluded: string[];
  /** Whether images and containers of others are removed too. */
  untracked: boolean;
  /** How long ago an image of others must have been built. */
  untrackedMinimumAgeMs: number;
  untrackedContainersPerCycle: number;
  /** How long a container that has ended, or was never started, is left alone. */
  containerAgeMs: number;
  /** Above `highPercent` of its disk in use, images go whatever their age until `lowPercent` is reached. */
  disk: { highPercent: number; lowPercent: number; intervalMs: number };
}

/** An image of the Engine, with what the agent knows of it. */
export interface SurveyedImage {
  /** `sha256:…`. */
  id: string;
  /** References with a tag. */
  tags: string[];
  /** References with a digest. */
  digests: string[];
  /** When it was built, epoch ms. */
  createdAt: number;
  sizeBytes: number;
  /** When it was last pulled for a task and last used by one, epoch ms; null for an image of others. */
  tracked: { pulledAt: number; lastUsedAt: number } | null;
  /** What needs it now, in words such as `task <id>`, `container <name>` or `a pull`; [] for nothing. */
  neededBy: string[];
}

/** A container of the Engine that no task of the agent has. */
export interface SurveyedContainer {
  runtimeId: string;
  dockerName: string;
  /** Whether this agent made it, by the container instance in its label. */
  ours: boolean;
  /** Whether its labels name a task of ECS: perhaps one of another agent's on the same host. */
  ofTask: boolean;
  state: 'created' | 'running' | 'exited';
  /** Epoch ms. */
  createdAt: number;
}

/** The file system that holds the Engine's images. */
export interface DiskUse {
  totalBytes: number;
  freeBytes: number;
}

/** What a look at the Engine and its disk shows. `disk` is null where it cannot be told. */
export interface Survey {
  images: SurveyedImage[];
  containers: SurveyedContainer[];
  disk: DiskUse | null;
}

/** One thing to remove. Of an image each reference goes in turn; one without references goes by id. */
export type Removal =
  | { kind: 'container'; runtimeId: string; name: string }
  | { kind: 'image'; id: string; references: string[]; sizeBytes: number };

/** What is not removed, and why, in words. */
export interface Kept {
  what: string;
  because: string;
}

/** What the cleaner remembers. */
export interface ImagesContext {
  rules: CleanupRules;
  /** When it next looks at all there is, and at the disk alone; epoch ms. */
  nextCycleAt: number;
  nextDiskAt: number;
  /** What is left to remove in this cycle. */
  todo: Removal[];
  /** What the latest cycle did not remove; the first of many. */
  kept: Kept[];
  /** How much the latest cycle has removed. */
  removed: number;
  /** Whether the disk was too full when it was last looked at. */
  pressure: boolean;
  /** What the latest look met, null for nothing. */
  trouble: Failure | null;
}
