import assert from 'node:assert/strict';
import { localInstant } from '../../../../src/domain/wallet/apple/local-instant.ts';
import { type PassField, passJson } from '../../../../src/domain/wallet/apple/pass-json.ts';
import { passStrings } from '../../../../src/domain/wallet/apple/pass-strings.ts';
import { phrases } from '../../../../src/domain/wallet/apple/phrases.ts';
import type { Appearance, PassContent } from '../../../../src/domain/wallet/pass-content.ts';

const identity = {
  passTypeIdentifier: 'pass.com.example',
  teamIdentifier: 'ABCDE12345',
  serialNumber: 's-1',
  authenticationToken: 't'.repeat(43),
  webServiceURL: 'https://loyalty.example.com',
};

function content(more: Partial<PassContent> = {}): PassContent {
  return {
    merchantId: 'm',
    programId: 'p',
    cardId: 'c',
    version: 3,
    merchantName: 'Bäckerei Vogel',
    programName: 'Karte',
    pointsName: 'Körner',
    timezone: 'Europe/Berlin',
    appearance: {},
    number: '6004',
    customerName: 'Ada',
    state: 'active',
    points: 1250,
    nextExpiry: { points: 50, expiresAt: new Date('2026-12-31T22:59:59.999Z') },
    ...more,
  };
}

const json = (more: Partial<PassContent> = {}) => passJson(content(more), identity);

function strings(appearance: Appearance, language: string): string {
  const { merchantId, programId, merchantName, programName, pointsName } = content();
  const program = { merchantId, programId, merchantName, programName, pointsName, appearance, version: 1 };
  return String(passStrings({ ...program, walletClass: null }).get(`${language}.lproj/pass.strings`));
}

describe('pass.json', () => {
  it('shows the points as a number, and tells on the lock screen when they change', () => {
    assert.deepEqual(json().storeCard.primaryFields, [
      { key: 'points', label: 'Körner', value: 1250, numberStyle: 'PKNumberStyleDecimal', changeMessage: 'Körner: %@' },
    ]);
    // A percent sign is doubled in what is a format.
    assert.equal(json({ pointsName: '100 %' }).storeCard.primaryFields[0]?.changeMessage, '100 %%: %@');
  });

  it('shows what expires next, on the day that it is at the merchant', () => {
    const [points, date] = json().storeCard.secondaryFields;
    assert.deepEqual([points?.value, date?.value], [50, '2026-12-31T23:59:59+01:00']);
    assert.deepEqual([date?.dateStyle, date?.timeStyle, date?.ignoresTimeZone], ['PKDateStyleMedium', 'PKDateStyleNone', true]); // prettier-ignore
    assert.deepEqual(json({ nextExpiry: null }).storeCard.secondaryFields, []);
  });

  it('has at most four secondary and auxiliary fields, and every key once, when it has all that it can have', () => {
    const { storeCard } = json({ state: 'frozen', appearance: { terms: 'T', home_url: 'https://example.com' } });
    assert.equal(storeCard.secondaryFields.length + storeCard.auxiliaryFields.length, 4);
    const keys = (Object.values(storeCard) as PassField[][]).flat().map(({ key }) => key);
    assert.deepEqual(keys, ['points', 'expiring', 'expires', 'member', 'status', 'number', 'website', 'terms']);
  });

  it('names the merchant unless the program names another issuer', () => {
    assert.equal(json().organizationName, 'Bäckerei Vogel');
    assert.equal(json({ appearance: { issuer_name: 'Vogel' } }).organizationName, 'Vogel');
  });

  const forms = { qr: 'QR', code128: 'Code128', pdf417: 'PDF417', aztec: 'Aztec' } as const;
  for (const [barcode, name] of Object.entries(forms)) {
    it(`shows the number as ${barcode}, and in figures`, () => {
      const { barcodes } = json({ appearance: { barcode: barcode as keyof typeof forms } });
      const shown = { message: '6004', altText: '6004', messageEncoding: 'iso-8859-1' };
      assert.deepEqual(barcodes, [{ format: `PKBarcodeFormat${name}`, ...shown }]);
    });
  }

  it('shows no barcode where none is wanted', () =>
    assert.equal(json({ appearance: { barcode: 'none' } }).barcodes, undefined));

  it('has colours as Wallet wants them, and none that the program has not', () => {
    const { backgroundColor, labelColor } = json({ appearance: { background_color: '#17bb52' } });
    assert.deepEqual([backgroundColor, labelColor], ['rgb(23, 187, 82)', undefined]);
  });

  it('of an erased customer is void, and shows nothing of them', () => {
    const erased = json({ state: 'void', customerName: null });
    assert.deepEqual([erased.voided, erased.barcodes, Object.values(erased.storeCard).flat()], [true, undefined, []]);
    assert.equal(json().voided, undefined);
  });

  it('does not let a card be shared', () => assert.equal(json().sharingProhibited, true));
});

describe('pass.strings', () => {
  const translations = { fr: { program_name: 'Carte "Or"', points_name: 'grains', terms: 'Une\nligne\\' } };

  it('has the translations under what pass.json says, quoted', () => {
    const lines = strings({ terms: 'Zeile', translations }, 'fr').split('\n');
    const expected = [
      '"Karte" = "Carte \\"Or\\"";',
      '"Körner" = "grains";',
      '"Körner: %@" = "grains: %@";',
      '"Zeile" = "Une\\nligne\\\\";',
      '"Expires on" = "Expire le";',
    ];
    for (const line of expected) assert.ok(lines.includes(line), `${line} in ${lines.join(' ')}`);
  });

  it('has our own words in every language that we know, and English ones in others', () => {
    for (const [language, words] of Object.entries(phrases)) {
      assert.ok(strings({}, language).includes(`"Member" = "${words.member}";`), language);
    }
    assert.ok(strings({ translations: { 'pt-BR': {} } }, 'pt-BR').includes('"Member" = "Membro";'));
    assert.ok(strings({ translations: { sv: {} } }, 'sv').includes('"Member" = "Member";'));
  });

  it('has every word that passes show of ours', () => {
    const full = json({ state: 'frozen', appearance: { terms: 'T', home_url: 'https://example.com' } });
    const shown = (Object.values(full.storeCard) as PassField[][]).flat().map(({ label }) => label);
    const known = new Set<string>(['Körner', ...Object.values(phrases.en)]);
    assert.deepEqual(shown.filter((label) => !known.has(label)), []); // prettier-ignore
  });
});

describe('a date of a pass', () => {
  const cases: [zone: string, instant: string, shown: string][] = [
    ['UTC', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00+00:00'],
    ['America/St_Johns', '2026-07-01T02:29:59.999Z', '2026-06-30T23:59:59-02:30'],
    ['Asia/Kathmandu', '2026-01-01T00:00:00.000Z', '2026-01-01T05:45:00+05:45'],
    ['Pacific/Kiritimati', '2026-01-01T12:00:00.000Z', '2026-01-02T02:00:00+14:00'],
  ];
  for (const [zone, instant, shown] of cases) {
    it(`is ${shown} in ${zone}`, () => {
      assert.equal(localInstant(new Date(instant), zone), shown);
      assert.equal(Math.floor(Date.parse(shown) / 1000), Math.floor(Date.parse(instant) / 1000));
    });
  }
});
