/** The data of a source Secret: data key to content; text is UTF-8. */
export type SourceData = Readonly<Record<string, string | Buffer>>;

/** As a Secret's `data` has it: every value in base64. */
export function toSecretData(data: SourceData): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, toBytes(value).toString('base64')]));
}

export function toBytes(value: string | Buffer | undefined): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : (value ?? Buffer.alloc(0));
}

/** The same without some data keys. */
export function without(data: SourceData, ...keys: string[]): SourceData {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}
