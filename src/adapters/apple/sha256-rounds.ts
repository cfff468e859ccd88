/** The first 32 bits of the fractions of the cube roots of the first 64 primes (FIPS 180-4 section 4.2.2). */
const constants = Int32Array.from(firstPrimes(64), (prime) => (Math.cbrt(prime) % 1) * 2 ** 32);

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

/**
 * SHA-256 of SHA-256 of …: the inner loop of the MAC key of today's PKCS#12 files. See sha1-rounds.ts.
 * @param digest 32 octets.
 */
export function sha256Rounds(digest: Uint8Array, rounds: number): Buffer {
  const octets = Buffer.from(digest);
  const words = new Int32Array(64);
  for (let index = 0; index < 8; index += 1) words[index] = octets.readInt32BE(index * 4);
  for (let round = 0; round < rounds; round += 1) hashEightWords(words);
  for (let index = 0; index < 8; index += 1) octets.writeInt32BE(words[index] ?? 0, index * 4);
  return octets;
}

/** FIPS 180-4 section 6.2.2 for the one block that a message of 256 bits fills; message and digest are the first eight words. */
function hashEightWords(w: Int32Array): void {
  w.fill(0, 9, 15);
  w[8] = 0x80000000;
  w[15] = 256;
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  let a = 0x6a09e667;
  let b = 0xbb67ae85 | 0;
  let c = 0x3c6ef372;
  let d = 0xa54ff53a | 0;
  let e = 0x510e527f;
  let f = 0x9b05688c | 0;
  let g = 0x1f83d9ab;
  let h = 0x5be0cd19;
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + constants[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  w[0] = a + 0x6a09e667;
  w[1] = b + 0xbb67ae85;
  w[2] = c + 0x3c6ef372;
  w[3] = d + 0xa54ff53a;
  w[4] = e + 0x510e527f;
  w[5] = f + 0x9b05688c;
  w[6] = g + 0x1f83d9ab;
  w[7] = h + 0x5be0cd19;
}
