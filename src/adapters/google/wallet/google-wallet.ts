import { classIdOf, issuerOf } from '../../../domain/wallet/google/ids.ts';
import { loyaltyClass } from '../../../domain/wallet/google/loyalty-class.ts';
import { loyaltyObject } from '../../../domain/wallet/google/loyalty-object.ts';
import type { PassContent } from '../../../domain/wallet/pass-content.ts';
import type { ProgramContent } from '../../../domain/wallet/program-content.ts';
import type { WalletOutcome } from '../../../domain/wallet/retry.ts';
import type { WalletResult } from '../../../domain/wallet/wallet-result.ts';
import type { LiveCredential } from '../../credential-folder/live-credential.ts';
import { WalletConnection } from './connection.ts';
import { forInsert, forPatch } from './resource.ts';
import { saveLinkOf } from './save-link.ts';
import { Sender, type Sent } from './sender.ts';
import { outcomes } from './wallet-answer.ts';

export interface GoogleWalletOptions {
  /** The credential that is current: everything of a request comes from one such object. */
  credential: () => LiveCredential;
  /** Reads the credential folder again, after Google refused what is current. */
  renew: () => LiveCredential;
  endpoints: {
    /** GOOGLE_WALLET_URL: an origin, a path is ignored. */
    walletUrl: string;
    /** GOOGLE_TOKEN_URL. */
    tokenUrl: string;
  };
  /** PUBLIC_URL: where Google fetches the neutral logo, and calls back when it is https. */
  publicUrl?: string | undefined;
  /** Resolves when the next request may be sent, with the local instant by which it is to be written. */
  pace: (signal: AbortSignal) => Promise<number>;
  /** Google wants no requests for so many milliseconds. */
  postpone: (milliseconds: number) => Promise<void>;
  /** Of one request; default 10,000, as Google advises. */
  timeoutMilliseconds?: number;
  /** Connections that are open at most; default 256. */
  connections?: number;
  now?: () => Date;
  random?: () => number;
  /** Waits before a request is tried again. @throws the signal's reason */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface ObjectOptions {
  /** Of the pass; it has the issuer in it. */
  objectId: string;
  program: ProgramContent;
  /** Whether customers are to be told of the update: Google takes three such of a pass in 24 hours. */
  notify: boolean;
}

/** Google Wallet. Results are answered, not thrown; only an aborted signal's reason is, and what `pace` and `postpone` throw. */
export interface GoogleWallet {
  /** Whose credential is current. */
  account(): { issuerId: string; fingerprint: string };
  /** Brings the object of a card up to date; makes it, and its class, where there is none. */
  syncObject(content: PassContent, options: ObjectOptions, signal: AbortSignal): Promise<WalletResult>;
  /** Brings the class of a program up to date, or makes it. */
  syncClass(program: ProgramContent, signal: AbortSignal): Promise<WalletResult>;
  /**
   * The link with which a customer saves an object that exists.
   * @param origins of the pages that show it
   * @throws RangeError when it becomes longer than Google takes; TypeError when the object is another issuer's
   */
  saveLink(objectId: string, classId: string, origins: readonly string[]): Promise<string>;
  /** Ends its connections. */
  close(): Promise<void>;
}

export function openGoogleWallet(options: GoogleWalletOptions): GoogleWallet {
  const { timeoutMilliseconds = 10_000, connections = 256, now = () => new Date(), random = Math.random } = options;
  const connection = new WalletConnection({ ...options.endpoints, timeoutMilliseconds, connections });
  const deps = { ...options, ...options.endpoints, connection, timeoutMilliseconds, now, random };
  return new HttpGoogleWallet(new Sender(deps), { connection, publicUrl: options.publicUrl, now });
}

interface Parts {
  connection: WalletConnection;
  publicUrl: string | undefined;
  now: () => Date;
}

class HttpGoogleWallet implements GoogleWallet {
  readonly #sender: Sender;
  readonly #parts: Parts;
  /** Classes that are known to exist, or are being made. */
  readonly #classes = new Map<string, Promise<WalletResult>>();

  constructor(sender: Sender, parts: Parts) {
    this.#sender = sender;
    this.#parts = parts;
  }

  account(): { issuerId: string; fingerprint: string } {
    const { issuerId, fingerprint } = this.#sender.identity();
    return { issuerId, fingerprint };
  }

  async syncObject(content: PassContent, options: ObjectOptions, signal: AbortSignal): Promise<WalletResult> {
    const { objectId: id, program, notify } = options;
    const classId = classIdOf(issuerOf(id), program);
    const object = loyaltyObject(content, { id, classId });
    const plain = forPatch(object);
    const patch = (body: object): Promise<Sent> => this.#send('PATCH', `loyaltyObject/${id}`, body, signal);
    const told = notify ? await patch({ ...plain, notifyPreference: 'NOTIFY_ON_UPDATE' }) : undefined;
    // So Google answers, too, to more updates of one object that customers are told of than it takes in 24 hours.
    const patched = told === undefined || told.reason === 'quotaExceeded' ? await patch(plain) : told;
    if (patched.kind !== 'missing') return this.#resultOf(patched, 'Synced', content);
    // Nobody can have saved what is not there, and there is nothing left to show.
    if (content.state === 'void') return { outcome: 'Synced', message: 'Google has no such object.' };
    const posted = await this.#insertObject(forInsert(object), program, signal);
    if ('outcome' in posted) return posted;
    if (posted.kind === 'exists') return this.#resultOf(await patch(plain), 'AlreadyExists', content);
    return this.#resultOf(posted, 'Created', content);
  }

