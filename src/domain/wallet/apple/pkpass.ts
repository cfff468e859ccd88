import { archiveOf, manifestOf, type PassFile, passFile } from './archive.ts';
import type { PassJson } from './pass-json.ts';
import type { PassSigner } from './signature.ts';

/** The media type of a pass. */
export const pkpassType = 'application/vnd.apple.pkpass';

/** A signed pass (.pkpass): pass.json and the files of its program, their manifest, and the signature of that. */
export async function makePkpass(
  json: PassJson,
  files: readonly PassFile[],
  { signer, now }: { signer: PassSigner; now: Date },
): Promise<Buffer> {
  const signed = [passFile('pass.json', Buffer.from(JSON.stringify(json), 'utf8')), ...files];
  const manifest = manifestOf(signed);
  const signature = await signer.sign(manifest, now);
  return archiveOf([...signed, passFile('manifest.json', manifest), passFile('signature', signature)]);
}
