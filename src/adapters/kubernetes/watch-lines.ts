import { StringDecoder } from 'node:string_decoder';
import { WatchMalformed } from './watch-event.ts';

/** Characters. An object of Kubernetes has at most 1.5 MiB, some more as JSON; what goes on for longer is no line of a watch. */
const longestLine = 16 * 1_048_576;

/**
 * Splits a watch's byte stream into its lines, one JSON document each; chunks end anywhere, also inside a character.
 * A last line without its newline was cut off and is dropped: the watch resumes before it.
 *
 * @throws WatchMalformed for a line without end.
 */
export async function* watchLines(chunks: AsyncIterable<Buffer>, onChunk: () => void): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    onChunk();
    const lines = decoder.write(chunk).split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield parts.length > 0 ? parts.join('') + line : line;
      parts = [];
      length = 0;
    }
    if (last !== '') parts.push(last);
    length += last.length;
    if (length > longestLine) throw new WatchMalformed(`a line of the watch has more than ${longestLine} characters`);
  }
}
