/** What the identifiers that providers give out look like; the CRD has the same patterns. */
export const identifierPatterns = {
  /** `pass.` and a reverse-DNS name, as in `pass.com.example.loyalty`. */
  passTypeIdentifier: /^pass([.][A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)+$/,
  /** 10 upper-case letters and digits, as in `ABCDE12345`. */
  teamIdentifier: /^[A-Z0-9]{10}$/,
  /** Decimal digits, as in `3388000000012345678`. */
  issuerId: /^[0-9]{1,20}$/,
} as const;
