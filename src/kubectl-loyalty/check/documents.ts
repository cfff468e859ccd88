import type { Unreadable } from './manifest-file.ts';
import { jsonDocuments } from './json-documents.ts';
import { parseYaml } from './yaml-document.ts';

/** One document of a file, as a value. */
export interface ManifestDocument {
  file: string;
  /** From 1. */
  document: number;
  /** Where it begins, from 1. */
  line: number;
  value: unknown;
}

export interface Reading {
  documents: ManifestDocument[];
  unreadable: Unreadable[];
}

interface ReadOptions {
  file: string;
  /** Leaves out, unread, what names neither kind: in a folder of a GitOps repository it is somebody else's. */
  onlyRelevant: boolean;
}

/** Takes a file apart as kubectl does: a stream of YAML documents, or of JSON objects. */
export function readDocuments(text: string, options: ReadOptions): Reading {
  const content = text.replace(/^\ufeff/, '');
  const asJson = /^\s*\{/.test(content) ? jsonDocuments(content, options.file) : undefined;
  return asJson ?? yamlDocuments(content, options);
}

function yamlDocuments(text: string, { file, onlyRelevant }: ReadOptions): Reading {
  const reading: Reading = { documents: [], unreadable: [] };
  for (const [index, { line, content }] of chunksOf(text).entries()) {
    const document = index + 1;
    if (onlyRelevant && !/WalletCredential|Secret/.test(content)) {
      reading.documents.push({ file, document, line, value: undefined });
      continue;
    }
    const parsed = parseYaml(content, line);
    if ('value' in parsed) reading.documents.push({ file, document, line, value: parsed.value });
    else reading.unreadable.push({ file, document, ...parsed });
  }
  return reading;
}

interface Chunk {
  /** Of its first line with content, from 1. */
  line: number;
  content: string;
}

/** Documents are cut at `---` before they are parsed: a mistake in one hides no other. Those without content are left out. */
function chunksOf(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let begin = 0;
  const lines = text.split('\n');
  const end = (index: number): void => {
    const own = lines.slice(begin, index);
    const first = own.findIndex((line) => !/^\s*(#.*)?$|^%|^\.\.\.\s*$/.test(line));
    if (first >= 0) chunks.push({ line: begin + first + 1, content: own.slice(first).join('\n') });
  };
  for (const [index, line] of lines.entries()) {
    const [separator, rest = ''] = /^---(?:[ \t]+(.*))?\r?$/.exec(line) ?? [];
    if (separator === undefined) continue;
    end(index);
    lines[index] = rest;
    begin = index;
  }
  end(lines.length);
  return chunks;
}
