import type { CheckThread } from '../../adapters/thread/check-thread.ts';
import type { Terminal } from '../terminal.ts';
import { checkCredential } from './check-credential.ts';
import type { CheckResult } from './check-result.ts';
import { readDocuments } from './documents.ts';
import { findManifestFiles, readManifestFile, type Unreadable } from './manifest-file.ts';
import { type ManifestObject, objectsOf } from './manifest-object.ts';
import { type ManifestSet, sortObjects } from './manifest-set.ts';
import { strayResult } from './stray-secret.ts';

export interface CheckOptions {
  filenames: readonly string[];
  recursive: boolean;
  namespace: string | undefined;
  now: Date;
  requireSecrets: boolean;
}

export interface CheckReport {
  results: CheckResult[];
  unreadable: Unreadable[];
  /** What was seen and is not looked at. */
  ignored: { secrets: number; others: number };
}

/** Reads files and checks what they hold. What is unreadable does not stop the rest. */
export async function checkFiles(
  options: CheckOptions,
  { checks, stdin }: { checks: Pick<CheckThread, 'check'>; stdin: Terminal['stdin'] },
): Promise<CheckReport> {
  const { objects, empty, unreadable } = await readObjects(options, stdin);
  const set = sortObjects(objects);
  const search = { set, defaultNamespace: options.namespace };
  const results: CheckResult[] = [];
  for (const credential of set.credentials)
    results.push(await checkCredential(credential, { ...options, search, checks }));
  const strays = set.secrets.filter((secret) => !isNamed(secret, set));
  const stray = strays.map(strayResult).filter((result) => result !== undefined);
  return {
    results: [...results, ...stray],
    unreadable,
    ignored: { secrets: strays.length - stray.length, others: set.others + set.makers.length + empty },
  };
}

async function readObjects(
  { filenames, recursive }: CheckOptions,
  stdin: Terminal['stdin'],
): Promise<{ objects: ManifestObject[]; empty: number; unreadable: Unreadable[] }> {
  const { files, unreadable } = await findManifestFiles(filenames, recursive);
  const objects: ManifestObject[] = [];
  let empty = 0;
  for (const file of files) {
    const read = await readManifestFile(file, stdin);
    if ('unreadable' in read) {
      unreadable.push(read.unreadable);
      continue;
    }
    const reading = readDocuments(read.text, { file: file.path, onlyRelevant: file.inFolder });
    unreadable.push(...reading.unreadable);
    for (const document of reading.documents) {
      const found = objectsOf(document);
      objects.push(...found);
      if (found.length === 0) empty += 1;
    }
  }
  return { objects, empty, unreadable };
}

/** Whether some WalletCredential names it, in whatever namespace: then its result says what is with it. */
function isNamed(secret: ManifestObject, { credentials }: ManifestSet): boolean {
  return credentials.some(({ body }) => {
    const spec = body['spec'] as { secretRef?: { name?: unknown } } | null | undefined;
    return spec?.secretRef?.name === secret.name;
  });
}
