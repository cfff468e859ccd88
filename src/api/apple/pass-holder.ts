import type { OwnAuthentication } from '../operation.ts';
import { Problem } from '../problems.ts';
import type { AppleWallet } from './apple-wallet.ts';

/** 401 of the web service: it is not told whether there is such a pass. */
export function refusedToken(): Problem {
  const detail = 'Send the token of this pass: Authorization: ApplePass …';
  return new Problem('invalid-pass-token', detail, {
    headers: { 'WWW-Authenticate': 'ApplePass realm="orion-loyalty"' },
  });
}

/** Lets only those call who have the token of the pass that `pass_type` and `serial` in the path name; each pass counts by itself. */
export function passHolder(apple: AppleWallet | undefined): OwnAuthentication {
  return {
    scheme: 'passToken',
    callerOf({ authorization, params: { pass_type: type, serial = '' } }) {
      if (apple?.passTypeIdentifier() !== type) throw refusedToken();
      if (apple?.isHolder(serial, authorization) !== true) throw refusedToken();
      return `pass ${serial}`;
    },
  };
}

/** Anyone may call; who comes over the same connection's other end counts together. */
export const anyone: OwnAuthentication = { callerOf: ({ address }) => `address ${address}` };
