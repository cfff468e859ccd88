/** The few words on an Apple pass that are ours and not the program's, by language (ISO 639). */
export const phrases = {
  en: {
    member: 'Member',
    status: 'Status',
    frozen: 'Frozen',
    expiring: 'Expiring next',
    expires: 'Expires on',
    number: 'Card number',
    website: 'Website',
    terms: 'Terms and conditions',
  },
  de: {
    member: 'Mitglied',
    status: 'Status',
    frozen: 'Gesperrt',
    expiring: 'Verfällt als Nächstes',
    expires: 'Verfällt am',
    number: 'Kartennummer',
    website: 'Website',
    terms: 'Teilnahmebedingungen',
  },
  es: {
    member: 'Socio',
    status: 'Estado',
    frozen: 'Bloqueada',
    expiring: 'Próximo vencimiento',
    expires: 'Vence el',
    number: 'Número de tarjeta',
    website: 'Sitio web',
    terms: 'Términos y condiciones',
  },
  fr: {
    member: 'Membre',
    status: 'Statut',
    frozen: 'Bloquée',
    expiring: 'Prochaine expiration',
    expires: 'Expire le',
    number: 'Numéro de carte',
    website: 'Site web',
    terms: 'Conditions générales',
  },
  it: {
    member: 'Membro',
    status: 'Stato',
    frozen: 'Bloccata',
    expiring: 'Prossima scadenza',
    expires: 'Scade il',
    number: 'Numero della carta',
    website: 'Sito web',
    terms: 'Termini e condizioni',
  },
  nl: {
    member: 'Lid',
    status: 'Status',
    frozen: 'Geblokkeerd',
    expiring: 'Vervalt binnenkort',
    expires: 'Vervalt op',
    number: 'Kaartnummer',
    website: 'Website',
    terms: 'Algemene voorwaarden',
  },
  pt: {
    member: 'Membro',
    status: 'Estado',
    frozen: 'Bloqueado',
    expiring: 'Próximo vencimento',
    expires: 'Vence em',
    number: 'Número do cartão',
    website: 'Site',
    terms: 'Termos e condições',
  },
} as const satisfies Record<string, Phrases>;

export type PhraseName = 'member' | 'status' | 'frozen' | 'expiring' | 'expires' | 'number' | 'website' | 'terms';
export type Phrases = Readonly<Record<PhraseName, string>>;

/** Our words in a language (BCP 47); in English where they are not known in it. */
export function phrasesIn(language: string): Phrases {
  const known: Readonly<Record<string, Phrases>> = phrases;
  return known[language.split('-')[0]?.toLowerCase() ?? ''] ?? phrases.en;
}
