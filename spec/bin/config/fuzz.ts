import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { ConfigError, type ReadConfig, readConfig } from '../../../bin/config/config.ts';
import { gatherSources } from '../../../bin/config/load.ts';
import { known, type Sources } from '../../../bin/config/sources.ts';
import { fileKeys, forTestsOnly, variables } from '../../../bin/variables/variables.ts';
import { keyRows } from './file-keys.ts';

/** What a secret holds, so that it is found wherever it is told. */
const canary = 'do-not-tell';

const numbers = fc.oneof(
  fc.integer({ min: -100, max: 70_000 }),
  fc.constantFrom(0, 1, -1, 2 ** 31, 2 ** 53, 1e300, -1e300, 1e18, 3.5, Number.MIN_VALUE),
  fc.double(),
);

const words = fc.constantFrom(
  ...['true', 'FALSE', '1', '0', 'yes', 'none', 'default', 'once', 'always', 'prefer-cached'],
  ...['debug', 'CRIT', 'json', 'size', 'docker', 'dockercfg', 'ipv4', 'ipv6', 'ec2_instance'],
  ...['tcp://10.0.0.1:2375', 'unix:///s', 'http://u:p@h', 'ecs.example.com', '::1', '127.0.0.1'],
  ...['[22,80]', '["awslogs"]', '["smoke"]', '["10.0.0.0/8"]', '{"a":"b"}', '{"a":1}', '[1', '{'],
  ...['40,60', '0,0', '49152-65535', '9-1', 'a:1,b:2', ',', ' ', '__proto__', 'constructor'],
);

const durations = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    numbers,
    fc.constantFrom('', 'ns', 'ms', 's', 'm', 'h', 'd'),
  )
  .map((parts) => parts.join(''));

