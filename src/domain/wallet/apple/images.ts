/** The images of a pass that a program can have, by the name that the file in the pass has. */
export const imageKinds = ['icon', 'logo', 'strip'] as const;
export type ImageKind = (typeof imageKinds)[number];

/** Pixels a point. */
export const imageScales = [1, 2, 3] as const;
export type ImageScale = (typeof imageScales)[number];

/** An image of a program. */
export interface PassImage {
  kind: ImageKind;
  scale: ImageScale;
  png: Buffer;
}

interface SizeRule {
  /** In points: an image of scale n has n times as many pixels. */
  width: readonly [least: number, most: number];
  height: readonly [least: number, most: number];
  square: boolean;
}

/**
 * Sizes of a storeCard's images ("Pass Design and Creation", Wallet Developer Guide): the icon of lock screen and e-mail is 29 points wide,
 * 38 on newer screens; the logo has a place of 160 × 50; the strip is 375 × 144, and 312 or 320 × 123 on older screens.
 */
export const imageSizes: Readonly<Record<ImageKind, SizeRule>> = {
  icon: { width: [29, 38], height: [29, 38], square: true },
  logo: { width: [1, 160], height: [1, 50], square: false },
  strip: { width: [312, 375], height: [84, 144], square: false },
};

/** `icon.png`, `icon@2x.png`, `icon@3x.png`. */
export function imageFile({ kind, scale }: Pick<PassImage, 'kind' | 'scale'>): string {
  return scale === 1 ? `${kind}.png` : `${kind}@${scale}x.png`;
}

/** What is wrong with the size of an image, in pixels; undefined: nothing. */
export function sizeMistake(
  { kind, scale }: Pick<PassImage, 'kind' | 'scale'>,
  { width, height }: { width: number; height: number },
): string | undefined {
  const rule = imageSizes[kind];
  const fits = within(width, rule.width, scale) && within(height, rule.height, scale);
  if (fits && (!rule.square || width === height)) return undefined;
  const wanted = `${described(rule.width, scale)} wide and ${described(rule.height, scale)} high`;
  return `must be ${rule.square ? 'square, ' : ''}${wanted} for ${imageFile({ kind, scale })}, but it is ${width} × ${height}`;
}

function within(pixels: number, [least, most]: SizeRule['width'], scale: number): boolean {
  return pixels >= least * scale && pixels <= most * scale;
}

function described([least, most]: SizeRule['width'], scale: number): string {
  return `${least * scale} to ${most * scale} pixels`;
}
