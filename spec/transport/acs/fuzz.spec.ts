import { fuzzFrames } from './fuzz.ts';

describe('whatever ACS sends', () => {
  fuzzFrames(Number(process.env.ACS_FUZZ_RUNS ?? 10_000));
});
