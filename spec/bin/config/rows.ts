import type { Config } from '../../../bin/config/config.ts';
import { durationText } from '../../../bin/config/parse.ts';
import type { Settings } from '../../../bin/config/settings.ts';
import type { Platform } from '../../../bin/variables/variables.ts';

/**
 * A member of the configuration, or one of a group: `cleanup.intervalMs`. What nothing uses yet is
 * only among the settings.
 */
export type Setting = keyof Config | `${keyof Config}.${string}` | `settings.${keyof Settings}`;

/** One variable's text, and what the configuration makes of it. */
export interface Case {
  name: string;
  text: string | undefined;
  platform: Platform;
  /** Other variables it needs. */
  more: Record<string, string>;
  setting: Setting;
  is: unknown;
  /** What is warned of, in lines. */
  warns?: string;
  fails?: string;
}

export const bothPlatforms: Platform[] = ['linux', 'windows'];

export type Row = [text: string | undefined, is: unknown, why?: string | undefined];

/**
 * Rows of a variable that are the same on both platforms; `why` is what a wrong one warns of: the
 * whole line where it begins with a variable's name.
 */
export const of = (
  name: string,
  setting: Setting,
  rows: Row[],
  { on = bothPlatforms, more = {} }: { on?: Platform[]; more?: Record<string, string> } = {},
): Case[] =>
  on.flatMap((platform) =>
    rows.map(([text, is, why]) => ({
      ...{ name, text, platform, more, setting, is },
      ...(why && { warns: /^[A-Z]/.test(why) ? why : `${name} must be ${why}` }),
    })),
  );

export const refused = (name: string, setting: Setting, rows: [string, string][]): Case[] =>
  bothPlatforms.flatMap((platform) =>
    rows.map(([text, fails]) => ({
      ...{ name, text, setting, fails, platform, more: {}, is: undefined },
    })),
  );

export const unused = 'the default is used';

/** What may be on or off; `idle` is why it changes nothing. */
export function flagOf(
  name: string,
  setting: Setting,
  {
    more = {},
    otherwise = false,
    on = bothPlatforms,
    idle,
  }: {
    more?: Record<string, string>;
    otherwise?: unknown;
    on?: Platform[];
    idle?: string;
  } = {},
): Case[] {
  const why = idle && otherwise !== true ? changesNothing(name, idle) : undefined;
  return of(
    name,
    setting,
    [
      [undefined, otherwise],
      ...['1', 't', 'T', 'TRUE', 'true', 'True', ' true '].map((text): Row => [text, true, why]),
      ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text): Row => [text, false]),
      ...['yes', 'on', 'tRUE', '2'].map(
        (text): Row => [text, otherwise, `true or false, not "${text}": ${unused}`],
      ),
    ],
    { on, more },
  );
}

/** What is said of a setting of a feature that is not there. */
export const changesNothing = (name: string, idle: string): string =>
  `${name} changes nothing: ${idle}`;

/** Rows of a variable on the system where it has no use. */
export const elsewhere = (
  name: string,
  setting: Setting,
  { text, is, on }: { text: string; is: unknown; on: Platform },
): Case[] =>
  of(
    name,
    setting,
    [
      [undefined, is],
      [text, is, `${name} has no use on ${on}: it is passed over`],
    ],
    { on: [on] },
  );

/** Rows of a duration that is raised to its least value. */
export const raised = (name: string, { is, to }: { is: string[]; to: number }): Row[] =>
  is.map((text) => [
    text,
    to,
    `${name} is raised from "${text}" to its least value, ${durationText(to)}`,
  ]);

/** Rows of what a variable does not take, so that its default holds. */
export const wrong = (what: string, otherwise: unknown, texts: string[]): Row[] =>
  texts.map((text) => [text, otherwise, `${what}, not ${JSON.stringify(text)}: ${unused}`]);
