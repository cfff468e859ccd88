/** Texts that have broken software: in a member, in a path, in a query, in a header. */
export const sqlTexts: readonly string[] = [
  "'",
  "''",
  "' OR '1'='1",
  "' OR 1=1; --",
  "'; DROP TABLE cards; --",
  "'); DELETE FROM entries; --",
  '1; UPDATE cards SET balance = 0',
  '" OR ""="',
  "' UNION SELECT hash::text FROM api_keys --",
  "'||(SELECT pg_sleep(30))||'",
  '1 AND 1=(SELECT COUNT(*) FROM pg_tables)',
  "\\'; COPY cards TO PROGRAM 'id'; --",
  '$1',
  '$$; SELECT 1; $$',
  '?',
  '??',
  ':name:',
  "E'\\x27'",
  '%',
  '_%_',
  '/* */ OR true',
  "');TRUNCATE merchants CASCADE;--",
  'NULL',
  'current_user',
  '{"$gt": ""}',
  '{1,2}',
  '0 OR id IS NOT NULL',
];

/** JSON string literals, as they stand in the text, that PostgreSQL cannot hold. */
export const unstorableLiterals: readonly string[] = [
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\udfff tail"',
  '"head \\ud83d"',
];

/** Well-formed Unicode that is unusual. */
export const oddTexts: readonly string[] = [
  '',
  ' ',
  '\t\n\r',
  '\u202Egnp.exe\u202C',
  '\u2066\u2069\u200B\u200D\uFEFF',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  'e\u0301'.repeat(40),
  'Z\u0338\u0321\u0322\u0327'.repeat(20),
  '\uFFFF\uFFFE\uFDD0',
  '\u{10FFFF}\u{1F4A9}',
  'ﷺ'.repeat(30),
  'İıſß',
  '١٢٣',
  '\u0001\u0002\u001B[31m\u007F\u0085',
  '\u2028\u2029',
  '<script>alert(1)</script>',
  '{{7*7}}${7*7}#{7*7}',
  '${jndi:ldap://127.0.0.1/a}',
  '../../../../etc/passwd',
  'file:///etc/passwd',
  '%s%n%x%d',
  '\r\nX-Injected: yes\r\n\r\n',
  '__proto__',
  'constructor',
  'undefined',
  'NaN',
  '-0',
  '1e309',
  'true',
];

/** Texts of lengths around limits, and far beyond. */
export const longTexts: readonly string[] = [64, 65, 200, 201, 255, 256, 512, 513, 1_000, 10_000, 40_000].flatMap(
  (length) => ['a'.repeat(length), '💥'.repeat(length / 4)],
);
