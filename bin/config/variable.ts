import * as parse from './parse.ts';

/** The systems the agent runs on. */
export type Platform = 'linux' | 'windows';

/** Environment variables as the process has them. */
export type Environment = Record<string, string | undefined>;

/** A default or a bound that depends on where the agent runs. */
export type DefaultOf<Value> = (platform: Platform, environment: Environment) => Value;

/** One environment variable of the agent. */
export interface Variable<Value> {
  parse: parse.Parser<Value>;
  /** What holds where the variable is not set, is blank, or is wrong. */
  otherwise: Value | DefaultOf<Value>;
  /** What a wrong value does: warns and leaves the default, or ends the start. */
  onWrong: 'warn' | 'fail';
  /** A secret's value is never shown. */
  secret?: true;
  /** Values below are raised to it; in ms. */
  least?: number | DefaultOf<number>;
  /** Whether 0 is a value of its own; for other variables it means "not set". */
  zeroCounts?: true;
  /** The only system it has a use on: on the other it is passed over with a warning. */
  only?: Platform;
  meaning: string;
}

/** Gives an entry of a table the type of its value. */
export const variable = <Value>(of: Variable<Value>): Variable<Value> => of;

/** What is off unless the variable says true. */
export const offSwitch = (meaning: string): Variable<boolean> => ({
  parse: parse.flag,
  otherwise: false,
  onWrong: 'warn',
  meaning,
});

/** What is never shown; '' where it is not set. */
export const secretText = (meaning: string): Variable<string> => ({
  parse: parse.text,
  otherwise: '',
  onWrong: 'warn',
  secret: true,
  meaning,
});
