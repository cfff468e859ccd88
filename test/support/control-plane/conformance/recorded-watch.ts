import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { eventually } from '../../wait.ts';

/** One line of a watch. */
export interface WatchEvent {
  type: string;
  object: unknown;
}

/** A watch and the events that have come so far. */
export class RecordedWatch {
  readonly name: string;
  readonly status: number;
  readonly #stream: IncomingMessage;
  #text = '';
  #ended = false;

  constructor(name: string, stream: IncomingMessage) {
    this.name = name;
    this.status = stream.statusCode ?? 0;
    this.#stream = stream;
    stream.setEncoding('utf8').on('data', (chunk: string) => (this.#text += chunk));
    stream.once('close', () => (this.#ended = true));
    stream.on('error', () => {}); // we leave watches in the middle
  }

  #events(): WatchEvent[] {
    return this.#text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as WatchEvent);
  }

  /** Waits until that many events have come. */
  take(count: number): Promise<WatchEvent[]> {
    const describe = `${count} events of ${this.name}`;
    return eventually(
      () => {
        const events = this.#events();
        assert.ok(events.length >= count, `so far: ${JSON.stringify(events)}`);
        return events.slice(0, count);
      },
      { describe },
    );
  }

  /** Waits until the server has ended the watch. */
  async takeAll(): Promise<WatchEvent[]> {
    await eventually(() => this.#ended, { describe: `the end of ${this.name}` });
    return withoutRepeatedBookmarks(this.#events());
  }

  close(): void {
    this.#stream.destroy();
  }
}

// How often the real server repeats a bookmark depends on its clock.
function withoutRepeatedBookmarks(events: WatchEvent[]): WatchEvent[] {
  return events.filter(({ type }, index) => type !== 'BOOKMARK' || events[index - 1]?.type !== 'BOOKMARK');
}
