import assert from 'node:assert/strict';
import { WatchMalformed } from '../../../src/adapters/kubernetes/watch-event.ts';
import { watchLines } from '../../../src/adapters/kubernetes/watch-lines.ts';

async function linesOf(chunks: Iterable<Buffer>): Promise<{ lines: string[]; chunks: number }> {
  async function* stream(): AsyncGenerator<Buffer> {
    yield* chunks;
  }
  const lines: string[] = [];
  let seen = 0;
  for await (const line of watchLines(stream(), () => (seen += 1))) lines.push(line);
  return { lines, chunks: seen };
}

function* pieces(text: string, size: number): Generator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('the lines of a watch', () => {
  const text = '{"name":"Überraschung"}\n{"name":"🎉🎉"}\n\n{"name":"last"}\n';
  const expected = ['{"name":"Überraschung"}', '{"name":"🎉🎉"}', '', '{"name":"last"}'];

  for (let size = 1; size <= 12; size++) {
    it(`are the same in chunks of ${size} bytes, which end inside characters and lines`, async () => {
      const found = await linesOf(pieces(text, size));
      assert.deepEqual(found.lines, expected);
      assert.equal(found.chunks, Math.ceil(Buffer.byteLength(text) / size));
    });
  }

  it('are the same in one chunk', async () => assert.deepEqual((await linesOf([Buffer.from(text)])).lines, expected));

  it('end with the last newline: half a line is dropped', async () => {
    assert.deepEqual((await linesOf(pieces('whole\nhal', 2))).lines, ['whole']);
    assert.deepEqual((await linesOf(pieces('half', 2))).lines, []);
    assert.deepEqual((await linesOf([])).lines, []);
  });

  it('have 1.5 MiB and more', async () => {
    const line = 'é'.repeat(1_048_576);
    assert.deepEqual((await linesOf(pieces(`${line}\n${line}\n`, 16_384))).lines, [line, line]);
  });

  it('are not collected without end', async () => {
    function* endless(): Generator<Buffer> {
      for (;;) yield Buffer.alloc(1_048_576, 'x');
    }
    await assert.rejects(linesOf(endless()), WatchMalformed);
  });
});
