/** A call, or a stream, that is under way. */
export interface Call {
  /** Aborts when the caller gives up, the time is over, or the connection is taken for dead. */
  signal: AbortSignal;
  /** Something came from the server. */
  arrived(): void;
  /** It may go on for as long as it likes. */
  unlimited(): void;
  /** Must be called. */
  ended(): void;
}

export interface Calls {
  begin(milliseconds: number, signal: AbortSignal | undefined): Call;
  /** Gives up all that is under way. */
  close(): void;
}

/** A call that is given up after less (its caller's time was short) says nothing about connections. */
const silence = 2_000;

interface UnderWay {
  begun: number;
  /** When anything last came; before that, when it was begun. */
  since: number;
  end: AbortController;
}

/**
 * Bounds calls, and draws the conclusion when one waits in vain: whatever has been silent for as long is given up too. So the watches
 * on a dead network are found dead by the next call, minutes before their idle limit, and without a request of their own.
 *
 * @param onSilence is told when the call began that has waited in vain.
 */
export function createCalls(onSilence: (begun: number) => void): Calls {
  const underWay = new Set<UnderWay>();

  function expire(call: UnderWay, milliseconds: number): void {
    call.end.abort(new Error(`timed out after ${milliseconds / 1_000} s`));
    if (milliseconds < silence || call.since > call.begun) return;
    onSilence(call.begun);
    for (const { since, end } of underWay)
      if (since <= call.begun) end.abort(new Error('its connection is taken for dead, as another call waited in vain'));
  }

  function begin(milliseconds: number, signal: AbortSignal | undefined): Call {
    const now = performance.now();
    const call: UnderWay = { begun: now, since: now, end: new AbortController() };
    const timer = setTimeout(() => expire(call, milliseconds), milliseconds);
    underWay.add(call);
    return {
      signal: signal ? AbortSignal.any([signal, call.end.signal]) : call.end.signal,
      arrived: () => void (call.since = performance.now()),
      unlimited: () => clearTimeout(timer),
      ended() {
        clearTimeout(timer);
        underWay.delete(call);
      },
    };
  }

  function close(): void {
    for (const { end } of underWay) end.abort(new Error('the client was closed'));
  }

  return { begin, close };
}
