import type { Knex } from 'knex';
import { holdBootstrapKey } from '../adapters/postgres/access/api-keys.ts';
import { schemaFits } from '../adapters/postgres/schema.ts';
import { messageOf } from '../errors.ts';
import { type Log, logEvents } from '../log.ts';
import { apiKeyHash } from './api-key.ts';

export interface Readiness {
  /** Why the database does not fit; undefined: it does. */
  unfit: () => string | undefined;
  /** Looks once; for the turns of the housekeeping. @returns whether it fits. */
  look(): Promise<boolean>;
}

/**
 * Looks at the database until its schema fits once, and puts the first admin key in its place then. From then on requests
 * tell whether the database is there: a pod must not leave the Service for what no other pod does better.
 */
export function createReadiness(deps: { database: Knex; bootstrapKey: string | undefined; log: Log }): Readiness {
  const { database, bootstrapKey, log } = deps;
  let reason: string | undefined = 'The database has not been looked at yet.';

  function notYet(why: string): boolean {
    if (why !== reason) log.warn({ event: logEvents.apiNotReady, reason: why });
    reason = why;
    return false;
  }

  return {
    unfit: () => reason,
    async look() {
      if (reason === undefined) return true;
      try {
        if (!(await schemaFits(database))) {
          return notYet('The database lacks migrations of this version: run `loyalty migrate`.');
        }
        if (bootstrapKey !== undefined && !(await holdBootstrapKey(database, apiKeyHash(bootstrapKey)))) {
          log.error({ event: logEvents.apiBootstrapKeyRevoked });
        }
      } catch (error) {
        return notYet(`The database cannot be used: ${messageOf(error)}`);
      }
      reason = undefined;
      log.info({ event: logEvents.apiReady });
      return true;
    },
  };
}
