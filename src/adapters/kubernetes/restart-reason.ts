import { ApiError, isGone } from './api-error.ts';
import { WatchExpired, WatchIdle, WatchMalformed } from './watch-event.ts';

/** Why a list or watch had to be begun again; the label of loyalty_controller_watch_restarts_total. */
export type RestartReason =
  | 'closed'
  | 'expired'
  | 'idle'
  | 'malformed'
  | 'connection'
  | 'unauthorized'
  | 'throttled'
  | 'server_error'
  | 'refused';

/** undefined: the server ended the watch in good order. */
export function restartReason(error: unknown): RestartReason {
  if (error === undefined) return 'closed';
  if (error instanceof WatchExpired || isGone(error)) return 'expired';
  if (error instanceof WatchIdle) return 'idle';
  if (error instanceof WatchMalformed) return 'malformed';
  if (!(error instanceof ApiError)) return 'connection';
  if (error.code === 401) return 'unauthorized';
  if (error.code === 429) return 'throttled';
  return error.code >= 500 ? 'server_error' : 'refused';
}
