import { twoColourPng } from '../two-colour-png.ts';

/** Pixels of a side, as Google recommends; it shows the circle within. */
const side = 660;
const colours = { ground: '54627a', figure: 'ffffff' };

let drawn: Buffer | undefined;

/** The logo of a program that has none: a star on a plain ground, PNG. */
export function neutralLogo(): Buffer {
  drawn ??= twoColourPng({ side, ...colours, isInside: isInStar });
  return drawn;
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
