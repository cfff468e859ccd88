import type { Knex } from 'knex';
import * as tenants from './0001-tenants.ts';
import * as ledger from './0002-ledger.ts';
import * as passes from './0003-passes.ts';
import * as access from './0004-access.ts';
import * as runs from './0005-runs.ts';
import * as wallets from './0006-wallets.ts';
import * as walletSync from './0007-wallet-sync.ts';
import * as console from './0008-console.ts';

/** One step of the schema. Expand first: what an older process reads or writes is removed a release later at the earliest. */
export interface Migration {
  name: string;
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

/** Every migration, in order. A static list: loading a folder records `.ts` names in a clone and `.js` names in the image. */
export const migrations: readonly Migration[] = [
  { name: '0001-tenants', ...tenants },
  { name: '0002-ledger', ...ledger },
  { name: '0003-passes', ...passes },
  { name: '0004-access', ...access },
  { name: '0005-runs', ...runs },
  { name: '0006-wallets', ...wallets },
  { name: '0007-wallet-sync', ...walletSync },
  { name: '0008-console', ...console },
];
