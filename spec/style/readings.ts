import { type Breach, type Source, tokensOf } from './source.ts';

/** Something outside the program that code may read, and the files that may read it. */
interface Reading {
  name: string;
  /** Matches the file's tokens from one of them on, joined by single spaces. */
  pattern: RegExp;
  allowedIn: RegExp;
}

const readings: Reading[] = [
  {
    name: 'the clock',
    pattern:
      /^(Date \. now|new Date(?! \()|new Date \( \)|Date \(|performance|AbortSignal \. timeout|process \. (hrtime|uptime)|(setTimeout|setInterval|setImmediate)|'(node:)?(timers|perf_hooks).*)(?!\w)/,
    allowedIn: /^transport\/host\/clock\.ts$|^bin\/packaging\//,
  },
  {
    name: 'chance',
    pattern: /^(Math \. random|randomUUID|randomBytes|randomInt|randomFill|getRandomValues)(?!\w)/,
    allowedIn: /^transport\/host\/random\.ts$|^bin\/packaging\//,
  },
  {
    name: 'the environment',
    pattern: /^(process \. env|= process ;|'(node:)?process')(?!\w)/,
    allowedIn: /^bin\/config\/|^bin\/ecs-agent\.ts$/,
  },
];

/** Where a product file reads the clock, chance or the environment, and is not the one to do so. */
export function readingBreaches(source: Source): Breach[] {
  const tokens = tokensOf(source);
  const forbidden = readings.filter(({ allowedIn }) => !allowedIn.test(source.path));
  return tokens.flatMap(({ line }, at) => {
    if (tokens[at - 1]?.text === 'new') return []; // read together with its `new`
    const words = tokens.slice(at, at + 4).map(({ text }) => text);
    return forbidden
      .filter(({ pattern }) => pattern.test(words.join(' ')))
      .map(({ name }) => ({
        path: source.path,
        line,
        says: `reads ${name}: ${words.slice(0, 3).join(' ')}`,
      }));
  });
}
