/** What iPhones complain of when a web service answers otherwise than Wallet expects, and how their messages are known. */
const complaints = [
  ['unregistered_serial_listed', /unregistered serial|not registered for/i],
  ['ignored_if_modified_since', /ignored the '?if-modified-since/i],
  ['unchanged_pass_listed', /pass was unchanged/i],
  ['missing_last_modified', /last-modified/i],
  ['spurious_push', /spurious push/i],
  [
    'missing_or_unchanged_tag',
    /last ?updated.*(tag|same|missing|not contain|unchanged)|tag .*(same|missing|unchanged)/i,
  ],
] as const;

export type ComplaintClass = (typeof complaints)[number][0] | 'other';

export const complaintClasses: readonly ComplaintClass[] = [...complaints.map(([name]) => name), 'other'];

/** Which kind of complaint a message of a phone is. */
export function complaintClassOf(message: string): ComplaintClass {
  // `if-modified-since` of a task's description is no complaint about it.
  return complaints.find(([, pattern]) => pattern.test(message))?.[0] ?? 'other';
}

const longest = 500;

/** A message as it may be logged: in one line, of bounded length, without anything that looks like the token of a pass. */
export function loggable(message: string): string {
  const line = message
    .slice(0, 4 * longest)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/ApplePass +\S+/gi, 'ApplePass [redacted]')
    .replaceAll(/(?<![\w-])[\w-]{43}(?![\w-])/g, '[redacted]');
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
