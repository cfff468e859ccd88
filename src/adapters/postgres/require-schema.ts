import type { Knex } from 'knex';
import { ExitError, exitCodes } from '../../errors.ts';
import { readSchema } from './schema.ts';
import { describeDatabase } from './usable-database.ts';

/**
 * For commands that work once and end: they do not wait until somebody migrates.
 * @throws ExitError (78) when the database of this URL lacks a migration of this build.
 */
export async function requireSchema(knex: Knex, url: string): Promise<void> {
  const { recorded, pending } = await readSchema(knex);
  if (pending.length === 0) return;
  const found = recorded.length === 0 ? 'has no tables yet' : `is at ${recorded.at(-1)}`;
  throw new ExitError(
    exitCodes.configuration,
    `The ${describeDatabase(url)} ${found} and lacks ${pending.map(({ name }) => name).join(', ')}. Run \`loyalty migrate\` first.`,
  );
}
