import type { ProgramContent } from '../program-content.ts';
import { defaultLanguage, localized, type LocalizedString } from './localized-string.ts';
import type { TextModule } from './loyalty-object.ts';
import { phrasesIn } from './phrases.ts';

/** What we say of a program, https://developers.google.com/wallet/reference/rest/v1/loyaltyclass. As with objects, all of it each time. */
export interface LoyaltyClass {
  id: string;
  issuerName: string;
  programName: string;
  localizedProgramName: LocalizedString | null;
  /** Absent: not known, so that one that is there stays. Needed to make a class. */
  programLogo?: Image;
  heroImage: Image | null;
  hexBackgroundColor: string | null;
  homepageUri: { uri: string } | null;
  textModulesData: TextModule[];
  /** Google makes APPROVED of it, and refuses to be sent that back. Objects of a DRAFT could not be made. */
  reviewStatus: 'UNDER_REVIEW';
  /** Absent: not known, so that what is there stays. */
  callbackOptions?: { url: string } | null;
}

interface Image {
  sourceUri: { uri: string };
}

/** Where Google is told of our side. */
export interface Surroundings {
  /** PUBLIC_URL; undefined: not known. */
  publicUrl: string | undefined;
}

/** Under PUBLIC_URL. */
export const callbackPath = '/wallet/google/callback';
export const logoPath = '/wallet/google/logo.png';

/** The class of a program. Without a logo of its own it has the neutral one, which Google fetches under PUBLIC_URL. */
export function loyaltyClass(program: ProgramContent, { id, publicUrl }: Surroundings & { id: string }): LoyaltyClass {
  const { appearance, merchantName, programName } = program;
  const base = publicUrl?.replace(/\/+$/, '');
  const logo = appearance.logo_url ?? (base && `${base}${logoPath}`);
  return {
    id,
    issuerName: appearance.issuer_name ?? merchantName,
    programName,
    localizedProgramName: localized(appearance, (_, { program_name: name = programName }) => name),
    ...(logo && { programLogo: image(logo) }),
    heroImage: appearance.hero_image_url === undefined ? null : image(appearance.hero_image_url),
    hexBackgroundColor: appearance.background_color ?? null,
    homepageUri: appearance.home_url === undefined ? null : { uri: appearance.home_url },
    textModulesData: terms(program),
    reviewStatus: 'UNDER_REVIEW',
    // Google calls https only.
    ...(base && { callbackOptions: base.startsWith('https://') ? { url: `${base}${callbackPath}` } : null }),
  };
}

function image(uri: string): Image {
  return { sourceUri: { uri } };
}

function terms({ appearance }: ProgramContent): TextModule[] {
  const { terms: text, translations = {} } = appearance;
  const some = text ?? Object.values(translations).find((translation) => translation.terms !== undefined)?.terms;
  if (some === undefined) return [];
  return [
    {
      id: 'terms',
      header: phrasesIn(defaultLanguage(appearance)).terms,
      body: some,
      localizedHeader: localized(appearance, (language) => phrasesIn(language).terms),
      localizedBody: localized(appearance, (_, translation) => translation.terms ?? some),
    },
  ];
}
