import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PKPass } from 'passkit-generator';
import { passFile, type PassFile } from '../src/domain/wallet/apple/archive.ts';
import { type PassJson, passJson } from '../src/domain/wallet/apple/pass-json.ts';
import { makePkpass } from '../src/domain/wallet/apple/pkpass.ts';
import { programFiles } from '../src/domain/wallet/apple/program-files.ts';
import { type PassSigner, passSignerOf } from '../src/domain/wallet/apple/signature.ts';
import { Redacted } from '../src/domain/redacted.ts';
import { appleFiles } from '../test/adapters/credential-folder/folders.ts';
import { createSources, passTypeIdentifier, teamIdentifier } from '../test/support/sources.ts';
import { median, milliseconds, type Row } from './measure.ts';

export interface PassSizes {
  /** Passes of ours a round; of the stock library a thirtieth of them. */
  passes: number;
  rounds: number;
}

interface Round {
  /** Milliseconds a pass. */
  own: number;
  stock: number;
  /** Longest time for which the event loop stood still, in milliseconds. */
  blocked: number;
}

/** A signed pass as the web service makes it once its program is known, beside stock passkit-generator with the same files. */
export async function benchPass({ passes, rounds }: PassSizes, say: (text: string) => void): Promise<Row[]> {
  const files = appleFiles(createSources());
  const signer = passSignerOf({ provider: 'apple', files: new Redacted(files), fingerprint: '', certificates: [] });
  const rows: Row[] = [];
  for (const kibibytes of [16, 225]) {
    say(`making passes with ${kibibytes} KB of images, ${rounds} rounds`);
    const contents = filesOf(kibibytes * 1024);
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round += 1) measured.push(await measure({ passes, signer, contents, files }));
    rows.push(...rowsOf(`a pass (.pkpass), ${kibibytes} KB of images`, measured));
  }
  return rows;
}

function rowsOf(what: string, rounds: readonly Round[]): Row[] {
  const [own, stock] = [median(rounds.map((round) => round.own)), median(rounds.map((round) => round.stock))];
  const ratio = median(rounds.map((round) => round.stock / round.own));
  const blocked = median(rounds.map((round) => round.blocked));
  return [
    { what, measured: `${own.toFixed(2)} ms`, goal: '≤ 2 ms', met: own <= 2 },
    {
      what: `${what}: stock passkit-generator`,
      measured: `${ratio.toFixed(0)} × (${milliseconds(stock)})`,
      goal: '≥ 30 ×',
      met: ratio >= 30,
    },
    {
      what: `${what}: event loop, longest block`,
      measured: `${blocked.toFixed(1)} ms`,
      goal: '≤ 5 ms',
      met: blocked <= 5,
    },
  ];
}

interface Measured {
  passes: number;
  signer: PassSigner;
  contents: PassFile[];
  files: Record<string, string>;
}

async function measure({ passes, signer, contents, files }: Measured): Promise<Round> {
  const jsons = Array.from({ length: passes }, (_, number) => jsonOf(number));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  for (const json of jsons.slice(0, 20)) await makePkpass(json, contents, { signer, now: new Date() });
  delay.enable();
  const begun = performance.now();
  for (const json of jsons) await makePkpass(json, contents, { signer, now: new Date() });
  const own = (performance.now() - begun) / passes;
  delay.disable();
  const images = Object.fromEntries(contents.map(({ name, bytes }) => [name, bytes]));
  const few = jsons.slice(0, Math.max(3, Math.ceil(passes / 30)));
  const stockBegun = performance.now();
  for (const json of few) stock(json, images, files);
  // The timer's own interval of a millisecond is part of what is measured.
  return { own, stock: (performance.now() - stockBegun) / few.length, blocked: delay.max / 1e6 - 1 };
}

function stock(json: PassJson, images: Record<string, Buffer>, files: Record<string, string>): Buffer {
  const [wwdr = '', signerCert = '', signerKey = ''] = ['wwdr.pem', 'signer.pem', 'signer.key'].map((n) => files[n]);
  const buffers = { ...images, 'pass.json': Buffer.from(JSON.stringify(json)) };
  return new PKPass(buffers, { wwdr, signerCert, signerKey }).getAsBuffer();
}

const names = { merchantName: 'Bäckerei Vogel', programName: 'Vogel Karte', pointsName: 'Körner', appearance: {} };
const program = { ...names, merchantId: 'm', programId: 'p', version: 1 };

/** Random bytes in the place of images: nothing looks into them. */
function filesOf(bytes: number): PassFile[] {
  const images = ['icon.png', 'icon@2x.png', 'logo.png', 'logo@2x.png', 'strip.png', 'strip@2x.png'];
  const strings = programFiles({ ...program, walletClass: null }, []).filter(({ name }) => name.endsWith('.strings'));
  return [...images.map((name) => passFile(name, randomBytes(Math.floor(bytes / images.length)))), ...strings];
}

function jsonOf(number: number): PassJson {
  const card = { cardId: String(number), timezone: 'Europe/Berlin', number: '6004870014327719', customerName: 'Ada' };
  const nextExpiry = { points: 50, expiresAt: new Date('2027-01-01T00:00:00Z') };
  const content = { ...program, ...card, state: 'active', points: number, nextExpiry } as const;
  const identity = {
    passTypeIdentifier,
    teamIdentifier,
    serialNumber: card.cardId,
    authenticationToken: 't'.repeat(43),
  };
  return passJson(content, { ...identity, webServiceURL: 'https://loyalty.example.com' });
}
