import { join } from 'node:path';
import { metadataFile } from './folder-files.ts';

/** metadata.json of the live Secret. Instants are RFC 3339 UTC. */
export interface CredentialMetadata {
  revision: number;
  /** SHA-256 over the other files, lower-case hexadecimal. */
  fingerprint: string;
  keyFirstSeen?: string;
  /** Absent: there is no interval of rotation. */
  rotateBy?: string;
}

const shapes: Record<keyof CredentialMetadata, { fits: (value: unknown) => boolean; optional: boolean }> = {
  revision: { fits: (value) => Number.isSafeInteger(value) && Number(value) >= 1, optional: false },
  fingerprint: { fits: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value), optional: false },
  keyFirstSeen: { fits: isInstant, optional: true },
  rotateBy: { fits: isInstant, optional: true },
};

function isInstant(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's message quotes its input, and somebody may have put a key there.
    return undefined;
  }
}

const advice = 'copy it from the live Secret, or remove it';

/** Reads metadata.json. The problem names fields and never quotes what is in them. */
export function readMetadata(directory: string, bytes: Buffer): { metadata: CredentialMetadata } | { problem: string } {
  const path = join(directory, metadataFile);
  const json = parse(bytes);
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { problem: `${path} is not a JSON object: ${advice}.` };
  const fields = json as Record<string, unknown>;
  const wrong = Object.entries(shapes).filter(([name, { fits, optional }]) => {
    const value = fields[name];
    return value === undefined ? !optional : !fits(value);
  });
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => name).join(', ');
    return { problem: `${path} lacks, or has something else in, ${names}: ${advice}.` };
  }
  const known = Object.keys(shapes).flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]]));
  return { metadata: Object.fromEntries(known) as CredentialMetadata };
}
