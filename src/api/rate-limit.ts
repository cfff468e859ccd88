import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { type ApiMiddleware, present } from './context.ts';
import { Problem } from './problems.ts';

/** Seconds. */
const window = 60;

/** Lets a key (where none is asked for: a caller) send so many requests a minute to this replica; each answer says what is left (draft-ietf-httpapi-ratelimit-headers). */
export function rateLimited(requestsPerMinute: number): ApiMiddleware {
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: window });
  const policy = `"key";q=${requestsPerMinute};w=${window}`;
  return async function limitRate(context, next) {
    const { allowed, remaining, seconds } = await consume(limiter, present(context.state.caller, 'caller'));
    context.set('RateLimit-Policy', policy);
    context.set('RateLimit', `"key";r=${remaining};t=${seconds}`);
    if (!allowed) {
      const who = context.state.principal === undefined ? 'Who calls from here' : 'This key';
      const detail = `${who} may send ${requestsPerMinute} requests a minute. Go on in ${seconds} s.`;
      throw new Problem('rate-limited', detail, { headers: { 'Retry-After': String(seconds) } });
    }
    await next();
  };
}

interface Consumed {
  allowed: boolean;
  remaining: number;
  seconds: number;
}

async function consume(limiter: RateLimiterMemory, caller: string): Promise<Consumed> {
  try {
    return of(await limiter.consume(caller), true);
  } catch (error) {
    if (error instanceof RateLimiterRes) return of(error, false);
    throw error;
  }
}

function of({ remainingPoints: remaining, msBeforeNext }: RateLimiterRes, allowed: boolean): Consumed {
  return { allowed, remaining, seconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) };
}
