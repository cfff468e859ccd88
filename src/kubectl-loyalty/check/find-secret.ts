import { cleaned } from '../../domain/credentials/reading/quote.ts';
import type { ManifestObject } from './manifest-object.ts';
import type { ManifestSet } from './manifest-set.ts';

export interface SecretSearch {
  set: ManifestSet;
  /** Of objects that name none; undefined: unknown, and then equal only among themselves. */
  defaultNamespace: string | undefined;
}

/** Messages say why there is nothing to check. */
type Found = { secret: ManifestObject } | { missing: string } | { ambiguous: string };

/**
 * The source Secret of a WalletCredential: the one of its name and namespace. Where several files have one (overlays), an
 * encrypted one beside its decrypted form gives way; else one cannot know which is applied.
 */
export function findSecret(search: SecretSearch, credential: ManifestObject, name: string): Found {
  const named = search.set.secrets.filter((secret) => secret.name === name);
  const wanted = namespaceOf(search, credential);
  const here = named.filter((secret) => namespaceOf(search, secret) === wanted);
  const readable = here.filter((secret) => secret.body['sops'] === undefined);
  const candidates = readable.length > 0 ? readable : here;
  const [secret] = candidates;
  if (secret === undefined) return { missing: whyMissing(search, credential, name, named) };
  if (candidates.length === 1) return { secret };
  const places = candidates.map(({ file, line }) => `${file}:${line}`).join(', ');
  return {
    ambiguous: `${candidates.length} Secrets are named ${cleaned(name)}: ${places}. Check one overlay at a time, or write their namespaces.`,
  };
}

function namespaceOf({ defaultNamespace }: SecretSearch, { namespace }: ManifestObject): string | undefined {
  return namespace ?? defaultNamespace;
}

function whyMissing(
  search: SecretSearch,
  credential: ManifestObject,
  name: string,
  named: readonly ManifestObject[],
): string {
  const secret = `Secret ${cleaned(name)}`;
  const wanted = namespaceOf(search, credential);
  const maker = search.set.makers.find(
    ({ object, secretName }) => secretName === name && namespaceOf(search, object) === wanted,
  );
  if (maker)
    return `${secret} is made in the cluster, by ${maker.object.kind} ${cleaned(maker.object.name)} in ${maker.object.file}: the controller checks it there.`;
  const [elsewhere] = named;
  if (!elsewhere) return `${secret} is not among the files: the controller checks it in the cluster.`;
  const [its, whose] = [namespaceOf(search, elsewhere), wanted].map((each) => each ?? 'none');
  return (
    `${secret} in ${elsewhere.file} has another namespace (${its}) than the WalletCredential (${whose}), which reads its own only; ` +
    'give -n for what names none.'
  );
}
