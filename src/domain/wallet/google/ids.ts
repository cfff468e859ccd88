import type { ProgramContent } from '../program-content.ts';

/**
 * Ids at Google are `issuerId.suffix`, the suffix of `[A-Za-z0-9._-]`. Classes and objects of an issuer share one namespace, and nothing in
 * it can ever be deleted: so ours begin with a mark, say what they are of, and whose.
 */
const mark = 'loyalty';

/** Id of the class of a program. */
export function classIdOf(
  issuerId: string,
  { merchantId, programId, walletClass }: Pick<ProgramContent, 'merchantId' | 'programId' | 'walletClass'>,
): string {
  return `${issuerId}.${mark}-program-${merchantId}-${walletClass ?? programId}`;
}

/** Id of the object of a card. */
export function objectIdOf(issuerId: string, { merchantId, cardId }: { merchantId: string; cardId: string }): string {
  return `${issuerId}.${mark}-card-${merchantId}-${cardId}`;
}

/** The issuer whose class or object it is. */
export function issuerOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf('.')));
}
