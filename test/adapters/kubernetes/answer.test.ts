import assert from 'node:assert/strict';
import type { Dispatcher } from 'undici';
import { AnswerTooLarge, readJson, readStatus } from '../../../src/adapters/kubernetes/answer.ts';

/** An answer whose body says when it is not read on. */
function endless(statusCode: number): { answer: Dispatcher.ResponseData; read: () => number; left: () => boolean } {
  let read = 0;
  let left = false;
  async function* body(): AsyncGenerator<Buffer> {
    const part = Buffer.alloc(1_048_576, ' ');
    try {
      for (;;) {
        read += part.length;
        yield part;
      }
    } finally {
      left = true;
    }
  }
  const answer = { statusCode, headers: {}, body: body() } as unknown as Dispatcher.ResponseData;
  return { answer, read: () => read, left: () => left };
}

describe('an answer without end', () => {
  it('is not read beyond 64 MiB', async () => {
    const { answer, read, left } = endless(200);
    let chunks = 0;
    await assert.rejects(
      readJson(answer, () => (chunks += 1)),
      (error: Error) => error instanceof AnswerTooLarge && error.message === 'the answer is larger than 64 MiB',
    );
    assert.deepEqual([read(), left(), chunks], [65 * 1_048_576, true, 65]);
  });

  it('is not read beyond 256 KiB when it is a refusal', async () => {
    const { answer, read, left } = endless(500);
    assert.deepEqual(await readStatus(answer, '/x'), { message: 'the answer is not a Kubernetes Status' });
    assert.deepEqual([read(), left()], [1_048_576, true]);
  });
});
