import type { PassField, PassJson } from '../../../src/domain/wallet/apple/pass-json.ts';
import { assertManifest, unzip } from './archive.ts';
import { assertSignature } from './signature.ts';

/** A pass as an iPhone holds it. */
export interface HeldPass {
  json: PassJson;
  files: ReadonlyMap<string, Buffer>;
  /** Of the answer that brought it; null: it came otherwise, or the header was missing. */
  lastModified: string | null;
}

/** Opens a .pkpass as an iPhone does: archive, manifest, signature and chain, icon and what pass.json needs. */
export async function openPass(pkpass: Buffer, rootPem: string, lastModified: string | null = null): Promise<HeldPass> {
  const files = unzip(pkpass);
  assertManifest(files);
  await assertSignature(files, rootPem);
  const json = JSON.parse(String(files.get('pass.json'))) as PassJson;
  const mistakes = mistakesOf(json, files);
  if (mistakes.length > 0) throw new Error(`Wallet would not take the pass: ${mistakes.join('; ')}`);
  return { json, files, lastModified };
}

/** The fields that are shown, by key. */
export function fieldsOf({ json }: HeldPass): Map<string, PassField> {
  return new Map(allFields(json).map((field) => [field.key, field]));
}

function allFields({ storeCard }: PassJson): PassField[] {
  return Object.values(storeCard).flat();
}

const texts = ['passTypeIdentifier', 'teamIdentifier', 'serialNumber', 'organizationName', 'description'] as const;

/** Why Wallet would refuse a pass, or show it otherwise than is meant. */
function mistakesOf(json: PassJson, files: ReadonlyMap<string, Buffer>): string[] {
  const { storeCard, barcodes = [] } = json;
  const fields = allFields(json);
  const besideIt = storeCard.secondaryFields.length + storeCard.auxiliaryFields.length;
  const square = barcodes.some(({ format }) => /QR|Aztec/.test(format));
  const rules: [string, boolean][] = [
    ['formatVersion is not 1', json.formatVersion !== 1],
    ['a text is missing', texts.some((name) => typeof json[name] !== 'string' || json[name] === '')],
    ['there is no icon', !files.has('icon.png') && !files.has('icon@2x.png')],
    ['the token is shorter than 16 characters', json.authenticationToken.length < 16],
    ['there is no webServiceURL', !/^https?:\/\//.test(json.webServiceURL)],
    ['two fields have the same key', new Set(fields.map(({ key }) => key)).size !== fields.length],
    ['there are more than 4 secondary and auxiliary fields beside a square barcode', square && besideIt > 4],
    [
      'a change message does not say the new value',
      fields.some((field) => field.changeMessage?.includes('%@') === false),
    ],
    ['a number style is on what is no number', fields.some((one) => one.numberStyle && typeof one.value !== 'number')],
    ['a date is none', fields.some((one) => one.dateStyle && Number.isNaN(Date.parse(String(one.value))))],
  ];
  return rules.filter(([, broken]) => broken).map(([what]) => what);
}
