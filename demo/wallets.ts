import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createIPhone, type IPhone } from '../test/support/iphone/iphone.ts';
import { fieldsOf, type HeldPass, openPass } from '../test/support/iphone/pass.ts';
import type { Client } from './curl.ts';
import type { Providers } from './providers.ts';
import { heading, type Shell } from './step.ts';

/** A customer's pass from end to end: saved, changed, brought up to date, shown. */

export interface WalletStory {
  /** With the variables CARD and STORE_KEY. */
  client: Client;
  shell: Shell;
  /** The job's: database and credentials. */
  job: Shell;
  providers: Providers;
  /** Where the files of the pass go. */
  directory: string;
  apiUrl: string;
  rootFile: string;
}

export async function showWallets(story: WalletStory, step: number): Promise<void> {
  heading(
    step,
    'The card in Google Wallet',
    'The link with which a customer saves the card. The class and the object are made before it is given away, at a fake Google that is as strict as ' +
      'the real one; the customer saves it.',
  );
  const { client, providers } = story;
  client.use('STORE_KEY');
  const link = await client.post('$CARD/wallet/google', {});
  const objectId = String(link['object_id']);
  providers.google.wallet.setUsers(objectId, true);
  heading(
    step + 1,
    'The card in Apple Wallet',
    'The .pkpass, its signature verified by OpenSSL down to the root of the example credentials. A simulated iPhone takes it, and registers for updates.',
  );
  const { phone, serialNumber } = await addToPhone(story);
  heading(
    step + 2,
    'Points change, wallets follow',
    'The customer earns 50 more. The passes are stale from that moment; sync-wallets, in a cluster a CronJob of every minute, sends the newest version ' +
      'to Google and pushes to the iPhone, which asks the API what has changed, and fetches it.',
  );
  await client.post('$CARD/earn', { points: 50, reference: 'receipt 1002' });
  await story.job.run('loyalty sync-wallets');
  await showUpdate(story, { phone, serialNumber, objectId });
}

async function addToPhone({ client, shell, providers, directory, apiUrl, rootFile }: WalletStory) {
  const folder = join(directory, 'pass');
  await mkdir(folder);
  const file = join(folder, 'card.pkpass');
  const lastModified = await client.download('$CARD/wallet/apple', file);
  const [pkpass, rootPem] = [await readFile(file), await readFile(rootFile, 'utf8')];
  const pass = await openPass(pkpass, rootPem, lastModified);
  for (const name of ['manifest.json', 'signature']) await writeFile(join(folder, name), pass.files.get(name) ?? '');
  await verifyByOpenssl(shell.with({ PASS: folder, ROOT: rootFile }));
  const phone = createIPhone({ rootPem, server: apiUrl });
  const status = await phone.add(pkpass, lastModified);
  providers.apns.devices.register(phone.pushToken(), pass.json.passTypeIdentifier);
  console.log(`\n  The iPhone took the pass and registered (${status}). It shows:\n${pointsOn(pass)}`);
  return { phone, serialNumber: pass.json.serialNumber };
}

/** The files of the unpacked .pkpass. Where there is no openssl the iPhone's own verification has to do. */
async function verifyByOpenssl(shell: Shell): Promise<void> {
  if ((await shell.run('command -v openssl || true', { quiet: true })) === '') return;
  const files = '-in "$PASS/signature" -content "$PASS/manifest.json" -CAfile "$ROOT"';
  await shell.run(`openssl smime -verify -inform der -binary -purpose any ${files} > /dev/null`);
}

function pointsOn(pass: HeldPass): string {
  const shown = [...fieldsOf(pass).values()].filter(({ key }) => ['points', 'expiring', 'expires'].includes(key));
  return shown.map(({ label, value }) => `    ${label ?? ''}: ${String(value)}`).join('\n');
}

interface Held {
  phone: IPhone;
  serialNumber: string;
  /** Google's. */
  objectId: string;
}

async function showUpdate({ providers }: WalletStory, { phone, serialNumber, objectId }: Held): Promise<void> {
  if (providers.apns.record.taken(phone.pushToken()) === 0) throw new Error('APNs had no push for the iPhone');
  const serialNumbers = await phone.pushed();
  if (phone.complaints.length > 0) throw new Error(`the iPhone complains: ${phone.complaints.join('; ')}`);
  console.log(
    `\n  APNs delivered the push. The iPhone asked what has changed, and fetched it (${serialNumbers.length} pass):`,
  );
  for (const request of phone.requests.slice(-2)) console.log(`    ${request.replace(/\?.*(?= \d)/, '?…')}`);
  const points = providers.google.wallet.find(objectId)?.resource['loyaltyPoints'];
  const now = pointsOn(phone.shown(serialNumber));
  console.log(`\n  The iPhone shows now:\n${now}\n  Google has: ${JSON.stringify(points)}`);
  if (!now.includes(': 200')) throw new Error('the iPhone does not show the new balance');
}
