import type { Knex } from 'knex';
import { Card } from '../../adapters/postgres/models/card.ts';
import { Customer } from '../../adapters/postgres/models/customer.ts';
import { Program } from '../../adapters/postgres/models/program.ts';
import { Problem } from '../problems.ts';
import { newCardNumber } from './card-number.ts';
import { found } from './not-found.ts';

export interface Enrolment {
  merchantId: string;
  programId: string;
  customer: { externalId: string; name: string | undefined };
  /** Absent: one is made. */
  number: string | undefined;
  now: Date | undefined;
}

/**
 * Makes the card of a customer, and the customer if they are new; answers the card's id. Needs a transaction. Who enrols
 * the same customer at the same moment waits at the customer's row; the database decides who was first.
 * @throws Problem not-found (program), conflict (customer erased), card-exists, number-taken
 */
export async function enrol(database: Knex, enrolment: Enrolment, numberMade = newCardNumber): Promise<string> {
  const { merchantId, programId } = enrolment;
  found(await Program.query(database).findById([merchantId, programId]), 'program', programId);
  const customer = await customerOf(database, enrolment);
  for (;;) {
    const number = enrolment.number ?? numberMade();
    const id = await insertCard(database, enrolment, { customer_id: customer.id, number });
    if (id !== undefined) return id;
    const key = { merchant_id: merchantId, customer_id: customer.id, program_id: programId };
    const existing = await Card.query(database).findOne(key);
    if (existing !== undefined) throw cardExists(existing);
    if (enrolment.number !== undefined)
      throw new Problem('number-taken', 'Another card of this merchant has the number.');
  }
}

/** The customer of that external id, locked. A name that is given replaces the one that is known. */
async function customerOf(database: Knex, { merchantId, customer, now }: Enrolment): Promise<Customer> {
  const row = await Customer.query(database)
    .insert({
      merchant_id: merchantId,
      external_id: customer.externalId,
      name: customer.name ?? null,
      ...(now && { created_at: now }),
    })
    .onConflict(['merchant_id', 'external_id'])
    // On an erased customer, whom only its pseudonym could name, nothing is written.
    .merge({
      name: database.raw('CASE WHEN customers.erased_at IS NULL THEN coalesce(excluded.name, customers.name) END'),
    })
    .returning('*');
  if (row.erased_at === null) return row;
  throw new Problem('conflict', 'The customer was erased, and is not enrolled again under the pseudonym.');
}

/** Undefined: the customer has a card of the program, or another card has the number. */
async function insertCard(
  database: Knex,
  { merchantId, programId, now }: Enrolment,
  { customer_id, number }: { customer_id: string; number: string },
): Promise<string | undefined> {
  const [row] = await database('cards')
    .insert({
      merchant_id: merchantId,
      program_id: programId,
      customer_id,
      number,
      ...(now && { created_at: now, last_activity_at: now }),
    })
    .onConflict()
    .ignore()
    .returning<{ id: string }[]>('id');
  return row?.id;
}

function cardExists({ id }: Card): Problem {
  return new Problem('card-exists', `The customer has card ${id} of this program.`, { extensions: { card_id: id } });
}
