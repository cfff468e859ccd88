import { StringDecoder } from 'node:string_decoder';

/**
 * Splits a watch's byte stream into its lines, one JSON document each; chunks end anywhere, also inside a character.
 * A last line without its newline was cut off and is dropped: the watch resumes before it.
 */
export async function* watchLines(chunks: AsyncIterable<Buffer>, onChunk: () => void): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  for await (const chunk of chunks) {
    onChunk();
    const lines = decoder.write(chunk).split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield parts.length > 0 ? parts.join('') + line : line;
      parts = [];
    }
    if (last !== '') parts.push(last);
  }
}
