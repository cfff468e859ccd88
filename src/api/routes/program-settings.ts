import { z } from 'zod';
import type { Program } from '../../adapters/postgres/models/program.ts';
import { text } from '../schemas.ts';
import { programWallet } from './program-wallet.ts';

const rounding = z.enum(['none', 'end_of_day', 'end_of_month']).meta({
  description:
    'To the last millisecond of that day or month in the timezone of the merchant; `none`: to the time of day of the base.',
});

const expiring = {
  days: z
    .int('must be an integer')
    .min(1)
    .max(36500)
    .meta({ description: 'Calendar days in the timezone of the merchant.', example: 365 }),
  rounding: rounding.default('end_of_day'),
};

/** When the points of a program expire. */
export const expiry = z
  .discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('none') }).meta({ description: 'Never.' }),
    z
      .strictObject({ mode: z.literal('fixed'), ...expiring })
      .meta({ description: 'So many days after they were earned.' }),
    z.strictObject({ mode: z.literal('inactivity'), ...expiring }).meta({
      description:
        'All points of a card expire so many days after its last earn or redeem; nothing else counts as activity.',
    }),
  ])
  .meta({ id: 'Expiry', example: { mode: 'fixed', days: 365, rounding: 'end_of_day' } });

const warningDays = z
  .int('must be an integer')
  .min(0)
  .max(3650)
  .meta({ description: 'Points that expire within so many days are shown as `expiring_soon`.', example: 30 });

const walletClass = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be of 1 to 100 letters, digits, `.`, `_` and `-`')
  .nullable()
  .meta({
    description:
      "What the id of the program's class in Google Wallet ends in, behind the issuer and the merchant; null: the program's id.",
    example: null,
  });

/** What a program is created with. */
export const programSettings = z.strictObject({
  name: text(200).meta({ description: 'For people.', example: 'Vogel Karte' }),
  points_name: text(50).meta({ description: 'What its points are called.', example: 'Körner' }),
  expiry,
  warning_days: warningDays.default(30),
  wallet_class: walletClass.default(null),
  wallet: programWallet.default({}),
});

/** What of a program can be changed: all of it, each by itself. */
export const programChange = z
  .strictObject({
    name: programSettings.shape.name.optional(),
    points_name: programSettings.shape.points_name.optional(),
    expiry: expiry.optional(),
    warning_days: warningDays.optional(),
    wallet_class: walletClass.optional(),
    wallet: programWallet.optional(),
  })
  .meta({ id: 'ProgramChange', example: { warning_days: 60 } });

export type ProgramChange = z.output<typeof programChange>;

/** The columns of what is given; absent members are absent here, too. */
export function programFields({ expiry: terms, ...columns }: ProgramChange): Partial<Program> {
  if (terms === undefined) return columns as Partial<Program>;
  const days = terms.mode === 'none' ? null : terms.days;
  const rounded = terms.mode === 'none' ? {} : { expiry_rounding: terms.rounding };
  return { ...(columns as Partial<Program>), expiry_mode: terms.mode, expiry_days: days, ...rounded };
}
