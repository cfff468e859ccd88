import type { Knex } from 'knex';
import type { ClientBase, QueryResult } from 'pg';

/** A statement that is prepared once a connection, under its name. The name is unique in the program. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A statement with its values. */
export interface Call {
  statement: Statement;
  values: readonly unknown[];
}

interface ConnectionSource {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
}

type Connection = ClientBase & { readonly pipeline?: boolean };

/**
 * Runs a prepared statement on a connection of the pool, or on that of the transaction when `database` is one.
 * The hot statements of the ledger go this way; knex would build and parse their text anew each time.
 */
export async function execute<Row extends object>(
  database: Knex,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const [rows] = await executeInTurn<[Row]>(database, [{ statement, values }]);
  return rows;
}

/**
 * Runs statements one after the other on one connection. Where it pipelines, all are sent at once: PostgreSQL begins each, and takes
 * its snapshot, when the one before has ended. The first that fails is what is thrown.
 */
export async function executeInTurn<Rows extends object[]>(
  database: Knex,
  calls: { [Index in keyof Rows]: Call },
): Promise<{ [Index in keyof Rows]: Rows[Index][] }> {
  const source = database.client as ConnectionSource;
  const connection = await source.acquireConnection();
  try {
    const sent: Promise<QueryResult>[] = [];
    for (const { statement, values } of calls) {
      const result = connection.query({ ...statement, values: [...values] });
      sent.push(result);
      if (connection.pipeline !== true) await result;
    }
    const answers = await Promise.all(sent);
    return answers.map(({ rows }) => rows as object[]) as { [Index in keyof Rows]: Rows[Index][] };
  } finally {
    await source.releaseConnection(connection);
  }
}
