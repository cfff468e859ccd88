import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { CheckThread } from '../../../src/adapters/thread/check-thread.ts';
import { type CheckOptions, checkFiles, type CheckReport } from '../../../src/kubectl-loyalty/check/check-files.ts';

export type Manifest = Record<string, unknown>;

/** A folder with files of a test. */
export interface Files {
  directory: string;
  /** Writes a file, of a text or of manifests, and gives its path. */
  write(path: string, content: string | Manifest | (string | Manifest)[]): string;
  remove(): void;
}

export function createFiles(): Files {
  const directory = mkdtempSync(join(tmpdir(), 'check-'));
  return {
    directory,
    write(path, content) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      const documents = (Array.isArray(content) ? content : [content]).map((each) =>
        typeof each === 'string' ? each : stringify(each),
      );
      writeFileSync(file, documents.join('---\n'));
      return file;
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

async function* nothing(): AsyncGenerator<string> {}

/** `kubectl loyalty check`, without its printing. */
export function check(
  checks: CheckThread,
  filenames: string[],
  options: Partial<CheckOptions> & { stdin?: AsyncIterable<string> } = {},
): Promise<CheckReport> {
  const { stdin = nothing(), ...rest } = options;
  const defaults = { recursive: false, namespace: undefined, now: new Date(), requireSecrets: false };
  return checkFiles({ ...defaults, ...rest, filenames }, { checks, stdin });
}
