import type { Knex } from 'knex';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import { execute, type Statement } from '../statement.ts';

/** In whose name requests are sent: an issuer id, or a pass type identifier. */
export interface SlotAccount {
  platform: Platform;
  account: string;
}

/** Slots that follow each other evenly. Milliseconds; instants are the database's, since 1970. */
export interface ReservedSlots {
  first: number;
  /** When they were reserved. */
  now: number;
}

const milliseconds = (instant: string): string => `(extract(epoch FROM ${instant}) * 1000)::float8`;

// Nobody reserves what is far away: whoever gives up waiting would have taken it from those who come later.
const reserve: Statement = {
  name: 'wallet_slots_reserve',
  text: `
    INSERT INTO wallet_slots AS slots (platform, account, next_slot_at)
    VALUES ($1, $2, clock_timestamp() + $6::float8 * interval '1 millisecond' + $3::integer * ($4::float8 * interval '1 millisecond'))
    ON CONFLICT (platform, account) DO UPDATE
      SET next_slot_at = greatest(slots.next_slot_at, clock_timestamp() + $6::float8 * interval '1 millisecond') + $3::integer * ($4::float8 * interval '1 millisecond')
      WHERE slots.next_slot_at < clock_timestamp() + $5::float8 * interval '1 millisecond'
    RETURNING ${milliseconds('next_slot_at')} - $3::integer * $4::float8 AS first, ${milliseconds('clock_timestamp()')} AS now`,
};

export interface WantedSlots extends SlotAccount {
  count: number;
  /** Milliseconds between two slots. */
  interval: number;
  /** Milliseconds: whether the first slot is so far away that none is reserved. */
  horizon: number;
  /** Milliseconds from now to the first slot at least: those that pass before the answer comes would be lost. */
  lead: number;
}

/** Reserves the next slots of an account, after those that anybody has reserved. @returns undefined: they are beyond the horizon. */
export async function reserveSlots(database: Knex, wanted: WantedSlots): Promise<ReservedSlots | undefined> {
  const { platform, account, count, interval, horizon, lead } = wanted;
  return (await execute<ReservedSlots>(database, reserve, [platform, account, count, interval, horizon, lead]))[0];
}

const postpone: Statement = {
  name: 'wallet_slots_postpone',
  text: `
    INSERT INTO wallet_slots AS slots (platform, account, next_slot_at)
    VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')
    ON CONFLICT (platform, account) DO UPDATE SET next_slot_at = greatest(slots.next_slot_at, excluded.next_slot_at)`,
};

/** No slot is given before so many milliseconds have passed. */
export async function postponeSlots(database: Knex, of: SlotAccount, milliseconds: number): Promise<void> {
  await execute(database, postpone, [of.platform, of.account, milliseconds]);
}
