import { text } from '../schemas.ts';

/** Why, in words; required where people change what stores have booked. */
export const reason = text(500).meta({
  description: 'In words. Kept for ever: no personal data.',
  example: 'Goodwill: the parcel was late',
});

export const reference = text(200).meta({
  description: "The caller's own name for it, such as a receipt number. Kept for ever: no personal data.",
  example: 'receipt 2026-0451',
});
