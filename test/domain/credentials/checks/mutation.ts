/** Deterministic damage for fuzz tests. */

/** mulberry32: the same seed gives the same numbers, each from 0 up to and without 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export type Data = Record<string, Buffer>;

export interface Chance {
  /** An integer from 0 up to and without `bound`. */
  below: (bound: number) => number;
  pick: <T>(choices: readonly T[]) => T;
}

export function chanceOf(random: () => number): Chance {
  const below = (bound: number): number => Math.floor(random() * bound);
  return { below, pick: (choices) => choices[below(choices.length)] as (typeof choices)[number] };
}

const tokens = [
  '-----BEGIN CERTIFICATE-----',
  '-----END PRIVATE KEY-----',
  '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,',
  '{"type":"service_account",',
  '\\n',
  '"',
  '\u0000',
  '\ufeff',
  '[[[[[[',
  '=',
].map((token) => Buffer.from(token));

const lengths = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff];

type Mutation = (bytes: Buffer, chance: Chance) => Buffer;

const mutations: readonly Mutation[] = [
  // One bit, one byte, a DER length.
  (bytes, { below }) => changed(bytes, below(bytes.length), (byte) => byte ^ (1 << below(8))),
  (bytes, { below }) => changed(bytes, below(bytes.length), () => below(256)),
  (bytes, { below, pick }) => changed(bytes, below(Math.min(bytes.length, 64)), () => pick(lengths)),
  // A part lost, doubled, moved, or cut off.
  (bytes, { below }) => {
    const start = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + below(40))]);
  },
  (bytes, { below }) => {
    const start = below(bytes.length);
    const end = start + below(200);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start, end), bytes.subarray(end)]);
  },
  (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
  (bytes, { below }) => bytes.subarray(below(bytes.length)),
  // Something put in.
  (bytes, { below, pick }) => {
    const start = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, start), pick(tokens), bytes.subarray(start)]);
  },
  // Another encoding.
  (bytes) => Buffer.from(bytes.toString('base64')),
  (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
];

function changed(bytes: Buffer, position: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  if (position < copy.length) copy.writeUInt8(change(copy.readUInt8(position)) & 0xff, position);
  return copy;
}

/** The data with one to three values damaged, lost, or under another's key. */
export function mutate(data: Readonly<Data>, chance: Chance): Data {
  const result: Data = { ...data };
  for (let count = 1 + chance.below(3); count > 0; count -= 1) {
    const keys = Object.keys(result);
    const key = chance.pick(keys);
    const kind = chance.below(20);
    if (kind === 0) delete result[key];
    else if (kind === 1) result[key] = result[chance.pick(keys)] ?? Buffer.alloc(0);
    else result[key] = chance.pick(mutations)(result[key] ?? Buffer.alloc(0), chance);
    if (Object.keys(result).length === 0) break;
  }
  return result;
}
