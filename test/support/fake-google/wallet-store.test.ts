import assert from 'node:assert/strict';
import { WalletStore } from './wallet-store.ts';
import { Quota } from './quota.ts';

const logo = { sourceUri: { uri: 'https://example.com/logo.png' } };
const aClass = { id: '1.c', issuerName: 'I', programName: 'P', programLogo: logo, reviewStatus: 'UNDER_REVIEW' };
const anObject = { id: '1.o', classId: '1.c', state: 'ACTIVE', loyaltyPoints: { balance: { int: 1 } } };
const now = new Date();

describe('the fake Google Wallet refuses', () => {
  let store: WalletStore;
  beforeEach(() => {
    store = new WalletStore();
    assert.equal(store.insert('loyaltyClass', aClass).status, 200);
    assert.equal(store.insert('loyaltyObject', anObject).status, 200);
  });

  const without = (resource: object, name: string): object => ({ ...resource, id: '1.x', [name]: undefined });
  const cases: Record<string, [kind: 'loyaltyClass' | 'loyaltyObject', resource: object, status: number]> = {
    'an id that is not issuerId.suffix': ['loyaltyObject', { ...anObject, id: '1.ö' }, 400],
    'a class without issuerName': ['loyaltyClass', without(aClass, 'issuerName'), 400],
    'a class without programName': ['loyaltyClass', without(aClass, 'programName'), 400],
    'a class without programLogo': ['loyaltyClass', without(aClass, 'programLogo'), 400],
    'a class without reviewStatus': ['loyaltyClass', without(aClass, 'reviewStatus'), 400],
    'a class that says it is APPROVED': ['loyaltyClass', { ...aClass, id: '1.x', reviewStatus: 'APPROVED' }, 400],
    'a class that exists': ['loyaltyClass', aClass, 409],
    'an object in the place of a class: they share the namespace': ['loyaltyObject', { ...anObject, id: '1.c' }, 409],
    'an object without state': ['loyaltyObject', without(anObject, 'state'), 400],
    'an object without classId': ['loyaltyObject', without(anObject, 'classId'), 400],
    'an object of a class that is not there': ['loyaltyObject', { ...anObject, id: '1.x', classId: '1.y' }, 404],
    'an object of no known state': ['loyaltyObject', { ...anObject, id: '1.x', state: 'FROZEN' }, 400],
    'no balance': ['loyaltyObject', { ...anObject, id: '1.x', loyaltyPoints: { balance: {} } }, 400],
    'two balances': [
      'loyaltyObject',
      { ...anObject, id: '1.x', loyaltyPoints: { balance: { int: 1, string: '1' } } },
      400,
    ],
    'an int beyond 32 bits': [
      'loyaltyObject',
      { ...anObject, id: '1.x', loyaltyPoints: { balance: { int: 2 ** 31 } } },
      400,
    ],
    'an eleventh message': ['loyaltyObject', { ...anObject, id: '1.x', messages: Array(11).fill({ body: 'm' }) }, 400],
    'members that do not exist': ['loyaltyObject', { ...anObject, id: '1.x', balance: 1 }, 400],
  };
  for (const [name, [kind, resource, status]] of Object.entries(cases)) {
    it(name, () => assert.equal(store.insert(kind, resource).status, status));
  }

  it('objects of a DRAFT class', () => {
    assert.equal(store.insert('loyaltyClass', { ...aClass, id: '1.d', reviewStatus: 'DRAFT' }).status, 200);
    assert.equal(store.insert('loyaltyObject', { ...anObject, id: '1.x', classId: '1.d' }).status, 400);
  });

  it('APPROVED, which it gave itself, in an update', () => {
    const given = store.find('1.c')?.resource;
    assert.equal(given?.['reviewStatus'], 'APPROVED');
    assert.equal(store.patch('loyaltyClass', '1.c', given, now).status, 400);
    assert.equal(store.patch('loyaltyClass', '1.c', { reviewStatus: 'UNDER_REVIEW' }, now).status, 200);
  });

  it('a balance that an update leaves beside the one before', () => {
    const update = (balance: object): number =>
      store.patch('loyaltyObject', '1.o', { loyaltyPoints: { balance } }, now).status;
    assert.equal(update({ string: '3000000000' }), 400);
    assert.equal(update({ int: null, string: '3000000000' }), 200);
  });

  it('a fourth update within 24 hours that tells users, and forgets the preference after each', () => {
    const update = (more: object, at = now): number => store.patch('loyaltyObject', '1.o', more, at).status;
    const notifying = { notifyPreference: 'NOTIFY_ON_UPDATE' };
    for (let count = 0; count < 3; count += 1) assert.equal(update(notifying), 200);
    assert.deepEqual([update(notifying), update({})], [403, 200]);
    assert.equal(update(notifying, new Date(now.getTime() + 86_400_001)), 200);
  });

  it('requests beyond the quota of any second', () => {
    const quota = new Quota(3);
    const taken = [0, 10, 20, 30, 1_000, 1_005, 1_010].map((instant) => quota.take(instant));
    assert.deepEqual(taken, [true, true, true, false, true, false, true]);
    assert.equal(quota.refused, 2);
  });
});
