import { createHash } from 'node:crypto';

/** Random choices that a name decides: the same name, the same choices. */
export interface Random {
  /** 32 random bits, as an unsigned integer. */
  bits(): number;
  /** From 0 up to, but not, 1. */
  fraction(): number;
  /** Both ends can come. */
  between(low: number, high: number): number;
  integer(low: number, high: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/**
 * A stream of its own for everything that has a name, so that nothing depends on what was made before it. The generator is
 * sfc32 of PractRand (http://pracrand.sourceforge.net/RNG_engines.txt), seeded with the SHA-256 of the name.
 */
export function createRandom(...name: readonly (string | number)[]): Random {
  const bits = sfc32(createHash('sha256').update(name.join('/')).digest());
  const fraction = (): number => bits() / 4_294_967_296;
  const integer = (low: number, high: number): number => low + Math.floor(fraction() * (high - low + 1));
  return {
    bits,
    fraction,
    between: (low, high) => low + fraction() * (high - low),
    integer,
    chance: (share) => fraction() < share,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('There is nothing to pick from');
      return items[integer(0, items.length - 1)] as T;
    },
  };
}

function sfc32(seed: Buffer): () => number {
  let [a, b, c, counter] = [seed.readUInt32LE(0), seed.readUInt32LE(4), seed.readUInt32LE(8), 1];
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
}
