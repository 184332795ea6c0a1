import type { Random } from '../host/port.ts';

/** Chance from a seed: mulberry32, a generator of 32 bits of state. The same seed, the same rolls. */
export function simRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const hex = (): string => next().toString(16).padStart(8, '0');
  return {
    roll: () => next() / 2 ** 32,
    uuid: () => {
      const digits = hex() + hex() + hex() + hex();
      const variant = '89ab'.charAt(next() % 4);
      const parts = [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        `${variant}${digits.slice(17, 20)}`,
        digits.slice(20),
      ];
      return parts.join('-');
    },
  };
}
