import { googleFlaws, type GoogleFlaw } from './google-flaws.ts';
import {
  createServiceAccount,
  toJsonFile,
  type ServiceAccount,
  type ServiceAccountRequest,
} from './service-account.ts';
import type { SourceData } from './source-data.ts';

/** The data key of the source Secret that a WalletCredential expects unless told otherwise. */
export const googleDataKey = 'google-wallet-sa.json';

export interface GoogleSourceRequest extends ServiceAccountRequest {
  /** Default `none`. */
  flaw?: GoogleFlaw | 'none' | undefined;
}

export interface GoogleSource {
  /** The data of the source Secret. */
  data: SourceData;
  /** What the file would hold without the flaw. */
  account: ServiceAccount;
}

/** Data of a source Secret for Google: good, or with exactly one flaw. */
export function createGoogleSource(request: GoogleSourceRequest = {}): GoogleSource {
  const { flaw = 'none' } = request;
  const account = createServiceAccount(request);
  const file = flaw === 'none' ? toJsonFile(account) : googleFlaws[flaw].file(account);
  return { data: file === undefined ? {} : { [googleDataKey]: file }, account };
}
