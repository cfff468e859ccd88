import { crc32, deflateSync } from 'node:zlib';

export interface TwoColourPicture {
  /** Pixels of each side. */
  side: number;
  /** `rrggbb` of what is not inside; undefined: transparent. */
  ground: string | undefined;
  /** `rrggbb` of what is inside. */
  figure: string;
  isInside: (column: number, row: number) => boolean;
}

/** A square PNG of two colours, a bit a pixel by palette (https://www.w3.org/TR/png-3/). */
export function twoColourPng({ side, ground, figure, isInside }: TwoColourPicture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 3], 8);
  const lines = Array.from({ length: side }, (_, row) => lineOf(side, (column) => isInside(column, row)));
  const parts = [
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(`${ground ?? '000000'}${figure}`, 'hex')),
    ...(ground === undefined ? [chunk('tRNS', Buffer.of(0))] : []),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** One line of pixels behind the byte that names its filter (none). */
function lineOf(side: number, isInside: (column: number) => boolean): Buffer {
  const bytes = Buffer.alloc(1 + Math.ceil(side / 8));
  for (let column = 0; column < side; column += 1) {
    const at = 1 + (column >> 3);
    if (isInside(column)) bytes[at] = (bytes[at] ?? 0) | (0x80 >> (column & 7));
  }
  return bytes;
}
