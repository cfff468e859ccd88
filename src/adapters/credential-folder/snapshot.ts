import type { Provider } from '../../domain/credentials/wallet-credential.ts';
import { Redacted } from '../../domain/redacted.ts';
import { readFiles } from './file.ts';
import { fileProblems, folderProblem } from './file-problems.ts';
import { filesOf } from './folder-files.ts';
import { locate } from './location.ts';

/** The files of a folder, all of one moment; or every problem with them, each with its path. */
export type Snapshot = { mark: string; mounted: boolean } & (
  { files: Redacted<Readonly<Record<string, Buffer>>> } | { problems: string[] }
);

/** A swap is met by chance, and hardly twice; somebody who writes without a pause is not waited for. */
const tries = 200;

/**
 * Reads every file of a credential folder as it is at one moment: of a mounted Secret all files come from the directory
 * to which `..data` points, which is resolved once; of a plain folder nothing may have changed from before the first
 * file was opened until the last was read. What changes meanwhile is read again.
 */
export function readSnapshot(provider: Provider, directory: string): Snapshot {
  const names = filesOf(provider);
  for (let count = 0; count < tries; count += 1) {
    const { base, mark, mounted, code } = locate(directory, names);
    const read = base === undefined ? undefined : readFiles(base, names);
    const whole = read !== undefined && mounted && [...read.values()].every(({ outcome }) => outcome === 'read');
    // A file that is not there may have been removed by a swap.
    if (!whole && locate(directory, names).mark !== mark) continue;
    if (!read) return { mark, mounted, problems: [folderProblem(directory, mounted, code ?? 'unknown error')] };
    const problems = fileProblems({ provider, directory, mounted }, read);
    if (problems.length > 0) return { mark, mounted, problems };
    const files = [...read].flatMap(([name, file]) => (file.outcome === 'read' ? [[name, file.bytes] as const] : []));
    return { mark, mounted, files: new Redacted(Object.fromEntries(files)) };
  }
  const { mark, mounted } = locate(directory, names);
  return { mark, mounted, problems: [`${directory} changes faster than it can be read: write to it once, then wait.`] };
}
