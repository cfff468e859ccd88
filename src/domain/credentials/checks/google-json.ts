import { nounsOf, readContents } from '../reading/contents.ts';
import { found, refuse, type Finding, type Reading } from '../reading/finding.ts';
import { firstMistake, nestingOf, type JsonMistake } from '../../json-text.ts';
import { limits } from '../reading/limits.ts';
import { place, type SourceFile, type SourceSecret } from '../reading/source-file.ts';

const expected = 'the JSON key file of a service account';
const download = 'Put the file there as the Google Cloud console hands it out.';

/** Parses the file; what comes out may be any JSON. */
export function readJson(secret: SourceSecret, file: SourceFile): Reading<unknown> {
  const where = place(secret, file.key);
  const text = Buffer.from(file.bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  // Of text that begins otherwise JSON.parse reads nothing: what stands there is told below.
  const nesting = /^\s*[[{]/.test(text) ? nestingOf(text) : 0;
  if (nesting > limits.jsonDepth) {
    const message = `${where} is nested ${nesting} levels deep; at most ${limits.jsonDepth} are read, and a service account has 1. ${download}`;
    return refuse('TooExpensive', message);
  }
  try {
    return found<unknown>(JSON.parse(text));
  } catch {
    // The error quotes the text, which holds a private key: it ends here.
    return { finding: diagnose(where, file, text) };
  }
}

function malformedJson(where: string, what: string, advice: string): Finding {
  return { reason: 'MalformedJson', message: `${where} holds ${what}; expected ${expected}. ${advice}` };
}

function diagnose(where: string, file: SourceFile, text: string): Finding {
  const start = text.trimStart();
  const bare = start.trimEnd().replaceAll(/^["']|["']$/g, '');
  if (/^AIza[\w-]{35}$/.test(bare)) {
    const advice = 'An API key cannot write wallet objects: create a service account and download a JSON key for it.';
    return malformedJson(where, 'a Google API key', advice);
  }
  if (/^['`"]\s*\{/.test(start))
    return malformedJson(where, 'JSON inside quotation marks', 'Remove the quotation marks.');
  if (/^[{[]/.test(start)) return diagnoseSyntax(where, text);
  return diagnoseOther(where, file);
}

const syntaxProblems: Record<JsonMistake['kind'], readonly [what: string, advice: string]> = {
  syntax: ['JSON with a mistake', 'Correct it, or download the file again.'],
  'line break in a string': [
    'JSON with a line break inside a string',
    String.raw`In JSON, each line break of private_key is written \n: download the file again.`,
  ],
  'cut off': ['JSON that is cut off', 'Copy the whole file.'],
  'second document': ['JSON with something behind its end, as when a file is pasted twice', 'Keep one document.'],
};

function diagnoseSyntax(where: string, text: string): Finding {
  const mistake = firstMistake(text);
  if (!mistake) return malformedJson(where, 'text that is not JSON', download);
  const [what, advice] = syntaxProblems[mistake.kind];
  return malformedJson(where, `${what} (line ${mistake.line}, column ${mistake.column})`, advice);
}

function diagnoseOther(where: string, file: SourceFile): Finding {
  const contents = readContents(file.bytes);
  if ('items' in contents) return malformedJson(where, nounsOf(contents.items), jsonAdvice);
  if (contents.kind === 'unknown')
    return malformedJson(where, `${file.bytes.length} bytes that are not JSON`, download);
  return malformedJson(where, contents.mistake, contents.advice ?? download);
}

const jsonAdvice = 'Create a key of type JSON for the service account and put the whole file there.';
