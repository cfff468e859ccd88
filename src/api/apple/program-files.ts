import type { Knex } from 'knex';
import { readProgramContents } from '../../adapters/postgres/wallet/program-content.ts';
import { readImages } from '../../adapters/postgres/wallet/program-images.ts';
import type { PassFile } from '../../domain/wallet/apple/archive.ts';
import { programFiles } from '../../domain/wallet/apple/program-files.ts';
import type { PassContent } from '../../domain/wallet/pass-content.ts';

/** Bytes of images that are kept in memory. */
const room = 64 * 1024 * 1024;

interface Kept {
  version: number;
  files: PassFile[];
  bytes: number;
}

/** The files that the passes of a program have in common, hashed once for each version of it. */
export interface ProgramFiles {
  of(database: Knex, content: PassContent): Promise<PassFile[]>;
}

export function createProgramFiles(): ProgramFiles {
  const kept = new Map<string, Kept>();
  let used = 0;

  function forget(programId: string): void {
    used -= kept.get(programId)?.bytes ?? 0;
    kept.delete(programId);
  }

  function keep(programId: string, version: number, files: PassFile[]): void {
    const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
    forget(programId);
    kept.set(programId, { version, files, bytes });
    used += bytes;
    for (const oldest of kept.keys()) {
      if (used <= room) break;
      forget(oldest);
    }
  }

  return {
    async of(database, { merchantId, programId }) {
      const key = { merchantId, programId };
      const [program] = await readProgramContents(database, [key]);
      if (program === undefined) throw new Error(`program ${programId} of a card is not there`);
      const known = kept.get(programId);
      if (known?.version === program.version) {
        // The one that was used last is forgotten last.
        kept.delete(programId);
        kept.set(programId, known);
        return known.files;
      }
      // Images of a later version are at worst sent a moment early: with that version all are read anew.
      const files = programFiles(program, await readImages(database, key));
      keep(programId, program.version, files);
      return files;
    },
  };
}
