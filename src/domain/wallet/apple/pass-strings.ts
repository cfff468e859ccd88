import type { ProgramContent } from '../program-content.ts';
import { pointsMessage, termsOf } from './pass-json.ts';
import { type PhraseName, phrases, phrasesIn } from './phrases.ts';

/**
 * The texts of a program's passes in each language that is known, by the path of the file. What pass.json says is the key: a phone whose
 * language has no file, or a text that has no translation, shows that. Two texts that are alike in pass.json are translated alike, the
 * program's name before the points' and both before our own words.
 */
export function passStrings(program: ProgramContent): Map<string, Buffer> {
  const languages = new Set([...Object.keys(phrases), ...Object.keys(program.appearance.translations ?? {})]);
  const files = [...languages].map((language) => [`${language}.lproj/pass.strings`, stringsFile(program, language)]);
  return new Map(files as [string, Buffer][]);
}

function stringsFile(program: ProgramContent, language: string): Buffer {
  const lines = [...textsIn(program, language)].map(([key, text]) => `${quoted(key)} = ${quoted(text)};`);
  return Buffer.from(lines.join('\n'), 'utf8');
}

function textsIn({ appearance, programName, pointsName }: ProgramContent, language: string): Map<string, string> {
  const own = phrasesIn(language);
  const texts = new Map(Object.entries(phrases.en).map(([name, text]) => [text as string, own[name as PhraseName]]));
  const translation = appearance.translations?.[language];
  const terms = termsOf({ appearance });
  if (terms !== undefined && translation?.terms !== undefined) texts.set(terms, translation.terms);
  if (translation?.points_name !== undefined) {
    texts.set(pointsMessage(pointsName), pointsMessage(translation.points_name));
    texts.set(pointsName, translation.points_name);
  }
  if (translation?.program_name !== undefined) texts.set(programName, translation.program_name);
  return texts;
}

/** A quoted string of a .strings file (Resource Programming Guide, "String Resources"), in UTF-8. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\n', String.raw`\n`);
  return `"${escaped}"`;
}
