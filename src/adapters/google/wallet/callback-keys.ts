import { z } from 'zod';
import type { RootKey } from '../../../domain/wallet/google/callback.ts';

export interface CallbackKeysOptions {
  /** GOOGLE_CALLBACK_KEYS_URL. */
  url: string;
  timeoutMilliseconds?: number;
  now?: () => Date;
}

/** The root keys with which Google's callbacks are verified, kept as long as their Cache-Control says. */
export interface CallbackKeys {
  /** @throws Error when there are none and the list cannot be had */
  current(): Promise<readonly RootKey[]>;
  /** The list as it is now, for a callback that no known key has signed; undefined: it was read a moment ago, or cannot be. */
  newer(): Promise<readonly RootKey[] | undefined>;
}

const keysSchema = z.object({
  keys: z
    .array(
      z.object({
        keyValue: z.string(),
        protocolVersion: z.string(),
        keyExpiration: z.coerce.number().int().optional(),
      }),
    )
    .max(100),
});

/** Seconds that a list is kept. */
const kept = { least: 60, most: 86_400, otherwise: 3_600 };

/** Milliseconds between two looks for newer keys: anyone can send what no key has signed. */
const rest = 60_000;

export function openCallbackKeys({
  url,
  timeoutMilliseconds = 10_000,
  now = () => new Date(),
}: CallbackKeysOptions): CallbackKeys {
  let held: { keys: readonly RootKey[]; readAt: number; until: number } | undefined;
  let asking: Promise<readonly RootKey[]> | undefined;

  async function ask(): Promise<readonly RootKey[]> {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMilliseconds), redirect: 'error' });
    if (response.status !== 200) throw new Error(`the list of Google's callback keys answered ${response.status}`);
    const { keys } = keysSchema.parse(await response.json());
    const readAt = now().getTime();
    held = { keys, readAt, until: readAt + secondsToKeep(response.headers.get('cache-control')) * 1_000 };
    return keys;
  }

  /** Whoever asks at once waits for the same list. */
  const askOnce = (): Promise<readonly RootKey[]> => (asking ??= ask().finally(() => (asking = undefined)));

  return {
    async current() {
      if (held !== undefined && now().getTime() < held.until) return held.keys;
      try {
        return await askOnce();
      } catch (error) {
        // Old keys end by their own expiration, not because the list cannot be had at the moment.
        if (held !== undefined) return held.keys;
        throw error;
      }
    },
    async newer() {
      if (held !== undefined && now().getTime() < held.readAt + rest) return undefined;
      try {
        return await askOnce();
      } catch {
        return undefined;
      }
    },
  };
}

function secondsToKeep(cacheControl: string | null): number {
  const age = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(cacheControl ?? '')?.[1];
  return age === undefined ? kept.otherwise : Math.min(kept.most, Math.max(kept.least, Number(age)));
}
