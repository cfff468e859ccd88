import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { from } from 'pg-copy-streams';
import { type DemoCard, makeCards } from './cards.ts';
import { type DemoMerchant, planMerchants, type WorldOptions } from './merchants.ts';
import { day } from './period.ts';
import { addCard, addMerchant, columns, noRows, type Rows, tables } from './rows.ts';

/** What was made. */
export interface World {
  merchants: DemoMerchant[];
  cards: number;
  lots: number;
  /** Of the lots: have points, have expired, and are not zeroed. */
  due: number;
  entries: number;
}

export interface LoadInput {
  now: Date;
  /** Is told of the cards that were made. */
  report?: (cards: number) => void;
}

/** Cards of a load: enough to keep PostgreSQL busy, few enough for little memory. */
const cardsOfLoad = 1_000;

/** Makes the world and loads it by COPY on this connection, whose transaction makes it all or nothing. */
export async function loadWorld(connection: ClientBase, options: WorldOptions, input: LoadInput): Promise<World> {
  const world: World = { merchants: planMerchants(options), cards: 0, lots: 0, due: 0, entries: 0 };
  const loader = createLoader(connection);
  for (const merchant of world.merchants) {
    addMerchant(loader.rows(), merchant, new Date(input.now.getTime() - (options.years * 365 + 30) * day));
    for (const card of makeCards(options, merchant, input.now)) {
      addCard(loader.rows(), card);
      count(world, card);
      // COPY goes on meanwhile; it needs a turn now and then.
      if (world.cards % 16 === 0) await nextTurn();
      if (loader.rows().cards.length < cardsOfLoad) continue;
      await loader.next();
      input.report?.(world.cards);
    }
  }
  await loader.next();
  await loader.next();
  input.report?.(world.cards);
  return world;
}

function count(world: World, { ledger: { lots, entries } }: DemoCard): void {
  world.cards += 1;
  world.lots += lots.length;
  world.due += lots.filter(({ fate }) => fate === 'due').length;
  world.entries += entries.length;
}

interface Loader {
  /** Where rows are gathered. */
  rows(): Rows;
  /** Waits for the load before, and starts the one of what was gathered. */
  next(): Promise<void>;
}

function createLoader(connection: ClientBase): Loader {
  let rows = noRows();
  let loading = Promise.resolve();
  return {
    rows: () => rows,
    async next() {
      await loading;
      loading = copy(connection, rows);
      // Whoever waits for it gets the error; until then it is not an unhandled one.
      loading.catch(() => {});
      rows = noRows();
    },
  };
}

async function copy(connection: ClientBase, rows: Rows): Promise<void> {
  for (const table of tables) {
    if (rows[table].length === 0) continue;
    const sql = `COPY ${table} (${columns[table].join(', ')}) FROM STDIN`;
    await pipeline(Readable.from([Buffer.from(rows[table].join(''))]), connection.query(from(sql)));
  }
}