const text = fc.oneof(
  words,
  durations,
  numbers.map(String),
  fc.json({ maxDepth: 2 }),
  fc.string({ unit: 'binary-ascii', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
);

const secret = fc.oneof(
  fc.constant(canary),
  fc.tuple(text, text).map(([before, after]) => `${before}${canary}${after}`),
  fc.constant(`{"r":{"password":"${canary}"}}`),
);

const isSecret = (name: string): boolean => known[name]?.secret === true;

const names = [...Object.keys(variables), ...Object.keys(fileKeys), ...forTestsOnly, 'http_proxy'];
const environment = fc
  .array(fc.tuple(fc.constantFrom(...names), text, secret), { maxLength: 12 })
  .map((some): Record<string, string> => {
    const pairs = some.map(([name, plain, hidden]) => [name, isSecret(name) ? hidden : plain]);
    const { ECS_AGENT_CONFIG_FILE_PATH: _, ...rest } = Object.fromEntries(pairs);
    return rest;
  });

const keys = Object.values(known)
  .flatMap(({ file = [], idleInFile = [], oldInFile = [] }) => [file, idleInFile, oldInFile].flat())
  .filter((key) => key !== 'EngineAuthData');
const key = fc.oneof(
  fc.constantFrom(...keys),
  fc.constantFrom(...keys).map((name) => name.toLowerCase()),
  fc.string({ maxLength: 8 }),
);
const json = fc.oneof(
  numbers,
  fc.boolean(),
  fc.constant(null),
  text,
  fc.array(fc.oneof(numbers, words), { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(words, numbers), { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const document = fc
  .tuple(
    fc.array(fc.tuple(key, json), { maxLength: 8 }),
    fc.option(fc.oneof(secret, fc.record({ r: secret }), fc.array(secret)), { nil: undefined }),
  )
  .map(([pairs, data]) =>
    JSON.stringify(Object.fromEntries(data ? [...pairs, ['EngineAuthData', data]] : pairs)),
  );
/** What a file may well have. */
const plausible = fc
  .array(fc.constantFrom(...keyRows), { maxLength: 8 })
  .map((rows) => JSON.stringify(Object.fromEntries(rows.map(([key, value]) => [key, value]))));

const broken = document.map((whole) => whole.slice(0, -1));

const input = fc.record({
  environment,
  platform: fc.constantFrom('linux' as const, 'windows' as const),
  file: fc.oneof({ arbitrary: plausible, weight: 4 }, document, broken, fc.constant(null)),
  userData: fc.oneof(
    document.map((whole) => `{"ECSAgentConfiguration":${whole}}`),
    broken,
    text,
    fc.constant(null),
    fc.constant(new Error('503')),
  ),
  region: fc.oneof(fc.constantFrom('us-west-2', '', null), fc.constant(new Error('503'))),
  /** Whether the instance is asked, which takes longer than to be told what it answers. */
  asks: fc.integer({ min: 0, max: 7 }).map((chance) => chance === 0),
});

type Input = typeof input extends fc.Arbitrary<infer Value> ? Value : never;

const answer =
  <Value>(given: Value | Error) =>
  () =>
    given instanceof Error ? Promise.reject(given) : Promise.resolve(given);

const given = (value: string | null | Error): string | null =>
  value instanceof Error ? null : value;

async function sourcesOf({ environment, platform, asks, ...told }: Input): Promise<Sources> {
  const file = told.file === null ? null : { path: '/config.json', text: told.file };
  if (!asks) return { file, userData: given(told.userData), region: given(told.region) };
  const metadata = { userData: answer(told.userData), region: answer(told.region) };
  const { sources } = await gatherSources(environment, platform, { metadata });
  return { ...sources, file };
}

/** All that is said of an input; throws where it is neither taken nor refused as it should be. */
async function saidOf(input: Input): Promise<{ taken: boolean; lines: string[] }> {
  try {
    const read = readConfig(input.environment, input.platform, await sourcesOf(input));
    expect(faultsOf(read), 'not so').to.deep.equal([]);
    return { taken: true, lines: read.warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { taken: false, lines: [error.message] };
  }
}

/** What would be wrong with a configuration whatever it was made of. */
const faultsOf = ({ config, settings }: ReadConfig): string[] => {
  const { limits, taskCleanup, cleanup, stopTimeoutMs, pull, log } = config;
  const times = [...Object.values(limits), stopTimeoutMs, pull.inactivityMs, taskCleanup.waitMs];
  const values: Record<string, unknown> = { ...settings };
  const ports = [...config.reservedTcpPorts, ...config.reservedUdpPorts];
  const holds = {
    'is plain JSON': isDeepStrictEqual(JSON.parse(JSON.stringify(config)), config),
    'can be shown': Object.entries(known).every(
      ([name, { kind }]) => typeof kind.show(values[name]) === 'string',
    ),
    'has times': [...times, cleanup.intervalMs].every((ms) => ms > 0 && ms < 1e16),
    'has files of some size': log.maxFileSizeMb > 0 && log.maxRollCount > 0,
    'has no jitter below zero': taskCleanup.jitterMs >= 0,
    'frees the disk': cleanup.disk.lowPercent < cleanup.disk.highPercent,
    'has ports': ports.every((port) => Number.isInteger(port) && port >= 0 && port < 65_536),
    'has an Engine': URL.canParse(config.dockerHost),
    'has a region off EC2': !config.external || config.region !== '',
  };
  return Object.entries(holds).flatMap(([what, is]) => (is ? [] : [what]));
};

/**
 * Says that no input whatever makes the configuration crash, tells a secret, or leaves a promise that
 * nobody looks after. Repeats a run whose seed is in CONFIG_FUZZ_SEED.
 */
export function fuzzConfiguration(runs: number): void {
  it(`takes or refuses each of ${runs} inputs, in words of one line without a secret`, async function () {
    this.timeout(600_000);
    let count = 0;
    const unhandled: unknown[] = [];
    const notice = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', notice);
    const { CONFIG_FUZZ_SEED: seed } = process.env;
    try {
      await fc.assert(
        fc.asyncProperty(input, async (given) => {
          const { taken, lines } = await saidOf(given);
          if (taken) count += 1;
          expect(
            lines.filter((line) => !/^[^\n\r]+$/.test(line) || line.includes(canary)),
          ).to.deep.equal([]);
        }),
        { numRuns: runs, ...(seed && { seed: Number(seed) }) },
      );
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', notice);
    }
    expect(unhandled).to.deep.equal([]);
    expect(count).to.be.within(runs / 10, (runs * 9) / 10);
  });
}
