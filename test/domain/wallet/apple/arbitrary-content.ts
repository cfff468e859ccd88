import fc from 'fast-check';
import type { Appearance, PassContent } from '../../../../src/domain/wallet/pass-content.ts';
import type { ProgramContent } from '../../../../src/domain/wallet/program-content.ts';

/** Text that the API takes: no NUL, no half of a surrogate pair. */
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('"', '\\', '%', '\n', 'é', '☕', 'ا', '%@'),
        fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
      ),
      minLength: 1,
      maxLength,
    })
    .map((value) => value.replaceAll('\0', '0'))
    .filter((value) => value.isWellFormed());

const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

const translation = fc.record({ program_name: text(20), points_name: text(10), terms: text(40) }, { requiredKeys: [] });

export const appearances: fc.Arbitrary<Appearance> = fc.record(
  {
    issuer_name: text(20),
    background_color: colour,
    foreground_color: colour,
    label_color: colour,
    home_url: fc.webUrl({ validSchemes: ['https'] }),
    terms: text(200),
    barcode: fc.constantFrom('qr', 'code128', 'pdf417', 'aztec', 'none'),
    translations: fc.dictionary(fc.constantFrom('de', 'en', 'pt-BR', 'zh-Hans', 'ar', 'fr'), translation, {
      maxKeys: 4,
    }),
  },
  { requiredKeys: [] },
);

const id = fc.uuid();

/** A program and a card of it, as a pass shows them. */
export const contents: fc.Arbitrary<{ program: ProgramContent; content: PassContent }> = fc
  .record({
    shared: fc.record({
      merchantId: id,
      programId: id,
      merchantName: text(40),
      programName: text(40),
      pointsName: text(20),
      appearance: appearances,
      version: fc.integer({ min: 1, max: 1_000 }),
    }),
    card: fc.record({
      cardId: id,
      timezone: fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'UTC'),
      number: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 }),
      customerName: fc.option(text(40)),
      state: fc.constantFrom('active', 'frozen', 'void'),
      points: fc.maxSafeNat(),
      nextExpiry: fc.option(
        fc.record({
          points: fc.maxSafeNat(),
          expiresAt: fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        }),
      ),
    }),
  })
  .map(({ shared, card }) => ({ program: { ...shared, walletClass: null }, content: { ...shared, ...card } }));
