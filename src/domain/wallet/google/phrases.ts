/** The few words on a pass that are ours and not the program's, by language (ISO 639). */
const phrases = {
  en: { expiresNext: 'Expires next', terms: 'Terms and conditions' },
  de: { expiresNext: 'Verfällt als Nächstes', terms: 'Teilnahmebedingungen' },
  es: { expiresNext: 'Próximo vencimiento', terms: 'Términos y condiciones' },
  fr: { expiresNext: 'Prochaine expiration', terms: 'Conditions générales' },
  it: { expiresNext: 'Prossima scadenza', terms: 'Termini e condizioni' },
  nl: { expiresNext: 'Vervalt binnenkort', terms: 'Algemene voorwaarden' },
  pt: { expiresNext: 'Próximo vencimento', terms: 'Termos e condições' },
} as const satisfies Record<string, Phrases>;

interface Phrases {
  expiresNext: string;
  terms: string;
}

/** Our words in a language; in English where they are not known in it. */
export function phrasesIn(language: string): Phrases {
  const known: Readonly<Record<string, Phrases>> = phrases;
  return known[language.split('-')[0]?.toLowerCase() ?? ''] ?? phrases.en;
}

const dates = new Map<string, Intl.DateTimeFormat>();

/** A day as people of a language write it, in a timezone. Formats are kept: to make one costs more than to send a pass. */
export function writeDay(instant: Date, language: string, timezone: string): string {
  const key = `${language} ${timezone}`;
  let format = dates.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language === 'und' ? 'en' : language, { dateStyle: 'medium', timeZone: timezone });
    dates.set(key, format);
  }
  return format.format(instant);
}
