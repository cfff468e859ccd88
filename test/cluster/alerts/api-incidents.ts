import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { callApi } from '../../support/api-process.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import type { Incident } from './incident.ts';
import type { OperatedCluster } from './operated-cluster.ts';

const admin = '/api/v1/admin/loyalty';

const complaint =
  'Web service error for pass.com.example.loyalty: Response to GET request did not contain a Last-Modified header';

/** What can happen to the API. */
export function apiIncidents(
  cluster: OperatedCluster,
): Record<'down' | 'failing' | 'failingSlowly' | 'slow' | 'complaints', Incident> {
  const { run, namespace, adminKey: key, apiUrl, database, reader } = cluster;
  const name = new URL(reader.environment['DATABASE_URL'] ?? '').pathname.slice(1);
  let traffic: (() => Promise<void>) | undefined;

  /** Asks again and again, five at a time, until it is ended. */
  function ask(method: string, path: string, body?: object): void {
    let asking = true;
    const loops = Array.from({ length: 5 }, async () => {
      while (asking) {
        await callApi(`${apiUrl()}${path}`, method, { key, body }).catch(() => {});
        await sleep(20);
      }
    });
    traffic = async () => {
      asking = false;
      await Promise.all(loops);
    };
  }

  async function openDatabase(allowed: boolean): Promise<void> {
    const client = new pg.Client({ connectionString: (await sharedPostgres()).url() });
    await client.connect();
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${allowed}`);
    if (!allowed)
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await client.end();
  }

  async function heal(): Promise<void> {
    await openDatabase(true);
    await traffic?.();
  }

  /** Somebody's psql with an open transaction; the page ends it. */
  async function holdCard(): Promise<void> {
    const { id } = await database('cards').where({ status: 'active' }).first<{ id: string }>('id');
    const holder = new pg.Client({ connectionString: reader.environment['DATABASE_URL'], application_name: 'psql' });
    holder.on('error', () => {});
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM cards WHERE id = $1 FOR UPDATE', [id]);
    ask('POST', `${admin}/cards/${id}/adjust`, { points: 1, reason: 'A test' });
  }

  let complaining: NodeJS.Timeout | undefined;

  return {
    complaints: {
      alert: 'AppleDeviceComplaints',
      severity: 'P2',
      labels: { namespace, class: 'missing_last_modified' },
      async begin() {
        const send = (): Promise<unknown> => callApi(`${apiUrl()}/v1/log`, 'POST', { body: { logs: [complaint] } });
        await send();
        // One that fails is followed by the next.
        complaining = setInterval(() => void send().catch(() => {}), 500);
      },
      end: async () => clearInterval(complaining),
    },
    down: {
      alert: 'LoyaltyApiDown',
      severity: 'P0',
      labels: { namespace },
      begin: () => run('scale', 'deployment/loyalty-api', '--replicas=0'),
      end: () => run('scale', 'deployment/loyalty-api', '--replicas=1'),
    },
    failing: {
      alert: 'LoyaltyApiErrorBudgetBurnsFast',
      severity: 'P0',
      labels: { namespace },
      async begin() {
        ask('GET', `${admin}/merchants`);
        await openDatabase(false);
      },
    },
    failingSlowly: {
      alert: 'LoyaltyApiErrorBudgetBurnsSlowly',
      severity: 'P1',
      labels: { namespace },
      begin: async () => {},
      end: heal,
    },
    slow: {
      alert: 'LoyaltyApiSlow',
      severity: 'P1',
      labels: { namespace },
      begin: holdCard,
      end: async () => traffic?.(),
    },
  };
}

/** Something that is no HTTP request, as a port scanner sends it. */
export async function sendGarbage({ apiUrl }: OperatedCluster): Promise<void> {
  const { hostname, port } = new URL(apiUrl());
  const socket = connect({ host: hostname, port: Number(port || 80) });
  socket.resume().end('no request\r\n\r\n');
  await once(socket, 'close');
}
