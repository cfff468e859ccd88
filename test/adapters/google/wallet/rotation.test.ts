import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { openCredentialFolder } from '../../../../src/adapters/credential-folder/credential-folder.ts';
import { createLog } from '../../../../src/log.ts';
import { generateRsaKey } from '../../../../src/example-credentials/key-pair.ts';
import { createServiceAccount, toJsonFile } from '../../../../src/example-credentials/service-account.ts';
import { type Files, SecretVolume, temporaryDirectory } from '../../credential-folder/folders.ts';
import { eventually } from '../../../support/wait.ts';
import { exampleContent, exampleProgram, idOf, issuerId, startWalletWorld } from './wallet-world.ts';

const requests = process.env['SOAK'] === undefined ? 600 : 20_000;

describe('Google Wallet while the credential is rotated', () => {
  const parent = temporaryDirectory();
  after(() => rmSync(parent, { recursive: true }));

  it('fails no request, uses each key only with its own account, and heeds no source that is rejected', async () => {
    const world = await startWalletWorld();
    const accounts = ['one', 'two', 'three'].map((name) => {
      const clientEmail = `${name}@example-project.iam.gserviceaccount.com`;
      const account = {
        ...createServiceAccount({ privateKey: generateRsaKey().privateKey }),
        client_email: clientEmail,
      };
      world.google.accounts.register(account);
      world.google.issuers.get(issuerId)?.add(clientEmail);
      return account;
    });
    const filesOf = (index: number): Files => ({
      'google-wallet-sa.json': toJsonFile(accounts[index] ?? world.account),
      'issuer-id': issuerId,
    });
    const volume = new SecretVolume(parent, filesOf(0));
    const log = createLog({ level: 'silent', format: 'json' });
    const opening = openCredentialFolder({ provider: 'google', directory: volume.directory, log, pollMilliseconds: 5 });
    assert.ok('folder' in opening);
    const { folder } = opening;
    try {
      const wallet = world.open({ credential: () => folder.current(), renew: () => folder.refresh() });
      const used: (string | undefined)[] = [];
      world.google.interfere = ({ clientEmail }) => void used.push(clientEmail);
      const content = exampleContent();
      const options = { objectId: idOf(content), program: exampleProgram(), notify: false };
      const outcomes = new Map<string, number>();
      let sent = 0;
      const work = async (): Promise<void> => {
        while (sent < requests) {
          sent += 1;
          const result = await wallet.syncObject({ ...content, points: sent }, options, new AbortController().signal);
          outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
        }
      };
      assert.equal((await wallet.syncObject(content, options, new AbortController().signal)).outcome, 'Created');
      const workers = Array.from({ length: 8 }, work);
      const reached = (share: number): Promise<unknown> =>
        eventually(() => sent >= requests * share || null, { describe: `${share} of the requests` });
      await reached(0.2);
      volume.swap(filesOf(1));
      await reached(0.4);
      // A key of one account with the e-mail of another cannot be told from a good one here: Google refuses it. This one is broken.
      volume.swap({ ...filesOf(2), 'google-wallet-sa.json': '{"type": "authorized_user"}' });
      await reached(0.6);
      assert.equal(wallet.account().fingerprint, folder.current().fingerprint);
      assert.ok(folder.rejected());
      volume.swap(filesOf(2));
      // The rotation is over when the old keys are deleted.
      await eventually(() => used.at(-1) === accounts[2]?.client_email || null, { describe: 'the third key' });
      for (const old of accounts.slice(0, 2)) world.google.accounts.deleteKey(old);
      await Promise.all(workers);
      assert.deepEqual([...outcomes], [['Synced', requests]]);
      assert.deepEqual([...new Set(used)], accounts.map(({ client_email: email }) => email)); // prettier-ignore
      // A token of a mixed pair would not have been given out.
      assert.equal(world.google.requests.filter((name) => name === 'token').length, 3);
    } finally {
      folder.close();
      await world.end();
    }
  });
});
