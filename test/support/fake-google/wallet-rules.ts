/** What Google refuses in a class or an object (https://developers.google.com/wallet/reference/rest), as far as it concerns us. */

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON merge patch: lists are replaced, null takes away. */
export function merged(before: Json, patch: Json): Json {
  const after = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    const old = after[name];
    if (value === null) delete after[name];
    else after[name] = isObject(value) ? merged(isObject(old) ? old : {}, value) : value;
  }
  return after;
}

const idForm = /^\d{1,20}\.[A-Za-z0-9._-]+$/;
const colorForm = /^#[0-9a-f]{6}$/i;

const classMembers = new Set(
  (
    'id issuerName programName programLogo reviewStatus localizedIssuerName localizedProgramName heroImage hexBackgroundColor homepageUri ' +
    'textModulesData linksModuleData callbackOptions messages countryCode kind accountIdLabel accountNameLabel wideProgramLogo'
  ).split(' '),
);

const objectMembers = new Set(
  (
    'id classId state accountId accountName loyaltyPoints secondaryLoyaltyPoints textModulesData linksModuleData barcode messages heroImage ' +
    'validTimeInterval locations kind notifyPreference hasUsers'
  ).split(' '),
);

const states = new Set(['ACTIVE', 'COMPLETED', 'EXPIRED', 'INACTIVE']);
const barcodes = new Set(['QR_CODE', 'CODE_128', 'PDF_417', 'AZTEC', 'CODE_39', 'EAN_13', 'UPC_A', 'DATA_MATRIX']);
const balances = ['int', 'string', 'double', 'money'];
const largestInt = 2 ** 31 - 1;

/** What is wrong with a class that is written. */
export function classMistake(body: Json): string | undefined {
  const { id, reviewStatus, programLogo, heroImage, hexBackgroundColor: color, callbackOptions } = body;
  return first(
    unknownMember(body, classMembers),
    idMistake(id),
    ...['issuerName', 'programName'].map((name) => (text(body[name]) ? undefined : `Missing required field ${name}.`)),
    isObject(programLogo) ? imageMistake(programLogo) : 'Missing required field programLogo.',
    isObject(heroImage) ? imageMistake(heroImage) : undefined,
    reviewStatus === 'UNDER_REVIEW' || reviewStatus === 'DRAFT'
      ? undefined
      : `Invalid review status: ${String(reviewStatus)}.`,
    color === undefined || (typeof color === 'string' && colorForm.test(color)) ? undefined : 'Invalid color.',
    isObject(callbackOptions) && !httpsUrl(callbackOptions['url'])
      ? 'Invalid callback URL: https is required.'
      : undefined,
    textsMistake(body),
    messagesMistake(body),
  );
}

/** What is wrong with an object that is written. */
export function objectMistake(body: Json): string | undefined {
  const { id, classId, state, barcode, loyaltyPoints, secondaryLoyaltyPoints } = body;
  return first(
    unknownMember(body, objectMembers),
    idMistake(id),
    text(classId) ? undefined : 'Missing required field classId.',
    String(classId).split('.')[0] === String(id).split('.')[0] ? undefined : 'The class is of another issuer.',
    typeof state === 'string' && states.has(state) ? undefined : `Invalid state: ${String(state)}.`,
    balanceMistake(loyaltyPoints),
    balanceMistake(secondaryLoyaltyPoints),
    barcode === undefined || (isObject(barcode) && barcodes.has(String(barcode['type'])) && text(barcode['value']))
      ? undefined
      : 'Invalid barcode.',
    textsMistake(body),
    messagesMistake(body),
  );
}

function first(...mistakes: (string | undefined)[]): string | undefined {
  return mistakes.find((mistake) => mistake !== undefined);
}

function text(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0;
}

function httpsUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:';
}

function unknownMember(body: Json, members: ReadonlySet<string>): string | undefined {
  const unknown = Object.keys(body).find((name) => !members.has(name));
  return unknown === undefined ? undefined : `Invalid JSON payload received. Unknown name "${unknown}".`;
}

function idMistake(id: unknown): string | undefined {
  return typeof id === 'string' && idForm.test(id) ? undefined : `Invalid resource ID: ${String(id)}.`;
}

function imageMistake(image: Json): string | undefined {
  const source = image['sourceUri'];
  return isObject(source) && httpsUrl(source['uri']) ? undefined : 'Image cannot be loaded.';
}

function balanceMistake(points: unknown): string | undefined {
  if (points === undefined) return undefined;
  if (!isObject(points) || !isObject(points['balance'])) return 'Missing required field balance.';
  const { balance } = points;
  const kinds = balances.filter((kind) => kind in balance);
  if (kinds.length !== 1) return `Exactly one of ${balances.join(', ')} is allowed, found ${kinds.length}.`;
  const int = balance['int'];
  if (int !== undefined && !(Number.isInteger(int) && Math.abs(int as number) <= largestInt)) return 'Invalid int32.';
  return localizedMistake(points['localizedLabel']);
}

function localizedMistake(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) return 'Invalid localized string.';
  const { defaultValue, translatedValues = [] } = value;
  const all = [defaultValue, ...(Array.isArray(translatedValues) ? translatedValues : [undefined])] as unknown[];
  if (!all.every((one) => isObject(one) && text(one['language']) && text(one['value'])))
    return 'Invalid localized string.';
  const languages = all.map((one) => (one as Json)['language']);
  return new Set(languages).size === languages.length ? undefined : 'A language is there twice.';
}

function textsMistake({ textModulesData = [], localizedProgramName }: Json): string | undefined {
  if (!Array.isArray(textModulesData)) return 'Invalid textModulesData.';
  const modules = textModulesData.flatMap((module: unknown) => {
    if (!isObject(module) || !text(module['body'])) return ['Invalid text module.'];
    const { localizedHeader, localizedBody } = module;
    return [localizedMistake(localizedHeader ?? undefined), localizedMistake(localizedBody ?? undefined)];
  });
  return first(localizedMistake(localizedProgramName), ...modules);
}

function messagesMistake({ messages = [] }: Json): string | undefined {
  return Array.isArray(messages) && messages.length <= 10 ? undefined : 'There are at most 10 messages.';
}
