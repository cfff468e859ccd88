/** An instant as HTTP has it (IMF-fixdate, RFC 9110, section 5.6.7): whole seconds. */
export function httpDate(instant: Date): string {
  return instant.toUTCString();
}

const fixdate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Whether what a client has is not older than this; a header that is none says nothing. */
export function isUnmodified(modifiedAt: Date, ifModifiedSince: string): boolean {
  if (!fixdate.test(ifModifiedSince)) return false;
  return modifiedAt.getTime() <= Date.parse(ifModifiedSince);
}