  async syncClass(program: ProgramContent, signal: AbortSignal): Promise<WalletResult> {
    const { publicUrl } = this.#parts;
    const id = classIdOf(this.account().issuerId, program);
    const wanted = loyaltyClass(program, { id, publicUrl });
    const patch = (): Promise<Sent> => this.#send('PATCH', `loyaltyClass/${id}`, forPatch(wanted), signal);
    const patched = await patch();
    if (patched.kind !== 'missing') return this.#resultOf(patched, 'Synced');
    if (wanted.programLogo === undefined) return withoutLogo(program);
    const posted = await this.#send('POST', 'loyaltyClass', forInsert(wanted), signal, id);
    if (posted.kind === 'exists') return this.#resultOf(await patch(), 'AlreadyExists');
    return this.#resultOf(posted, 'Created');
  }

  saveLink(objectId: string, classId: string, origins: readonly string[]): Promise<string> {
    const object = { id: objectId, classId };
    return saveLinkOf(this.#sender.identity(), { object, origins, now: this.#parts.now() });
  }

  close(): Promise<void> {
    return this.#parts.connection.close();
  }

  /** Makes an object; its class too where that is not known, and once more when Google did not know the class either. */
  async #insertObject(
    object: { id: string; classId: string },
    program: ProgramContent,
    signal: AbortSignal,
  ): Promise<Sent | WalletResult> {
    const insert = (): Promise<Sent> => this.#send('POST', 'loyaltyObject', object, signal, object.id);
    const hindrance = await this.#requireClass(program, object.classId, signal);
    if (hindrance !== undefined) return hindrance;
    const posted = await insert();
    if (posted.kind !== 'missing') return posted;
    this.#classes.delete(object.classId);
    return (await this.#requireClass(program, object.classId, signal)) ?? insert();
  }

  /** Sees to it that a class exists; whoever needs the same waits for one request. @returns why it does not exist */
  async #requireClass(program: ProgramContent, id: string, signal: AbortSignal): Promise<WalletResult | undefined> {
    for (;;) {
      const other = this.#classes.get(id);
      const making = other ?? this.#insertClass(program, id, signal);
      this.#classes.set(id, making);
      try {
        const result = await making;
        if (result.outcome === 'Created' || result.outcome === 'AlreadyExists') return undefined;
        if (this.#classes.get(id) === making) this.#classes.delete(id);
        return result;
      } catch (error) {
        if (this.#classes.get(id) === making) this.#classes.delete(id);
        // The other one was aborted; this one makes it then.
        if (other === undefined || signal.aborted) throw error;
      }
    }
  }

  async #insertClass(program: ProgramContent, id: string, signal: AbortSignal): Promise<WalletResult> {
    const wanted = loyaltyClass(program, { id, publicUrl: this.#parts.publicUrl });
    if (wanted.programLogo === undefined) return withoutLogo(program);
    const posted = await this.#send('POST', 'loyaltyClass', forInsert(wanted), signal, id);
    // Whether it is up to date is for syncClass to see to.
    if (posted.kind === 'exists') return { outcome: 'AlreadyExists', message: posted.message };
    return this.#resultOf(posted, 'Created');
  }

  #send(method: 'POST' | 'PATCH', path: string, body: object, signal: AbortSignal, id?: string): Promise<Sent> {
    return this.#sender.send({ method, path, body }, issuerOf(id ?? path.slice(path.indexOf('/') + 1)), signal);
  }

  #resultOf(sent: Sent, good: WalletOutcome, content?: PassContent): WalletResult {
    const { hasUsers } = sent;
    const message = withoutPersonalData(sent.message, content);
    return { outcome: outcomeOf(sent, good), message, ...(hasUsers !== undefined && { hasUsers }) };
  }
}

/** What a 403 means, by whether the issuer can be read. */
const forbidden = {
  readable: 'CardRefused',
  refused: 'IssuerRefused',
  unauthorized: 'CredentialRefused',
  unknown: 'Unavailable',
} as const satisfies Record<string, WalletOutcome>;

function outcomeOf({ kind, issuer = 'unknown' }: Sent, good: WalletOutcome): WalletOutcome {
  if (kind === 'done') return good;
  if (kind === 'forbidden') return forbidden[issuer];
  // It came and went while it was being made: nothing to be concluded.
  return kind === 'missing' || kind === 'exists' ? 'Unavailable' : outcomes[kind];
}

function withoutLogo({ programId }: ProgramContent): WalletResult {
  const message = `Program ${programId} has no logo_url, and Google cannot fetch the neutral logo, for PUBLIC_URL is not set: set either.`;
  return { outcome: 'InvalidContent', message };
}

/** Google quotes in its messages what it does not like. */
function withoutPersonalData(message: string, content: PassContent | undefined): string {
  return [content?.customerName, content?.number]
    .filter((text) => typeof text === 'string' && text !== '')
    .reduce<string>((text, personal) => text.replaceAll(String(personal), '…'), message);
}
