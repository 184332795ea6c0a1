import type { Config } from '../../../bin/config/config.ts';
import type { Platform } from '../../../bin/variables/variables.ts';

/** A member of the configuration, or one of a group: `cleanup.intervalMs`. */
export type Setting = keyof Config | `${keyof Config}.${string}`;

/** One variable's text, and what the configuration makes of it. */
export interface Case {
  name: string;
  text: string | undefined;
  platform: Platform;
  /** Other variables it needs. */
  more: Record<string, string>;
  setting: Setting;
  is: unknown;
  warns?: string;
  fails?: string;
}

export const bothPlatforms: Platform[] = ['linux', 'windows'];

export type Row = [text: string | undefined, is: unknown, why?: string];

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
      ...(why && { warns: /^(NON_?)?ECS_/.test(why) ? why : `${name} must be ${why}` }),
    })),
  );

export const refused = (name: string, setting: Setting, rows: [string, string][]): Case[] =>
  rows.map(([text, fails]) => ({
    ...{ name, text, setting, fails, platform: 'linux', more: {}, is: undefined },
  }));

export const unused = 'the default is used';

export const flagOf = (
  name: string,
  setting: Setting,
  { more = {}, otherwise = false }: { more?: Record<string, string>; otherwise?: unknown } = {},
): Case[] =>
  of(
    name,
    setting,
    [
      [undefined, otherwise],
      ...['1', 't', 'T', 'TRUE', 'true', 'True', ' true '].map((text): Row => [text, true]),
      ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text): Row => [text, false]),
      ...['yes', 'on', 'tRUE', '2'].map(
        (text): Row => [text, otherwise, `true or false, not "${text}": ${unused}`],
      ),
    ],
    { on: ['linux'], more },
  );

/** Rows of a duration that is raised to its least value. */
export const raised = (name: string, { is, to }: { is: string[]; to: number }): Row[] =>
  is.map((text) => [
    text,
    to,
    `${name} is raised from "${text}" to its least value, ${to / 1_000}s`,
  ]);

/** Rows of what a variable does not take, so that its default holds. */
export const wrong = (what: string, otherwise: unknown, texts: string[]): Row[] =>
  texts.map((text) => [text, otherwise, `${what}, not ${JSON.stringify(text)}: ${unused}`]);
