import { crc32, deflateSync } from 'node:zlib';

/** Pixels of a side, as Google recommends; it shows the circle within. */
const side = 660;
const colours = { ground: '54627a', star: 'ffffff' };

let drawn: Buffer | undefined;

/** The logo of a program that has none: a star on a plain ground, PNG. */
export function neutralLogo(): Buffer {
  drawn ??= draw();
  return drawn;
}

function draw(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // A bit a pixel, by palette.
  header.set([1, 3], 8);
  const lines = Array.from({ length: side }, (_, row) => lineOf(row));
  const parts = [
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(colours.ground + colours.star, 'hex')),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** One line of pixels behind the byte that names its filter (none). */
function lineOf(row: number): Buffer {
  const bytes = Buffer.alloc(1 + Math.ceil(side / 8));
  for (let column = 0; column < side; column += 1) {
    const at = 1 + (column >> 3);
    if (isInStar(column, row)) bytes[at] = (bytes[at] ?? 0) | (0x80 >> (column & 7));
  }
  return bytes;
}

/** Whether a pixel is within a star of five points, by the distance of its rim in the pixel's direction. */
function isInStar(column: number, row: number): boolean {
  const [x, y] = [column + 0.5 - side / 2, row + 0.5 - side / 2];
  const [outer, inner] = [side * 0.33, side * 0.33 * 0.382];
  const part = Math.PI / 5;
  const turned = Math.atan2(x, -y) + 2 * Math.PI;
  const within = turned % (2 * part);
  const fromPoint = Math.min(within, 2 * part - within);
  const rim = (outer * inner * Math.sin(part)) / (outer * Math.sin(fromPoint) + inner * Math.sin(part - fromPoint));
  return Math.hypot(x, y) <= rim;
}
