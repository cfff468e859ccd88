import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A file of a pass, with what manifest and archive say of it. */
export interface PassFile {
  name: string;
  bytes: Buffer;
  /** Hexadecimal; the manifest wants SHA-1. */
  sha1: string;
  crc: number;
}

export function passFile(name: string, bytes: Buffer): PassFile {
  return { name, bytes, sha1: createHash('sha1').update(bytes).digest('hex'), crc: crc32(bytes) };
}

/** manifest.json: the SHA-1 of every file. */
export function manifestOf(files: readonly PassFile[]): Buffer {
  return Buffer.from(JSON.stringify(Object.fromEntries(files.map(({ name, sha1 }) => [name, sha1]))), 'utf8');
}

// 1980-01-01, the first day that an archive knows: when a pass was made is in its signature.
const firstDay = 0x0021;
const version = 20;

/**
 * A ZIP archive (PKWARE's APPNOTE) of files as they are: images are compressed already, and the rest is small. Names are ASCII; a pass is
 * far from what would need ZIP64.
 */
export function archiveOf(files: readonly PassFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.from(file.name, 'ascii');
    parts.push(localHeader(file, name.length), name, file.bytes);
    directory.push(directoryHeader(file, name.length, offset), name);
    offset += 30 + name.length + file.bytes.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([...parts, ...directory, endOfDirectory(files.length, size, offset)]);
}

function localHeader({ bytes, crc }: PassFile, nameLength: number): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(version, 4);
  header.writeUInt16LE(firstDay, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(bytes.length, 18);
  header.writeUInt32LE(bytes.length, 22);
  header.writeUInt16LE(nameLength, 26);
  return header;
}

function directoryHeader({ bytes, crc }: PassFile, nameLength: number, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt16LE(firstDay, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(bytes.length, 20);
  header.writeUInt32LE(bytes.length, 24);
  header.writeUInt16LE(nameLength, 28);
  header.writeUInt32LE(offset, 42);
  return header;
}

function endOfDirectory(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
