import { fuzzConfiguration } from './fuzz.ts';

describe('any configuration', () => {
  fuzzConfiguration(Number(process.env.CONFIG_FUZZ_RUNS ?? 100_000));
});
