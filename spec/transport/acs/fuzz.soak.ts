import { fuzzAgent } from '../../actors/acs-fuzz.ts';
import { fuzzFrames } from './fuzz.ts';

describe('whatever ACS sends, at length', () => {
  fuzzFrames(100_000);
  fuzzAgent(1_000);
});
