import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { retryTable } from '../../../../src/domain/wallet/retry.ts';
import type { PassContent } from '../../../../src/domain/wallet/pass-content.ts';
import { generateRsaKey } from '../../../../src/example-credentials/key-pair.ts';
import { createServiceAccount } from '../../../../src/example-credentials/service-account.ts';
import { googleError, tokenError } from '../../../support/fake-google/google-error.ts';
import type { Reply } from '../../../support/reply.ts';
import {
  exampleClassId,
  exampleContent,
  exampleKey,
  exampleProgram,
  idOf,
  issuerId,
  liveCredential,
  startWalletWorld,
  type WalletWorld,
} from './wallet-world.ts';

const never = new AbortController().signal;

describe('Google Wallet', () => {
  let world: WalletWorld;

  beforeEach(async () => (world = await startWalletWorld()));
  afterEach(() => world.end());

  const kept = (content: PassContent): Record<string, unknown> =>
    world.google.wallet.find(idOf(content))?.resource ?? {};
  /** What was asked of the Wallet API, and of the token endpoint. */
  const requests = (): string[] => world.google.requests.splice(0);

  /** An object that is there. */
  async function existing(): Promise<PassContent> {
    const content = exampleContent();
    assert.equal((await world.sync(content)).outcome, 'Created');
    requests();
    return content;
  }

  /** Answers the next requests for objects with this. */
  const reply = (answer: Reply, times = Infinity): void =>
    world.google.inject('loyaltyObject', { reply: answer }, times);

  describe('the rows of the outcome table', () => {
    it('Synced: 2xx', async () => {
      const content = await existing();
      const result = await world.sync({ ...content, points: 121 });
      assert.deepEqual(result, { outcome: 'Synced', message: 'Google answered 200.', hasUsers: false });
      assert.deepEqual(requests(), ['loyaltyObject']);
      assert.deepEqual(kept(content)['loyaltyPoints'], { label: 'Körner', balance: { int: 121 } });
    });

    it('Created: 404 for object and class, which are created, and it is tried once again', async () => {
      const content = exampleContent();
      const result = await world.sync(content);
      assert.deepEqual(result, { outcome: 'Created', message: 'Google answered 200.', hasUsers: false });
      assert.deepEqual(requests(), ['token', 'loyaltyObject', 'loyaltyClass', 'loyaltyObject']);
      assert.equal(kept(content)['classId'], exampleClassId);
    });

    it('Created: the class that is known to exist is not asked for again, one that turns out not to is made', async () => {
      const content = await existing();
      await world.sync({ ...content, cardId: 'c2' });
      assert.deepEqual(requests(), ['loyaltyObject', 'loyaltyObject']);
      world.google.interfere = ({ method, kind }) => {
        if (kind !== 'loyaltyObject' || method !== 'POST') return undefined;
        world.google.interfere = () => undefined;
        return { reply: googleError('classNotFound') };
      };
      assert.equal((await world.sync({ ...content, cardId: 'c3' })).outcome, 'Created');
      assert.deepEqual(requests(), ['loyaltyObject', 'loyaltyObject', 'loyaltyClass', 'loyaltyObject']);
    });

    it('Created: cards of a new program that come at once make its class once', async () => {
      const cards = Array.from({ length: 8 }, () => exampleContent());
      const results = await Promise.all(cards.map((content) => world.sync(content)));
      assert.deepEqual([...new Set(results.map(({ outcome }) => outcome))], ['Created']);
      const counts = requests();
      assert.equal(counts.filter((name) => name === 'loyaltyClass').length, 1);
      assert.equal(counts.filter((name) => name === 'token').length, 1);
    });

    it('AlreadyExists: 409 for what was to be created is patched', async () => {
      const content = await existing();
      world.google.interfere = ({ method, kind }) => {
        if (kind !== 'loyaltyObject' || method !== 'PATCH') return undefined;
        world.google.interfere = () => undefined;
        return { reply: googleError('resourceNotFound') };
      };
      const result = await world.sync({ ...content, points: 5 });
      assert.equal(result.outcome, 'AlreadyExists');
      assert.deepEqual((kept(content)['loyaltyPoints'] as { balance: unknown }).balance, { int: 5 });
    });

    it('AlreadyExists: a class of another process is patched', async () => {
      assert.equal((await world.wallet.syncClass(exampleProgram(), never)).outcome, 'Created');
      world.google.interfere = ({ method }) => {
        world.google.interfere = () => undefined;
        return method === 'PATCH' ? { reply: googleError('resourceNotFound') } : undefined;
      };
      const changed = exampleProgram({ programName: 'Vogelkarte' });
      assert.equal((await world.wallet.syncClass(changed, never)).outcome, 'AlreadyExists');
      assert.equal(world.google.wallet.find(exampleClassId)?.resource['programName'], 'Vogelkarte');
    });

    it('InvalidContent: 400 is not tried again, and says what Google said without personal data', async () => {
      const content = await existing();
      reply(googleError('badRequest', 'accountName "Ada Lovelace" is not valid for 6004870014327719'));
      assert.deepEqual(await world.sync(content), {
        outcome: 'InvalidContent',
        message: 'Google answered 400 badRequest: accountName "…" is not valid for …',
      });
      assert.deepEqual(requests(), ['loyaltyObject']);
    });

    it('InvalidContent: a program without a logo, where Google cannot fetch ours', async () => {
      const program = exampleProgram({ appearance: {} });
      for (const result of [
        await world.sync(exampleContent(), { program }),
        await world.wallet.syncClass(program, never),
      ]) {
        assert.equal(result.outcome, 'InvalidContent');
        assert.match(result.message, /no logo_url.+PUBLIC_URL/);
      }
    });

    it('CredentialRefused: after a 401 the folder is read again and a new token got, once', async () => {
      const content = await existing();
      reply(googleError('authError'), 1);
      assert.equal((await world.sync(content)).outcome, 'Synced');
      assert.deepEqual(requests(), ['loyaltyObject', 'token', 'loyaltyObject']);
      reply(googleError('authError'));
      assert.equal((await world.sync(content)).outcome, 'CredentialRefused');
      assert.deepEqual(requests(), ['loyaltyObject', 'token', 'loyaltyObject']);
    });

    it('CredentialRefused: after invalid_grant the credential that the folder holds by now is used', async () => {
      const content = await existing();
      const another = createServiceAccount({ privateKey: generateRsaKey().privateKey });
      const next = liveCredential(another, '1'.repeat(64));
      world.google.accounts.register(another);
      world.google.issuers.get(issuerId)?.add(another.client_email);
      world.google.accounts.deleteKey(world.account);
      let current = liveCredential(world.account);
      const renew = (): typeof current => (current = next);
      const wallet = world.open({ credential: () => current, renew });
      const options = { objectId: idOf(content), program: exampleProgram(), notify: false };
      const result = await wallet.syncObject(content, options, never);
      assert.equal(result.outcome, 'Synced');
      assert.deepEqual(wallet.account(), { issuerId, fingerprint: next.fingerprint });
      assert.deepEqual(requests(), ['token', 'token', 'loyaltyObject']);
    });

    it('CredentialRefused: invalid_grant, twice', async () => {
      world.google.accounts.disable(world.account);
      const result = await world.sync(exampleContent());
      assert.equal(result.outcome, 'CredentialRefused');
      assert.match(result.message, /invalid_grant: the service account is disabled/);
      assert.deepEqual(requests(), ['token', 'token']);
    });

    const throttled: Record<string, Reply> = {
      '429': googleError('tooManyRequests'),
      '429 of a proxy': { status: 429, text: 'slow down' },
      '403 quotaExceeded': googleError('quotaExceeded'),
      '403 rateLimitExceeded': googleError('rateLimitExceeded'),
      '403 userRateLimitExceeded': googleError('userRateLimitExceeded'),
      '403 dailyLimitExceeded': googleError('dailyLimitExceeded'),
      '403 of domain usageLimits': {
        status: 403,
        json: { error: { code: 403, errors: [{ domain: 'usageLimits', reason: 'somethingNew' }] } },
      },
    };
    for (const [name, answer] of Object.entries(throttled)) {
      it(`Throttled: ${name} is tried 5 times with growing waits`, async () => {
        const content = await existing();
        reply(answer);
        assert.equal((await world.sync(content)).outcome, 'Throttled');
        assert.equal(requests().length, retryTable.Throttled.atOnce.tries);
        assert.deepEqual(world.waits, [1_000, 2_000, 4_000, 8_000]);
      });
    }

    it('Throttled: Retry-After is waited for, and holds all others back', async () => {
      const content = await existing();
      reply({ ...googleError('tooManyRequests'), headers: { 'retry-after': '7' } }, 1);
      assert.equal((await world.sync(content)).outcome, 'Synced');
      assert.deepEqual([world.waits, world.postponed], [[7_000], [7_000]]);
    });

    it('Throttled: a Retry-After that is longer than a claim is left to the next run', async () => {
      const content = await existing();
      reply({ ...googleError('tooManyRequests'), headers: { 'retry-after': '3600' } });
      assert.equal((await world.sync(content)).outcome, 'Throttled');
      assert.deepEqual([world.waits, world.postponed, requests().length], [[], [3_600_000], 1]);
    });

    it('IssuerRefused: another 403, and the issuer cannot be read with the same token', async () => {
      const content = await existing();
      world.google.issuers.get(issuerId)?.clear();
      const result = await world.sync(content);
      assert.equal(result.outcome, 'IssuerRefused');
      assert.match(result.message, /may not read issuer 3388000000012345678/);
      assert.deepEqual(requests(), ['loyaltyObject', 'issuer']);
    });

    it('IssuerRefused: the API is not enabled, though the domain is usageLimits', async () => {
      const content = await existing();
      reply(googleError('accessNotConfigured'));
      world.google.inject('issuer', { reply: googleError('accessNotConfigured') });
      const result = await world.sync(content);
      assert.equal(result.outcome, 'IssuerRefused');
      assert.match(result.message, /Enable walletobjects.googleapis.com/);
    });

    it('CardRefused: another 403, and the issuer can be read', async () => {
      const content = await existing();
      reply(googleError('permissionDenied', 'No access to this object.'));
      assert.deepEqual(await world.sync(content), {
        outcome: 'CardRefused',
        message: 'Google answered 403 permissionDenied: No access to this object.',
      });
      assert.deepEqual(requests(), ['loyaltyObject', 'issuer']);
    });

    it('nothing is concluded from a 403 while the issuer cannot be asked', async () => {
      const content = await existing();
      reply(googleError('permissionDenied'));
      world.google.inject('issuer', 'reset');
      assert.equal((await world.sync(content)).outcome, 'Unavailable');
    });

    const unavailable: Record<string, Parameters<WalletWorld['google']['inject']>[1]> = {
      '503': { reply: googleError('backendError') },
      '500 without an error of Google': { reply: { status: 500, text: 'oops' } },
      'a reset connection': 'reset',
      'a connection that is cut in mid-answer': 'truncate',
      'an answer without end': 'flood',
      'a 403 of a proxy': { reply: { status: 403, text: 'blocked' } },
      'a 404 of a proxy': { reply: { status: 404, text: 'what?' } },
    };
    for (const [name, fault] of Object.entries(unavailable)) {
      it(`Unavailable: ${name}, 3 tries`, async () => {
        const content = await existing();
        world.google.inject('loyaltyObject', fault);
        const result = await world.sync(content);
        assert.equal(result.outcome, 'Unavailable', result.message);
        assert.equal(requests().length, retryTable.Unavailable.atOnce.tries);
        assert.deepEqual(world.waits, [1_000, 2_000]);
        world.google.inject('loyaltyObject', fault, 1);
        assert.equal((await world.sync(content)).outcome, 'Synced');
      });
    }

    it('Unavailable: no answer in time', async () => {
      const content = await existing();
      const wallet = world.open({ timeoutMilliseconds: 800 });
      world.google.inject('loyaltyObject', 'hang');
      const options = { objectId: idOf(content), program: exampleProgram(), notify: false };
      const result = await wallet.syncObject(content, options, never);
      assert.deepEqual([result.outcome, requests().filter((name) => name !== 'token').length], ['Unavailable', 3]);
      assert.match(result.message, /did not answer in time/);
    });

    it('Unavailable: no token to be had for an outage', async () => {
      world.google.inject('token', { reply: tokenError('internal_failure', 'oops', 500) });
      assert.equal((await world.sync(exampleContent())).outcome, 'Unavailable');
      assert.deepEqual(requests(), ['token', 'token', 'token']);
    });
  });

  describe('each request', () => {
    it('has a slot of its own, tokens apart', async () => {
      await world.sync(exampleContent());
      assert.deepEqual([world.paced(), requests().length], [3, 4]);
    });

    it('ends with the reason of a signal that is aborted, wherever it is', async () => {
      const content = await existing();
      const reason = new Error('the run ends');
      await assert.rejects(world.sync(content, { signal: AbortSignal.abort(reason) }), reason);
      for (const place of ['loyaltyObject', 'token'] as const) {
        if (place === 'token') world.use(liveCredential(world.account, '2'.repeat(64)));
        const ending = new AbortController();
        world.google.inject(place, 'hang', 1);
        const sync = world.sync(content, { signal: ending.signal });
        setImmediate(() => ending.abort(reason));
        await assert.rejects(sync, reason);
      }
    });

    it('is not sent about an object of another issuer than that of the credential', async () => {
      const content = await existing();
      const other = liveCredential(world.account, '3'.repeat(64), '3388000000099999999');
      world.use(other);
      const result = await world.sync(content);
      assert.equal(result.outcome, 'CardRefused');
      assert.match(result.message, /belongs to issuer 3388000000012345678/);
      assert.deepEqual(requests(), []);
    });

    it('never calls the token_uri of the key file', async () => {
      const content = await existing();
      world.use(liveCredential({ ...world.account, token_uri: 'https://localhost:1/token' }, '4'.repeat(64)));
      assert.equal((await world.sync(content)).outcome, 'Synced');
      assert.deepEqual(requests(), ['token', 'loyaltyObject']);
    });

    it('gets a new token shortly before the old one ends', async () => {
      const content = await existing();
      let now = Date.now();
      const wallet = world.open({ now: () => new Date(now) });
      const options = { objectId: idOf(content), program: exampleProgram(), notify: false };
      const tokens = async (): Promise<number> => {
        await wallet.syncObject(content, options, never);
        return requests().filter((name) => name === 'token').length;
      };
      assert.equal(await tokens(), 1);
      now += 57 * 60_000;
      assert.equal(await tokens(), 0);
      now += 2 * 60_000;
      assert.equal(await tokens(), 1);
    });
  });

  describe('objects and classes', () => {
    it('change in place of a balance below 2^31 to one above, and back', async () => {
      const content = await existing();
      for (const [points, balance] of [
        [2 ** 31 - 1, { int: 2147483647 }],
        [2 ** 31, { string: '2147483648' }],
        [3, { int: 3 }],
      ] as const) {
        assert.equal((await world.sync({ ...content, points })).outcome, 'Synced');
        assert.deepEqual(kept(content)['loyaltyPoints'], { label: 'Körner', balance });
      }
    });

    it('lose what is no longer to be shown', async () => {
      const content = exampleContent({ nextExpiry: { points: 5, expiresAt: new Date('2026-12-31T22:59:59.999Z') } });
      await world.sync(content);
      const [module] = kept(content)['textModulesData'] as { body: string }[];
      assert.equal(module?.body, '5 Körner: Dec 31, 2026');
      await world.sync({ ...content, nextExpiry: null, customerName: null });
      const { textModulesData, accountName } = kept(content);
      assert.deepEqual([textModulesData, accountName], [[], undefined]);
    });

    it('of an erased customer are INACTIVE and say nothing of them', async () => {
      const content = await existing();
      assert.equal((await world.sync({ ...content, state: 'void', customerName: null })).outcome, 'Synced');
      assert.deepEqual(kept(content), {
        id: idOf(content),
        classId: exampleClassId,
        state: 'INACTIVE',
        textModulesData: [],
      });
    });

    it('of an erased customer are not made when they were not there', async () => {
      const content = exampleContent({ state: 'void', customerName: null });
      assert.equal((await world.sync(content)).outcome, 'Synced');
      assert.equal(world.google.wallet.find(idOf(content)), undefined);
    });

    it('tell customers of an update when that is asked for, each time anew', async () => {
      const content = await existing();
      const notified = (): number | undefined => world.google.wallet.find(idOf(content))?.notified.length;
      await world.sync(content, { notify: true });
      await world.sync(content);
      assert.equal(notified(), 1);
      await world.sync(content, { notify: true });
      assert.equal(notified(), 2);
    });

    it('are updated without a word when Google has told customers of enough updates already', async () => {
      const content = await existing();
      for (let count = 0; count < 4; count += 1) {
        const { outcome, message } = await world.sync(content, { notify: true });
        assert.equal(outcome, 'Synced', message);
      }
      const { notified, versions } = world.google.wallet.find(idOf(content)) ?? {};
      assert.deepEqual([notified?.length, versions?.length], [3, 5]);
    });

    it('say whether a customer has the pass', async () => {
      const content = await existing();
      world.google.wallet.setUsers(idOf(content), true);
      assert.equal((await world.sync(content)).hasUsers, true);
    });

    it('are updated UNDER_REVIEW: APPROVED is never sent back', async () => {
      for (let count = 0; count < 2; count += 1) {
        const result = await world.wallet.syncClass(exampleProgram(), never);
        assert.equal(result.outcome, count === 0 ? 'Created' : 'Synced');
        assert.equal(world.google.wallet.find(exampleClassId)?.resource['reviewStatus'], 'APPROVED');
      }
    });
  });

  describe('a save link', () => {
    it('is a JWT that an independent check takes, with id and class only', async () => {
      const content = await existing();
      const origins = ['https://shop.example.com'];
      const link = await world.wallet.saveLink(idOf(content), exampleClassId, origins);
      const [, header = '', payload = '', signature = ''] =
        /^https:\/\/pay\.google\.com\/gp\/v\/save\/([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(link) ?? [];
      const publicKey = createPublicKey(exampleKey.privateKey);
      assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url')));
      const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
      assert.deepEqual(read(header), { alg: 'RS256', typ: 'JWT' });
      const { iat, ...claims } = read(payload) as { iat: number };
      assert.ok(Math.abs(iat - Date.now() / 1000) < 60);
      assert.deepEqual(claims, {
        iss: world.account.client_email,
        aud: 'google',
        typ: 'savetowallet',
        origins,
        payload: { loyaltyObjects: [{ id: idOf(content), classId: exampleClassId }] },
      });
      assert.ok(link.length - 'https://pay.google.com/gp/v/save/'.length <= 1_800);
    });

    it('is refused when its JWT would have more than 1800 characters', async () => {
      const origins = Array.from({ length: 60 }, (_, index) => `https://shop-${index}.example.com`);
      await assert.rejects(world.wallet.saveLink(`${issuerId}.a`, exampleClassId, origins), /Google takes 1800/);
    });

    it('is refused for an object of another issuer', async () => {
      await assert.rejects(world.wallet.saveLink('123.a', '123.b', []), /not of issuer/);
    });
  });
});
