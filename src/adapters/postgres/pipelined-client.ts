import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Knex } from 'knex';

type Parameters = [container: unknown, config: unknown, outer: unknown];

/** What this file uses of knex's transaction, which its types do not show. */
interface TransactionClass {
  new (
    client: unknown,
    ...parameters: Parameters
  ): Knex.Transaction & {
    query(connection: unknown, sql: string): Promise<unknown>;
  };
}

const require = createRequire(import.meta.url);
const PostgresClient = require('knex/lib/dialects/postgres/index.js') as typeof Knex.Client;
const PostgresTransaction = require('knex/lib/dialects/postgres/execution/pg-transaction.js') as TransactionClass;

interface PgClient {
  readonly connection: { readonly stream: Socket };
}

/** BEGIN goes out together with what follows it at once, in one write: a round trip less. If it fails, so do those statements. */
class PipelinedTransaction extends PostgresTransaction {
  begin(client: PgClient): Promise<void> {
    const { stream } = client.connection;
    stream.cork();
    // After the statements that are sent without waiting for anything.
    process.nextTick(() => stream.uncork());
    void this.query(client, 'BEGIN;');
    return Promise.resolve();
  }
}

/** Knex's client of PostgreSQL for connections that pipeline: statements are sent without waiting for the answers before. */
export class PipelinedClient extends PostgresClient {
  override transaction(...parameters: Parameters): Knex.Transaction {
    return new PipelinedTransaction(this, ...parameters);
  }
}
