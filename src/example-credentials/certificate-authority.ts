import { issueCertificate, type Identity } from './certificate.ts';
import { daysAfter } from './days.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import { basicConstraints, keyUsage, subjectKeyIdentifier } from './extensions.ts';
import { generateRsaKey, type KeyPair } from './key-pair.ts';
import { issueWwdr, type Generation } from './wwdr-certificate.ts';

/**
 * A made-up Apple public key infrastructure. Only the root's name gives it away: what hangs below has Apple's shape and
 * names, because that is what is checked.
 */
export interface CertificateAuthority {
  root: Identity;
  /**
   * The intermediate of a generation, made at the first call and the same ever after.
   * As in life, G1 has expired and the others are in the middle of ten years.
   */
  wwdr: (generation: Generation) => Identity;
}

export const rootName: DistinguishedName = [
  ['C', 'US'],
  ['O', 'Orion Example'],
  ['OU', 'Throw-away certificates for trials'],
  ['CN', 'Orion Example Root CA'],
];

export interface RootRequest {
  notBefore: Date;
  notAfter: Date;
  /** Default: a new RSA key of 2048 bits. */
  key?: KeyPair | undefined;
  serialNumber?: bigint | undefined;
}

/** A self-signed root. */
export function issueRoot(request: RootRequest): Identity {
  const { key = generateRsaKey(), notBefore, notAfter, serialNumber } = request;
  const certificate = issueCertificate({
    subject: rootName,
    publicKey: key.publicKey,
    issuer: rootName,
    signingKey: key.privateKey,
    notBefore,
    notAfter,
    serialNumber,
    extensions: [basicConstraints(true), subjectKeyIdentifier(key.publicKey), keyUsage('certificateSigning')],
  });
  return { certificate, key };
}

/** Days from `now` between which a generation is valid. */
function wwdrValidity(generation: Generation): [from: number, until: number] {
  return generation === 'G1' ? [-4 * 365, -365] : [-5 * 365, 5 * 365];
}

export interface AuthorityOptions {
  now: Date;
  /** Default: new. */
  root?: Identity | undefined;
  /** Intermediates that are there already, from an earlier run. */
  wwdr?: Partial<Record<Generation, Identity | undefined>>;
  /** For intermediates that have to be made. Default: a new key for each. */
  wwdrKey?: KeyPair | undefined;
}

/** A root valid from ten years before `now` to ten years after, and intermediates as they are asked for. */
export function createAuthority(options: AuthorityOptions): CertificateAuthority {
  const { now } = options;
  const root = options.root ?? issueRoot({ notBefore: daysAfter(now, -3650), notAfter: daysAfter(now, 3650) });
  const made = new Map(Object.entries(options.wwdr ?? {}));
  const make = (generation: Generation): Identity => {
    const [from, until] = wwdrValidity(generation);
    const validity = { notBefore: daysAfter(now, from), notAfter: daysAfter(now, until) };
    return issueWwdr(root, { generation, ...validity, key: options.wwdrKey });
  };
  const wwdr = (generation: Generation): Identity => {
    const identity = made.get(generation) ?? make(generation);
    made.set(generation, identity);
    return identity;
  };
  return { root, wwdr };
}
