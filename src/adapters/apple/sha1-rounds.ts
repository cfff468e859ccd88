/**
 * SHA-1 of SHA-1 of …: the inner loop of the key derivation of old PKCS#12 files. A call into OpenSSL costs five times
 * what hashing 20 octets costs, and 600,000 rounds have to fit into the time that a check has. A test compares it with
 * OpenSSL's.
 * @param digest 20 octets.
 */
export function sha1Rounds(digest: Uint8Array, rounds: number): Buffer {
  const octets = Buffer.from(digest);
  const words = new Int32Array(80);
  for (let index = 0; index < 5; index += 1) words[index] = octets.readInt32BE(index * 4);
  for (let round = 0; round < rounds; round += 1) hashFiveWords(words);
  for (let index = 0; index < 5; index += 1) octets.writeInt32BE(words[index] ?? 0, index * 4);
  return octets;
}

/**
 * FIPS 180-4 section 6.1.2 for the one block that a message of 160 bits fills. The first five words are the message, and
 * then its digest. Four plain loops, because that is what the engine makes fast code of.
 */
function hashFiveWords(w: Int32Array): void {
  w.fill(0, 6, 15);
  w[5] = 0x80000000;
  w[15] = 160;
  for (let i = 16; i < 80; i += 1) {
    const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  let e = 0xc3d2e1f0 | 0;
  let next = 0;
  for (let i = 0; i < 20; i += 1) {
    next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + 0x5a827999 + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 20; i < 40; i += 1) {
    next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0x6ed9eba1 + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 40; i < 60; i += 1) {
    next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + 0x8f1bbcdc + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 60; i < 80; i += 1) {
    next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0xca62c1d6 + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  w[0] = a + 0x67452301;
  w[1] = b + 0xefcdab89;
  w[2] = c + 0x98badcfe;
  w[3] = d + 0x10325476;
  w[4] = e + 0xc3d2e1f0;
}
