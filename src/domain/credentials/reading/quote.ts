/**
 * The only ways in which something from outside gets into a message: certificate names (chosen by whoever made the
 * certificate), data keys and names of Secrets.
 */

const longestName = 80;

/** A text without control, format and line-breaking characters, at most 80 characters long. */
export function cleaned(text: string): string {
  const printable = text
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (printable.length <= longestName) return printable;
  return `${printable.slice(0, longestName - 1).toWellFormed()}…`;
}

export function quoted(text: string): string {
  return `"${cleaned(text).replaceAll('"', "'")}"`;
}

/** "signer.pem, signer.key and wwdr.pem"; of many the first few. */
export function listed(names: readonly string[]): string {
  const shown = names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} more`] : [...names];
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}
