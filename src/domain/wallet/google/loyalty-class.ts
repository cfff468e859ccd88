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
  programLogo: Image;
  heroImage: Image | null;
  hexBackgroundColor: string | null;
  homepageUri: { uri: string } | null;
  textModulesData: TextModule[];
  /** Google makes APPROVED of it, and refuses to be sent that back. Objects of a DRAFT could not be made. */
  reviewStatus: 'UNDER_REVIEW';
  callbackOptions: { url: string } | null;
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

/** The class of a program; undefined: it has no logo, and there is no https PUBLIC_URL from which Google could fetch the neutral one. */
export function loyaltyClass(
  program: ProgramContent,
  { id, publicUrl }: Surroundings & { id: string },
): LoyaltyClass | undefined {
  const { appearance, merchantName, programName } = program;
  const logo = appearance.logo_url ?? address(publicUrl, logoPath);
  if (logo === undefined) return undefined;
  const callback = address(publicUrl, callbackPath);
  return {
    id,
    issuerName: appearance.issuer_name ?? merchantName,
    programName,
    localizedProgramName: localized(appearance, (_, { program_name: name = programName }) => name),
    programLogo: image(logo),
    heroImage: appearance.hero_image_url === undefined ? null : image(appearance.hero_image_url),
    hexBackgroundColor: appearance.background_color ?? null,
    homepageUri: appearance.home_url === undefined ? null : { uri: appearance.home_url },
    textModulesData: terms(program),
    reviewStatus: 'UNDER_REVIEW',
    callbackOptions: callback === undefined ? null : { url: callback },
  };
}

/** Google calls and fetches https only. */
function address(publicUrl: string | undefined, path: string): string | undefined {
  return publicUrl?.startsWith('https://') ? `${publicUrl.replace(/\/+$/, '')}${path}` : undefined;
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
