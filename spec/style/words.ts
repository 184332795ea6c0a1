import type { Breach, Source } from './source.ts';

/** What only those who make the project need to know, and its readers would stumble over. */
const strangers: { name: string; pattern: RegExp }[] = [
  { name: "a package registry's host", pattern: /\bregistry\.\w+\.(org|com|io|dev)\b/i },
  { name: 'a path of one machine', pattern: /(^|[^\w.])\/(home|Users|work|root)\/\w/ },
  {
    name: 'a ticket',
    pattern:
      /\b(issue|ticket|bug|pull request|PR|fixes|closes)s?[\s:]*#?\d+\b|\(#\d+\)|\/(issues|pull)\/\d+|\btickets?\b/i,
  },
];

/** Where a file speaks of how the project was made instead of what it is. */
export const wordBreaches = ({ path, text }: Source): Breach[] =>
  text
    .split('\n')
    .flatMap((line, at) =>
      strangers
        .filter(({ pattern }) => pattern.test(line))
        .map(({ name }) => ({ path, line: at + 1, says: `mentions ${name}: ${line.trim()}` })),
    );
