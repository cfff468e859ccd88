import pg from 'pg';
import { eventually } from '../../support/wait.ts';
import type { Stage } from './stage.ts';

/** Something that happens to the database, or on the way to it, under load. */
export interface DatabaseFault {
  name: string;
  /** Makes it happen. */
  strike: (stage: Stage) => Promise<void>;
  /** It is over at once, and may have met nobody: it happens until some request was told. */
  isMomentary?: true;
  /** Ends it; absent: it ends by itself. */
  heal?: (stage: Stage) => Promise<void>;
  /** What the API logs as the reason of a 503. */
  reason: RegExp;
  /** Some changes happen without anybody being told. */
  losesAnswers?: true;
}

const held: pg.Client[] = [];

async function open({ database }: Stage): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => {});
  await client.connect();
  held.push(client);
  return client;
}

async function letGo(): Promise<void> {
  await Promise.all(held.splice(0).map((client) => client.end()));
}

/** On a connection to another database, which nobody ends. */
async function administer({ postgres }: Stage, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const terminate = (stage: Stage): Promise<void> =>
  administer(stage, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loyalty api'`);

async function fill(stage: Stage): Promise<void> {
  for (;;) {
    const full = await open(stage).then(
      () => false,
      (error: { code?: string }) => error.code === '53300',
    );
    if (full) return;
  }
}

// The server commits though nobody is there to be told.
const slowCommit = `
  CREATE OR REPLACE FUNCTION sleep_a_little() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';
  CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION sleep_a_little()`;

async function areCommitting({ direct }: Stage): Promise<boolean> {
  const { rows } = await direct.raw<{ rows: unknown[] }>(
    `SELECT FROM pg_stat_activity WHERE application_name = 'loyalty api' AND query ILIKE 'COMMIT%' AND wait_event = 'PgSleep'`,
  );
  return rows.length >= 4;
}

export const databaseFaults: readonly DatabaseFault[] = [
  {
    name: 'PostgreSQL is killed with -9, and started again',
    strike: ({ postgres }) => postgres.kill9(),
    heal: ({ postgres }) => postgres.restart(),
    reason: /ECONNREFUSED|ECONNRESET|terminated unexpectedly/,
  },
  {
    name: 'PostgreSQL is shut down and started again',
    strike: ({ postgres }) => postgres.restart(),
    reason: /terminating connection due to administrator command/,
  },
  {
    name: 'a process of PostgreSQL is killed with -9, and it recovers',
    isMomentary: true,
    async strike({ direct }) {
      const { rows } = await direct.raw<{ rows: { pid: number }[] }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'loyalty api' LIMIT 1`,
      );
      for (const { pid } of rows) process.kill(pid, 'SIGKILL');
    },
    reason: /because of crash of another server process|in recovery mode|terminated unexpectedly|not yet accepting/,
  },
  {
    name: 'all of its connections are terminated',
    isMomentary: true,
    strike: terminate,
    reason: /terminating connection due to administrator command/,
  },
  {
    name: 'the connections are cut',
    isMomentary: true,
    strike: async ({ proxy }) => proxy.cut(),
    reason: /ECONNRESET|EPIPE|terminated unexpectedly/,
  },
  {
    name: 'the connections are cut in the midst of COMMIT',
    async strike(stage) {
      await stage.direct.raw(slowCommit);
      await eventually(() => areCommitting(stage), { describe: 'some COMMITs that are under way' });
      stage.proxy.cut();
    },
    heal: async ({ direct }) => void (await direct.raw('DROP TRIGGER slow_commit ON entries')),
    reason: /ECONNRESET|EPIPE|terminated unexpectedly/,
    losesAnswers: true,
  },
  {
    name: 'connections are refused',
    async strike({ proxy }) {
      proxy.refuse();
      proxy.cut();
    },
    heal: ({ proxy }) => proxy.heal(),
    reason: /ECONNREFUSED/,
  },
  {
    name: 'nothing gets through, and nobody is told',
    strike: async ({ proxy }) => proxy.hang(),
    heal: ({ proxy }) => proxy.heal(),
    reason: /no answer within/,
  },
  {
    name: 'somebody else holds a lock for long',
    async strike(stage) {
      const client = await open(stage);
      await client.query('BEGIN');
      await client.query('LOCK TABLE cards IN ACCESS EXCLUSIVE MODE');
    },
    heal: letGo,
    reason: /lock timeout/,
  },
  {
    name: 'it has no connection to spare',
    async strike(stage) {
      stage.proxy.refuse();
      stage.proxy.cut();
      await fill(stage);
      await stage.proxy.heal();
    },
    heal: letGo,
    reason: /too many clients|remaining connection slots/,
  },
  {
    name: 'it takes no connections to this database for a while',
    async strike(stage) {
      await administer(stage, `ALTER DATABASE ${stage.database.name} WITH ALLOW_CONNECTIONS false`);
      await terminate(stage);
    },
    heal: (stage) => administer(stage, `ALTER DATABASE ${stage.database.name} WITH ALLOW_CONNECTIONS true`),
    reason: /not currently accepting connections/,
  },
  {
    name: 'it takes no writes for a while, as after a failover',
    async strike(stage) {
      await administer(stage, `ALTER DATABASE ${stage.database.name} SET default_transaction_read_only = on`);
      await terminate(stage);
    },
    heal: (stage) => administer(stage, `ALTER DATABASE ${stage.database.name} RESET default_transaction_read_only`),
    reason: /in a read-only transaction/,
  },
];

/** Waits until requests were told of it, in the words that belong to it. */
export async function strikeUntilTold(
  { strike, isMomentary, reason, name }: DatabaseFault,
  stage: Stage,
): Promise<void> {
  const from = stage.api.lines().length;
  const isTold = (): boolean =>
    stage.api
      .lines()
      .slice(from)
      .some((line) => line['status'] === 503 && reason.test(String(line['reason'])));
  await strike(stage);
  const look = async (): Promise<boolean> => {
    if (isTold()) return true;
    if (isMomentary) await strike(stage);
    return false;
  };
  await eventually(look, { describe: `a request to be told: ${name}`, deadlineSeconds: 25 });
}
