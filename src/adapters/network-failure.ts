/** Node's codes for a server certificate that does not verify (node:tls, "X509 certificate error codes"). */
const untrustedCertificate = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const phrases: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved at the moment',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection ended in mid-answer',
  ETIMEDOUT: 'it did not answer in time',
  TimeoutError: 'it did not answer in time',
  ABORT_ERR: 'it did not answer in time',
  AbortError: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP',
};

/** The first code, or name of a timeout, in a chain of causes: libraries wrap the error that says what happened. */
function codeOf(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : current.name;
    if (code in phrases || /^E[A-Z]+|^[A-Z]+_/.test(code)) return code;
  }
  return undefined;
}

function phraseOf(code: string | undefined): string {
  if (code === undefined) return 'the request failed';
  const phrase = phrases[code];
  if (phrase !== undefined) return phrase;
  if (untrustedCertificate.has(code)) {
    return `its TLS certificate is not trusted (${code}); if a proxy is in between, name its authority in NODE_EXTRA_CA_CERTS`;
  }
  const tls = /^(EPROTO$|ERR_SSL_|ERR_TLS_)/.test(code);
  return `${tls ? 'the TLS handshake failed' : 'the request failed'} (${code})`;
}

/**
 * Why a server could not be asked, as `host: phrase`, such as `api.push.apple.com: it refuses connections`.
 * Only codes are quoted, never a message: libraries put addresses, headers and bodies into theirs.
 */
export function describeNetworkFailure(error: unknown, url: string | URL): string {
  return `${new URL(url).host}: ${phraseOf(codeOf(error))}`;
}
