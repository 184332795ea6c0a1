import { flag, type Kind, plainFlag, text } from '../config/kinds.ts';

/** The systems the agent runs on. */
export type Platform = 'linux' | 'windows';

/** Environment variables as the process has them. */
export type Environment = Record<string, string | undefined>;

/** A default or a bound that depends on where the agent runs. */
export type DefaultOf<Value> = (platform: Platform, environment: Environment) => Value;

/** One setting of the agent: an environment variable and, mostly, a key of the JSON file. */
export interface Variable<Value> {
  kind: Kind<Value>;
  /** What holds where no source says anything right. */
  otherwise: Value | DefaultOf<Value>;
  /** The default in words, where its value does not tell. */
  otherwiseIs?: string;
  /** Ends the start where its text is wrong; otherwise a warning is enough. */
  isStrict?: true;
  /** A secret's value is never shown. */
  secret?: true;
  /** What is beyond is raised or lowered to it; in ms. */
  least?: number | DefaultOf<number>;
  most?: number;
  /** Whether what is below `least` in the file ends the start: it is a number with the wrong unit. */
  isStrictInFile?: true;
  /** Whether 0 is a value of its own; for other variables it means "not set". */
  zeroCounts?: true;
  /** The only system it has a use on: on the other it is passed over with a warning. */
  only?: Platform;
  /** Another name, which counts where the first is not set. */
  alias?: string;
  /** Its key in the JSON file, or the keys of its two parts. */
  file?: string | readonly [string, string];
  /** A key that the file may have for it, and that changes nothing there. */
  idleInFile?: string;
  /** A key from before. */
  oldInFile?: string;
  /** Whether the table of version 1.14 of the Amazon ECS agent has it. */
  in114?: true;
  /** What 1.14 did otherwise; what holds is what the newest version does. */
  was?: string;
  /** Whether the Amazon ECS agent does not have it. */
  own?: true;
  /** Why it changes nothing, where that is so. */
  idle?: string;
  meaning: string;
}

/** Gives an entry of a table the type of its value. */
export const variable = <Value>(of: Variable<Value>): Variable<Value> => of;

type More<Value> = Omit<Partial<Variable<Value>>, 'meaning'>;

/** What is off unless a source says true. */
export const offSwitch = (meaning: string, more: More<boolean> = {}): Variable<boolean> => ({
  ...{ kind: flag, otherwise: false, meaning },
  ...more,
});

/** The same, where false in the environment does not turn off what the file turns on. */
export const plainSwitch = (meaning: string, more: More<boolean> = {}): Variable<boolean> =>
  offSwitch(meaning, { kind: plainFlag, ...more });

/** What is on unless a source says false. */
export const onSwitch = (meaning: string, more: More<boolean> = {}): Variable<boolean> =>
  offSwitch(meaning, { otherwise: true, ...more });

/** A text; '' where no source has one. */
export const textOf = (meaning: string, more: More<string> = {}): Variable<string> => ({
  ...{ kind: text, otherwise: '', meaning },
  ...more,
});

/** Why a variable of a feature that is still to come changes nothing. */
export const notYet = (feature: string) => ({ idle: `this agent has no ${feature} yet` });
