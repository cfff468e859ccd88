import { z } from 'zod';
import { text } from '../schemas.ts';

const colour = z
  .string()
  .regex(/^#[0-9A-Fa-f]{6}$/, 'must be a colour such as #17bb52')
  .toLowerCase();

const address = z
  .string()
  .max(2048, 'must be of at most 2048 characters')
  .regex(
    /^https:\/\/[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?([/?#][!-~]*)?$/,
    'must be a URL that starts with https:// and is of ASCII alone',
  );

const terms = text(5000).meta({ description: 'Terms and conditions, at most 5000 characters; on the back.' });

const translation = z.strictObject({
  program_name: text(200).optional(),
  points_name: text(50).optional(),
  terms: terms.optional(),
});

/** BCP 47 as far as wallets know it: language, script, region. */
const language = z
  .string()
  .regex(
    /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/,
    'must be a language such as de, pt-BR or zh-Hans (BCP 47)',
  );

/** What the passes of a program look like, in both wallets. */
export const programWallet = z
  .strictObject({
    issuer_name: text(200).optional().meta({ description: "Who gives the card out; absent: the merchant's name." }),
    background_color: colour.optional().meta({ description: '`#rrggbb`; absent: the wallet chooses.' }),
    foreground_color: colour.optional().meta({ description: 'Of values. Apple Wallet only; Google chooses.' }),
    label_color: colour.optional().meta({ description: 'Of labels. Apple Wallet only.' }),
    logo_url: address.optional().meta({
      description: 'A square logo that Google fetches. For Apple Wallet put an image of the program.',
    }),
    hero_image_url: address.optional().meta({
      description: 'A wide picture that Google fetches. For Apple Wallet put a strip.',
    }),
    home_url: address.optional().meta({ description: 'The shop.' }),
    terms: terms.optional(),
    barcode: z.enum(['qr', 'code128', 'pdf417', 'aztec', 'none']).optional().meta({
      description: "How the card's number is shown to scanners; absent: `qr`.",
    }),
    translations: z
      .record(language, translation)
      .refine((languages) => Object.keys(languages).length <= 30, 'must have at most 30 languages')
      .optional()
      .meta({
        description: 'By language (BCP 47); what is absent is as in the program itself.',
        override: { maxProperties: 30 },
      }),
  })
  .meta({
    id: 'ProgramWallet',
    description: 'What passes look like. Images for Apple Wallet are put apart.',
    example: { background_color: '#7a1f2b', translations: { en: { points_name: 'grains' } } },
  });
