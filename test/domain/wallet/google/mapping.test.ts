import assert from 'node:assert/strict';
import fc from 'fast-check';
import { classIdOf, issuerOf, objectIdOf } from '../../../../src/domain/wallet/google/ids.ts';
import { loyaltyClass } from '../../../../src/domain/wallet/google/loyalty-class.ts';
import { loyaltyObject } from '../../../../src/domain/wallet/google/loyalty-object.ts';
import { exampleContent, exampleProgram, issuerId } from '../../../adapters/google/wallet/wallet-world.ts';
import { classMistake, merged, objectMistake } from '../../../support/fake-google/wallet-rules.ts';

const publicUrl = 'https://loyalty.example.com/api/';
const program = exampleProgram();
const id = classIdOf(issuerId, program);
const idForm = /^\d+\.[A-Za-z0-9._-]+$/;

describe('ids at Google', () => {
  it('are issuerId.suffix, prefixed, with the merchant in them', () => {
    const { merchantId, programId } = program;
    assert.equal(id, `${issuerId}.loyalty-program-${merchantId}-${programId}`);
    const objectId = objectIdOf(issuerId, { merchantId, cardId: programId });
    assert.equal(objectId, `${issuerId}.loyalty-card-${merchantId}-${programId}`);
    for (const each of [id, objectId]) assert.match(each, idForm);
    assert.equal(issuerOf(id), issuerId);
  });

  it('of classes end in what an operator has chosen, and are apart for each merchant', () => {
    const chosen = (merchantId: string): string =>
      classIdOf(issuerId, { ...program, merchantId, walletClass: 'gold.v2' });
    assert.match(chosen('a'), /-a-gold\.v2$/);
    assert.notEqual(chosen('a'), chosen('b'));
  });
});

describe('a class', () => {
  it('has what Google requires, and all that the program says', () => {
    const appearance = {
      issuer_name: 'Vogel GmbH',
      background_color: '#123abc',
      logo_url: 'https://example.com/logo.png',
      hero_image_url: 'https://example.com/hero.png',
      home_url: 'https://example.com',
      terms: 'Be nice.',
      translations: { de: { program_name: 'Vogelkarte', terms: 'Sei nett.' }, fr: {} },
    };
    assert.deepEqual(loyaltyClass({ ...program, appearance }, { id, publicUrl }), {
      id,
      issuerName: 'Vogel GmbH',
      programName: 'Vogel Karte',
      localizedProgramName: {
        defaultValue: { language: 'en', value: 'Vogel Karte' },
        translatedValues: [
          { language: 'de', value: 'Vogelkarte' },
          { language: 'fr', value: 'Vogel Karte' },
        ],
      },
      programLogo: { sourceUri: { uri: 'https://example.com/logo.png' } },
      heroImage: { sourceUri: { uri: 'https://example.com/hero.png' } },
      hexBackgroundColor: '#123abc',
      homepageUri: { uri: 'https://example.com' },
      textModulesData: [
        {
          id: 'terms',
          header: 'Terms and conditions',
          body: 'Be nice.',
          localizedHeader: {
            defaultValue: { language: 'en', value: 'Terms and conditions' },
            translatedValues: [
              { language: 'de', value: 'Teilnahmebedingungen' },
              { language: 'fr', value: 'Conditions générales' },
            ],
          },
          localizedBody: {
            defaultValue: { language: 'en', value: 'Be nice.' },
            translatedValues: [
              { language: 'de', value: 'Sei nett.' },
              { language: 'fr', value: 'Be nice.' },
            ],
          },
        },
      ],
      reviewStatus: 'UNDER_REVIEW',
      callbackOptions: { url: 'https://loyalty.example.com/api/wallet/google/callback' },
    });
  });

  it('has the neutral logo of the API when the program has none', () => {
    const made = loyaltyClass({ ...program, appearance: {} }, { id, publicUrl });
    assert.equal(made.programLogo?.sourceUri.uri, 'https://loyalty.example.com/api/wallet/google/logo.png');
  });

  it('has no callback where Google cannot call', () => {
    const made = loyaltyClass({ ...program, appearance: {} }, { id, publicUrl: 'http://loyalty.example.com/' });
    assert.equal(made.programLogo?.sourceUri.uri, 'http://loyalty.example.com/wallet/google/logo.png');
    assert.equal(made.callbackOptions, null);
  });

  it('leaves logo and callback as they are for who does not know PUBLIC_URL', () => {
    const made = loyaltyClass({ ...program, appearance: {} }, { id, publicUrl: undefined });
    assert.deepEqual([made.programLogo, made.callbackOptions], [undefined, undefined]);
    assert.ok(loyaltyClass(program, { id, publicUrl: undefined }).programLogo);
  });

  it('does not give one language twice', () => {
    const appearance = { ...program.appearance, translations: { en: { program_name: 'Bird Card' } } };
    const made = loyaltyClass({ ...program, appearance }, { id, publicUrl });
    assert.equal(made.localizedProgramName?.defaultValue.language, 'und');
  });
});

