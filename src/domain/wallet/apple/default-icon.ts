import { crc32, deflateSync } from 'node:zlib';
import type { ImageScale, PassImage } from './images.ts';

/** Points. */
const size = 29;

/** The icon of a program that has none, since iPhones refuse a pass without one: a rounded square of this colour (`#rrggbb`). */
export function defaultIcon(colour: string, scale: ImageScale): PassImage {
  const side = size * scale;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // A bit a pixel, by palette.
  header.set([1, 3], 8);
  const palette = Buffer.from(`000000${colour.slice(1)}`, 'hex');
  const parts = [
    chunk('IHDR', header),
    chunk('PLTE', palette),
    // The first colour of the palette is transparent.
    chunk('tRNS', Buffer.of(0)),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: side }, (_, line) => lineOf(side, line))))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return { kind: 'icon', scale, png: Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]) };
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** One line of pixels behind the byte that names its filter (none). */
function lineOf(side: number, line: number): Buffer {
  const bytes = Buffer.alloc(1 + Math.ceil(side / 8));
  for (let column = 0; column < side; column += 1) {
    if (isInside(side, column, line))
      bytes[1 + (column >> 3)] = (bytes[1 + (column >> 3)] ?? 0) | (0x80 >> (column & 7));
  }
  return bytes;
}

/** Whether a pixel is within the rounded square, whose corners have a radius of a fifth of the side. */
function isInside(side: number, column: number, line: number): boolean {
  const radius = side / 5;
  const [dx, dy] = [column, line].map((place) => {
    const middle = place + 0.5;
    return Math.max(radius - middle, middle - (side - radius), 0);
  }) as [number, number];
  return dx ** 2 + dy ** 2 <= radius ** 2;
}
