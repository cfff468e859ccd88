import type { Appearance, Translation } from '../pass-content.ts';

/** https://developers.google.com/wallet/reference/rest/v1/LocalizedString */
export interface LocalizedString {
  defaultValue: TranslatedString;
  translatedValues: TranslatedString[];
}

interface TranslatedString {
  /** BCP 47. */
  language: string;
  value: string;
}

/** Google wants a language with every text, and a program does not say in which its own texts are. */
const ownLanguage = 'en';
/** "Undetermined" (BCP 47): what the program's own texts are in when it has others in {@link ownLanguage}. */
const undetermined = 'und';

/** The language under which the program's own texts are given. */
export function defaultLanguage({ translations = {} }: Appearance): string {
  return ownLanguage in translations ? undetermined : ownLanguage;
}

/**
 * A text in all languages that the program has.
 * @param write the text in a language (BCP 47) with the program's texts in it
 * @returns null: there is one language only, and the plain text says it all
 */
export function localized(
  appearance: Appearance,
  write: (language: string, translation: Translation) => string,
): LocalizedString | null {
  const translations = Object.entries(appearance.translations ?? {});
  if (translations.length === 0) return null;
  const language = defaultLanguage(appearance);
  return {
    defaultValue: { language, value: write(language, {}) },
    translatedValues: translations.map(([tag, translation]) => ({ language: tag, value: write(tag, translation) })),
  };
}
