import { createPrivateKey, type KeyObject } from 'node:crypto';

/** Length of the pieces that are searched for: shorter ones turn up by chance. */
const length = 24;

/** Finds pieces of private keys and passphrases in what was told to people. */
export interface KeyMaterialSearch {
  /** Adds a key in every encoding that a careless message could quote. */
  addKey(key: KeyObject | string): void;
  /** Adds a text, such as a passphrase, as it is and as a Secret's data has it. */
  addText(text: string): void;
  /** The first piece of any of them; undefined: there is none. */
  find(told: string): string | undefined;
}

export function createKeyMaterialSearch(): KeyMaterialSearch {
  const pieces = new Set<string>();
  const short = new Set<string>();

  function add(text: string): void {
    if (text.length < length) short.add(text);
    for (let index = 0; index + length <= text.length; index += 1) pieces.add(text.slice(index, index + length));
  }

  function addText(text: string): void {
    add(text);
    // Which of three alignments it has depends on what stands before it.
    for (const before of [0, 1, 2]) {
      const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]).toString('base64');
      add(encoded.slice(before === 0 ? 0 : 4, -4));
    }
  }

  function addKey(given: KeyObject | string): void {
    const key = typeof given === 'string' ? createPrivateKey(given) : given;
    for (const type of ['pkcs1', 'pkcs8'] as const) {
      const lines = key.export({ type, format: 'pem' }).toString().trim().split('\n');
      // The first and the last are the frame, and the second begins as every key does.
      const secret = lines.slice(2, -1);
      addText(secret.join('\n'));
      add(secret.join(''));
    }
    const { d = '', p = '', q = '' } = key.export({ format: 'jwk' });
    for (const number of [d, p, q]) add(Buffer.from(number, 'base64url').toString('hex'));
  }

  function find(told: string): string | undefined {
    for (const text of short) if (told.includes(text)) return text;
    for (let index = 0; index + length <= told.length; index += 1) {
      const piece = told.slice(index, index + length);
      if (pieces.has(piece)) return piece;
    }
    return undefined;
  }

  return { addKey, addText, find };
}
