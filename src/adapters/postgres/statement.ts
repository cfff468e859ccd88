import type { Knex } from 'knex';
import type { ClientBase } from 'pg';

/** A statement that is prepared once a connection, under its name. The name is unique in the program. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

interface ConnectionSource {
  acquireConnection(): Promise<ClientBase>;
  releaseConnection(connection: ClientBase): Promise<void>;
}

/**
 * Runs a prepared statement on a connection of the pool, or on that of the transaction when `database` is one.
 * The hot statements of the ledger go this way; knex would build and parse their text anew each time.
 */
export async function execute<Row extends object>(
  database: Knex,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const source = database.client as ConnectionSource;
  const connection = await source.acquireConnection();
  try {
    const { rows } = await connection.query<Row>({ name, text, values: [...values] });
    return rows;
  } finally {
    await source.releaseConnection(connection);
  }
}
