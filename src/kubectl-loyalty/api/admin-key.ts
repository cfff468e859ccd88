import { readFileSync } from 'node:fs';
import { ExitError, exitCodes, messageOf } from '../../errors.ts';

export interface AdminKey {
  value: string;
  /** Where it came from, for messages. */
  origin: string;
}

/**
 * The key from the file that LOYALTY_ADMIN_KEY_FILE names, or from LOYALTY_ADMIN_KEY.
 * @throws ExitError (78) that never shows what it found.
 */
export function readAdminKey(environment: Readonly<Record<string, string | undefined>>): AdminKey {
  const path = environment['LOYALTY_ADMIN_KEY_FILE'] || undefined;
  const direct = environment['LOYALTY_ADMIN_KEY'] || undefined;
  if (path !== undefined) return checked(read(path), `the file ${path} (LOYALTY_ADMIN_KEY_FILE)`);
  if (direct !== undefined) return checked(direct, 'LOYALTY_ADMIN_KEY');
  throw configuration(
    'LOYALTY_ADMIN_KEY_FILE is not set: it names a file with an API key of scope admin or admin:read.',
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw configuration(`LOYALTY_ADMIN_KEY_FILE cannot be read: ${messageOf(error)}.`);
  }
}

function checked(text: string, origin: string): AdminKey {
  const value = text.trim();
  if (/^olk_[\w-]{43}$/.test(value)) return { value, origin };
  throw configuration(
    `What is in ${origin} is no API key: it must be olk_ and 43 further characters, and nothing else.`,
  );
}

function configuration(message: string): ExitError {
  return new ExitError(exitCodes.configuration, message);
}
