import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { Redacted } from '../src/domain/redacted.ts';
import { createLog, type Log, logEventMeanings, logEvents, type LogSettings } from '../src/log.ts';
import { eventually } from './support/wait.ts';

/** What is written, once the line `end` is there: lines for people come by way of a stream. */
async function written(settings: LogSettings, write: (log: Log) => void): Promise<string> {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  const log = createLog(settings, destination);
  write(log);
  log.fatal('end');
  await eventually(() => text.includes('end'), { describe: 'the last line' });
  return text.slice(0, text.lastIndexOf('\n', text.lastIndexOf('end')) + 1);
}

const json: LogSettings = { level: 'info', format: 'json' };
const pretty: LogSettings = { level: 'info', format: 'pretty' };

describe('log', () => {
  it('writes one JSON object a line, with level, time, event and message', async () => {
    const text = await written(json, (log) => {
      log.info({ event: logEvents.promoted, credential: 'n/apple' }, 'Revision 1 is live.');
      log.warn({ event: logEvents.rejected }, 'two\nlines');
    });
    const lines = text.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    const { time, ...first } = JSON.parse(lines[0] ?? '') as Record<string, string>;
    assert.match(time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(first, {
      level: 'info',
      event: 'credential.promoted',
      credential: 'n/apple',
      msg: 'Revision 1 is live.',
    });
  });

  it('leaves out what is below its level', async () => {
    assert.equal(await written({ ...json, level: 'warn' }, (log) => log.info('x')), '');
  });

  for (const settings of [json, pretty]) {
    it(`prints no key material that travels in it by mistake (${settings.format})`, async () => {
      const secret = new Redacted({ 'signer.key': 'PRIVATE' });
      const text = await written(settings, (log) => {
        log.info({ secret, nested: { deep: [secret] } }, 'a message');
        log.error({ err: new Error('failed', { cause: secret }) }, 'an error');
        log.info('%s %o %j', secret, secret, secret);
        log.child({ secret }).info('a child');
      });
      assert.match(text, /\[redacted\]/);
      assert.doesNotMatch(text, /PRIVATE/);
    });
  }

  it('writes lines for people where that is wanted', async () => {
    const text = await written(pretty, (log) => log.warn({ event: logEvents.rejected }, 'It is rejected.'));
    assert.match(text, /WARN.*It is rejected\.\n\s+event: "credential\.rejected"/s);
  });

  it('has a meaning for every event, and no event twice', () => {
    const events = Object.values(logEvents);
    assert.equal(new Set(events).size, events.length);
    assert.deepEqual(Object.keys(logEventMeanings).sort(), [...events].sort());
  });
});