describe('an object', () => {
  const object = (more: Parameters<typeof exampleContent>[0]) =>
    loyaltyObject(exampleContent(more), { id: `${issuerId}.card`, classId: id });

  it('has exactly one balance: int, or string above 2^31 − 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (points) => {
        const balance = object({ points }).loyaltyPoints?.balance;
        const wanted = points < 2 ** 31 ? { int: points, string: null } : { int: null, string: String(points) };
        assert.deepEqual(balance, wanted);
      }),
    );
  });

  it('says what expires next on the day it is in the timezone of the merchant, in each language', () => {
    const nextExpiry = { points: 30, expiresAt: new Date('2026-12-31T22:59:59.999Z') };
    const appearance = { translations: { de: { points_name: 'Körner' }, 'fr-CA': {} } };
    const [module] = object({ nextExpiry, appearance, pointsName: 'grains' }).textModulesData;
    assert.equal(module?.body, '30 grains: Dec 31, 2026');
    assert.deepEqual(module.localizedHeader?.translatedValues, [
      { language: 'de', value: 'Verfällt als Nächstes' },
      { language: 'fr-CA', value: 'Prochaine expiration' },
    ]);
    assert.deepEqual(
      module.localizedBody?.translatedValues.map(({ value }) => value.replaceAll(' ', ' ')),
      ['30 Körner: 31.12.2026', '30 grains: 31 déc. 2026'],
    );
  });

  const states = { active: 'ACTIVE', frozen: 'INACTIVE', void: 'INACTIVE' } as const;
  for (const [state, wanted] of Object.entries(states)) {
    it(`of a card that is ${state} is ${wanted}`, () => {
      assert.equal(object({ state: state as keyof typeof states }).state, wanted);
    });
  }

  const forms = { qr: 'QR_CODE', code128: 'CODE_128', pdf417: 'PDF_417', aztec: 'AZTEC', none: undefined } as const;
  for (const [barcode, type] of Object.entries(forms)) {
    it(`shows the number to scanners as ${barcode}`, () => {
      assert.equal(object({ appearance: { barcode: barcode as keyof typeof forms } }).barcode?.type, type);
    });
  }

  it('and class of any program and card are what Google takes, with no message of the ten that it would take', () => {
    const text = fc.string({ minLength: 1, maxLength: 200 });
    const translation = fc.record({ program_name: text, points_name: text, terms: text }, { requiredKeys: [] });
    const appearance = fc.record(
      {
        issuer_name: text,
        terms: text,
        translations: fc.dictionary(fc.constantFrom('en', 'de', 'pt-BR', 'ja'), translation),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(appearance, text, fc.boolean(), (look, name, expires) => {
        const nextExpiry = expires ? { points: 1, expiresAt: new Date() } : null;
        const made = loyaltyClass({ ...program, programName: name, appearance: look }, { id, publicUrl });
        const card = object({ appearance: look, pointsName: name, nextExpiry });
        assert.equal(classMistake(merged({}, { ...made })), undefined);
        assert.equal(objectMistake(merged({}, { ...card })), undefined);
        assert.ok(!('messages' in card));
      }),
    );
  });
});
