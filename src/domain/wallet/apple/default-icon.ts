import { twoColourPng } from '../two-colour-png.ts';
import type { ImageScale, PassImage } from './images.ts';

/** Points. */
const size = 29;

/** The icon of a program that has none, since iPhones refuse a pass without one: a rounded square of this colour (`#rrggbb`). */
export function defaultIcon(colour: string, scale: ImageScale): PassImage {
  const side = size * scale;
  const isInside = (column: number, row: number): boolean => isInSquare(side, column, row);
  return { kind: 'icon', scale, png: twoColourPng({ side, ground: undefined, figure: colour.slice(1), isInside }) };
}

/** Whether a pixel is within the rounded square, whose corners have a radius of a fifth of the side. */
function isInSquare(side: number, column: number, line: number): boolean {
  const radius = side / 5;
  const [dx, dy] = [column, line].map((place) => {
    const middle = place + 0.5;
    return Math.max(radius - middle, middle - (side - radius), 0);
  }) as [number, number];
  return dx ** 2 + dy ** 2 <= radius ** 2;
}
