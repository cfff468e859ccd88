import { promisify } from 'node:util';
import { crc32, inflate } from 'node:zlib';

/** What the header of a PNG says. */
export interface PngSize {
  width: number;
  height: number;
}

interface Chunk {
  type: string;
  data: Buffer;
}

interface Header extends PngSize {
  bitsPerPixel: number;
  colourType: number;
  interlaced: boolean;
}

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
/** By colour type: samples a pixel, and the bit depths that there are (PNG, third edition, table 8). */
const colourTypes = new Map<number, { samples: number; depths: readonly number[] }>([
  [0, { samples: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { samples: 3, depths: [8, 16] }],
  [3, { samples: 1, depths: [1, 2, 4, 8] }],
  [4, { samples: 2, depths: [8, 16] }],
  [6, { samples: 4, depths: [8, 16] }],
]);
const mostPixels = 4096;

/** Thrown inside this reader; its message completes "must be a PNG, but …". */
class NotPng extends Error {}

const inflated = promisify(inflate);

/**
 * Reads a PNG from end to end: signature, every chunk with its CRC, their order, and that the compressed data makes exactly the pixels that
 * the header announces. A wallet shows nothing of a pass whose images it cannot read.
 * @returns its size, or what is wrong with it
 */
export async function readPng(bytes: Buffer): Promise<PngSize | { mistake: string }> {
  try {
    const chunks = [...chunksOf(bytes)];
    const header = readHeader(chunks[0]);
    checkOrder(chunks, header);
    await checkPixels(chunks, header);
    return { width: header.width, height: header.height };
  } catch (error) {
    if (error instanceof NotPng) return { mistake: `must be a PNG, but ${error.message}` };
    throw error;
  }
}

function* chunksOf(bytes: Buffer): Generator<Chunk> {
  if (!bytes.subarray(0, 8).equals(signature)) throw new NotPng('it does not begin as one');
  let position = 8;
  while (position < bytes.length) {
    if (position + 12 > bytes.length) throw new NotPng('it is cut off');
    const end = position + 8 + bytes.readUInt32BE(position);
    const type = bytes.toString('latin1', position + 4, position + 8);
    if (end + 4 > bytes.length) throw new NotPng('it is cut off');
    if (!/^[A-Za-z]{2}[A-Z][A-Za-z]$/.test(type)) throw new NotPng('a chunk has a name that is none');
    if (crc32(bytes.subarray(position + 4, end)) !== bytes.readUInt32BE(end)) {
      throw new NotPng(`the checksum of its chunk ${type} is wrong`);
    }
    yield { type, data: bytes.subarray(position + 8, end) };
    position = end + 4;
    if (type === 'IEND' && position < bytes.length) throw new NotPng('something stands behind its end');
  }
}

function readHeader(first: Chunk | undefined): Header {
  if (first?.type !== 'IHDR' || first.data.length !== 13) throw new NotPng('its header is missing');
  const { data } = first;
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [depth = 0, colourType = 0, compression, filter, interlace = 2] = data.subarray(8);
  const colours = colourTypes.get(colourType);
  if (!colours?.depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) {
    throw new NotPng('its header has values that there are not');
  }
  if (width < 1 || height < 1 || width > mostPixels || height > mostPixels) {
    throw new NotPng(`its header says ${width} × ${height} pixels`);
  }
  return { width, height, bitsPerPixel: colours.samples * depth, colourType, interlaced: interlace === 1 };
}

/** IHDR first and once, PLTE where it is needed and before the data, the data in one piece, IEND last. */
function checkOrder(chunks: readonly Chunk[], { colourType, bitsPerPixel }: Header): void {
  const types = chunks.map(({ type }) => type);
  const [first, last] = [types.indexOf('IDAT'), types.lastIndexOf('IDAT')];
  if (types.at(-1) !== 'IEND' || chunks.at(-1)?.data.length !== 0) throw new NotPng('its end is missing');
  if (types.lastIndexOf('IHDR') !== 0) throw new NotPng('it has more than one header');
  if (first === -1 || types.slice(first, last).some((type) => type !== 'IDAT')) {
    throw new NotPng('its data is not in one piece');
  }
  const unknown = types.find((type) => /^[A-Z]/.test(type) && !['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type));
  if (unknown !== undefined) throw new NotPng(`nobody knows its chunk ${unknown}`);
  checkPalette(chunks, { first, colourType, bitsPerPixel });
}

function checkPalette(
  chunks: readonly Chunk[],
  { first, colourType, bitsPerPixel }: { first: number; colourType: number; bitsPerPixel: number },
): void {
  const places = chunks.flatMap(({ type }, place) => (type === 'PLTE' ? [place] : []));
  const [place] = places;
  const length = place === undefined ? 0 : (chunks[place]?.data.length ?? 0);
  if (places.length > 1 || (place !== undefined && place > first))
    throw new NotPng('its palette stands where it may not');
  if (place === undefined ? colourType === 3 : colourType === 0 || colourType === 4) {
    throw new NotPng('it has no palette that fits its colours');
  }
  const most = colourType === 3 ? 3 * 2 ** bitsPerPixel : 768;
  if (place !== undefined && (length === 0 || length % 3 !== 0 || length > most)) {
    throw new NotPng('its palette has another length than one can have');
  }
}

async function checkPixels(chunks: readonly Chunk[], header: Header): Promise<void> {
  const data = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data));
  const wanted = lengthOf(header);
  let pixels: Buffer;
  try {
    pixels = await inflated(data, { maxOutputLength: wanted + 1 });
  } catch {
    throw new NotPng('its data cannot be decompressed to the pixels that its header announces');
  }
  if (pixels.length !== wanted) throw new NotPng('its data has another length than its header announces');
}

/** First pixel and step of the seven passes of an interlaced image: x, y, step of x, step of y. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Bytes of all lines, each with the byte that names its filter. */
function lengthOf({ width, height, bitsPerPixel, interlaced }: Header): number {
  const lines = (columns: number, rows: number): number =>
    columns === 0 ? 0 : rows * (1 + Math.ceil((columns * bitsPerPixel) / 8));
  if (!interlaced) return lines(width, height);
  return passes.reduce(
    (sum, [x, y, stepX, stepY]) =>
      sum + lines(Math.ceil(Math.max(0, width - x) / stepX), Math.ceil(Math.max(0, height - y) / stepY)),
    0,
  );
}
