import assert from 'node:assert/strict';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { readPng } from '../../src/domain/png.ts';
import { defaultIcon } from '../../src/domain/wallet/apple/default-icon.ts';
import { imageScales, sizeMistake } from '../../src/domain/wallet/apple/images.ts';

interface Image {
  width?: number;
  height?: number;
  depth?: number;
  colourType?: number;
  interlace?: number;
  pixels?: Buffer;
}

const start = Buffer.from('89504e470d0a1a0a', 'hex');

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function header({ width = 4, height = 2, depth = 8, colourType = 6, interlace = 0 }: Image = {}): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data.set([depth, colourType, 0, 0, interlace], 8);
  return chunk('IHDR', data);
}

const data = (pixels = Buffer.alloc(2 * (1 + 16))): Buffer => chunk('IDAT', deflateSync(pixels));
const end = chunk('IEND', Buffer.alloc(0));
const png = (...parts: Buffer[]): Buffer => Buffer.concat([start, ...parts]);
const good = png(header(), data(), end);

const refused: Record<string, [Buffer, RegExp]> = {
  text: [Buffer.from('GIF89a'), /does not begin as one/],
  'one that is cut off': [good.subarray(0, -5), /cut off/],
  'a wrong checksum': [Buffer.from(good).fill(1, 20, 21), /checksum of its chunk IHDR/],
  'something behind its end': [Buffer.concat([good, Buffer.alloc(12)]), /behind its end/],
  'no header': [png(data(), end), /header is missing/],
  'two headers': [png(header(), header(), data(), end), /more than one header/],
  'no data': [png(header(), end), /not in one piece/],
  'data in two pieces': [png(header(), data(), chunk('tEXt', Buffer.alloc(1)), data(), end), /not in one piece/],
  'no end': [png(header(), data()), /end is missing/],
  'a depth that there is not': [png(header({ depth: 3 }), data(), end), /values that there are not/],
  'no pixels': [png(header({ width: 0 }), data(), end), /0 × 2 pixels/],
  'more pixels than anyone wants': [png(header({ width: 100_000 }), data(), end), /100000 × 2 pixels/],
  'a palette that is missing': [png(header({ colourType: 3 }), data(), end), /no palette/],
  'a palette of half a colour': [
    png(header(), chunk('PLTE', Buffer.alloc(4)), data(), end),
    /palette has another length/,
  ],
  'a critical chunk that nobody knows': [png(header(), chunk('ABCD', Buffer.alloc(1)), data(), end), /its chunk ABCD/],
  'too few pixels': [png(header(), data(Buffer.alloc(10)), end), /another length than its header/],
  'too many pixels': [png(header(), data(Buffer.alloc(10_000_000)), end), /cannot be decompressed/],
  'data that is no zlib': [png(header(), chunk('IDAT', Buffer.alloc(20, 7)), end), /cannot be decompressed/],
};

describe('a PNG', () => {
  it('is read to its size', async () => assert.deepEqual(await readPng(good), { width: 4, height: 2 }));

  it('may be interlaced, of any depth and colour type', async () => {
    const kinds = [[0, [1, 2, 4, 8, 16], 1], [2, [8, 16], 3], [4, [8, 16], 2], [6, [8, 16], 4]] as const; // prettier-ignore
    for (const [colourType, depths, samples] of kinds) {
      for (const depth of depths) {
        const [width, height] = [13, 7];
        const line = (pixels: number): number => (pixels === 0 ? 0 : 1 + Math.ceil((pixels * samples * depth) / 8));
        const plain = png(header({ width, height, depth, colourType }), data(Buffer.alloc(height * line(width))), end);
        assert.deepEqual(await readPng(plain), { width, height });
        // Adam7 over 13 × 7 pixels: columns and rows of each pass, counted by hand.
        const passes = [[2, 1], [2, 1], [4, 1], [3, 2], [7, 2], [6, 4], [13, 3]] as const; // prettier-ignore
        const pixels = passes.reduce((sum, [columns, rows]) => sum + rows * line(columns), 0);
        const laced = png(header({ width, height, depth, colourType, interlace: 1 }), data(Buffer.alloc(pixels)), end);
        assert.deepEqual(await readPng(laced), { width, height });
      }
    }
  });

  for (const [what, [bytes, pattern]] of Object.entries(refused)) {
    it(`is refused with ${what}`, async () => {
      const read = await readPng(bytes);
      assert.ok('mistake' in read);
      assert.match(read.mistake, pattern);
    });
  }

  it('with any byte changed is refused', async () => {
    const icon = defaultIcon('#7a1f2b', 1).png;
    await fc.assert(
      fc.asyncProperty(fc.nat(icon.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const changed = Buffer.from(icon);
        changed[place] = (changed[place] ?? 0) ^ change;
        assert.ok('mistake' in (await readPng(changed)));
      }),
      { numRuns: 300 },
    );
  });

  it('that is made for a program without an icon is a good one, of the size of icons', async () => {
    for (const scale of imageScales) {
      const size = await readPng(defaultIcon('#7a1f2b', scale).png);
      assert.deepEqual(size, { width: 29 * scale, height: 29 * scale });
      assert.equal(sizeMistake({ kind: 'icon', scale }, size), undefined);
    }
  });
});

describe('the size of an image of a pass', () => {
  const sizes: [kind: 'icon' | 'logo' | 'strip', scale: 1 | 2 | 3, width: number, height: number, fits: boolean][] = [
    ['icon', 1, 29, 29, true],
    ['icon', 3, 114, 114, true],
    ['icon', 1, 29, 30, false],
    ['icon', 2, 29, 29, false],
    ['logo', 1, 160, 50, true],
    ['logo', 2, 320, 101, false],
    ['logo', 1, 161, 50, false],
    ['strip', 1, 375, 144, true],
    ['strip', 2, 640, 246, true],
    ['strip', 3, 375, 144, false],
  ];
  for (const [kind, scale, width, height, fits] of sizes) {
    it(`${fits ? 'may' : 'may not'} be ${width} × ${height} for ${kind}@${scale}x`, () => {
      assert.equal(sizeMistake({ kind, scale }, { width, height }) === undefined, fits);
    });
  }
});
