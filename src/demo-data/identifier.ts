import type { Random } from './random.ts';

const epoch = Date.parse('2020-01-01T00:00:00Z');

/**
 * An id in the form of a UUIDv7 (RFC 9562, section 5.7) that depends on the seed alone: its instant is not one of the history,
 * which moves with the day on which it is made, but as many milliseconds after 2020. So ids sort as they were made, and before
 * those that the product makes.
 */
export function identifier(random: Random, milliseconds: number): string {
  const time = (epoch + Math.floor(milliseconds)).toString(16).padStart(12, '0');
  const [first, second, third] = [random.bits(), random.bits(), random.bits()];
  const counter = hex(first & 0xfff, 3);
  const variant = hex(0x8000 | (second & 0x3fff), 4);
  const node = hex(second >>> 16, 4) + hex(third, 8);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${variant}-${node}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
