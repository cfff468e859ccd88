import type { ProgramContent } from '../program-content.ts';
import { type PassFile, passFile } from './archive.ts';
import { defaultIcon } from './default-icon.ts';
import { imageFile, imageScales, type PassImage } from './images.ts';
import { passStrings } from './pass-strings.ts';

/** Of an icon that has to be made, where the program has no colour either. */
const neutral = '#3c4a5a';

/** The files that all passes of a program have: its images, with an icon that is made when it has none, and its texts in other languages. */
export function programFiles(program: ProgramContent, images: readonly PassImage[]): PassFile[] {
  return [
    ...[...missingIcons(program, images), ...images].map((image) => passFile(imageFile(image), image.png)),
    ...[...passStrings(program)].map(([name, bytes]) => passFile(name, bytes)),
  ];
}

/** Of a program whose icon is there in other sizes than the first, the smallest of them serves as that, too. */
function missingIcons({ appearance }: ProgramContent, images: readonly PassImage[]): PassImage[] {
  const [smallest] = images.filter(({ kind }) => kind === 'icon').toSorted((one, other) => one.scale - other.scale);
  if (smallest !== undefined) return smallest.scale === 1 ? [] : [{ ...smallest, scale: 1 }];
  return imageScales.map((scale) => defaultIcon(appearance.background_color ?? neutral, scale));
}
