import { fuzzAgent } from './acs-fuzz.ts';

describe('an agent that is sent whatever there is', () => {
  fuzzAgent(Number(process.env.ACS_FUZZ_RUNS ?? 10_000) / 100);
});
