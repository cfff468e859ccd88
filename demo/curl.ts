import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { wrap, type Shell } from './step.ts';

type Json = Record<string, unknown>;

/** Sends requests to the API as a person would: by curl lines that are printed as they are run. */
export interface Client {
  /** Sets a shell variable, and prints the line; of a secret only what it is. */
  set(name: string, value: string, shown?: string): void;
  /** From now on calls carry the key that this variable holds. */
  use(key: string): void;
  /** @param url as one would type it, with the variables: `$STORE/cards` */
  get(url: string): Promise<Json>;
  post(url: string, body: Json, idempotencyKey?: string): Promise<Json>;
  /** Writes what is answered into a file; answers its Last-Modified. */
  download(url: string, file: string): Promise<string | null>;
}

interface Call {
  method: string;
  url: string;
  /** Name of the variable that holds the API key. */
  key: string;
  body?: Json;
  idempotencyKey?: string;
}

/** A client by curl. Where there is no curl the same requests are sent by Node. */
export async function createClient(shell: Shell): Promise<Client> {
  const hasCurl = (await shell.run('command -v curl || true', { quiet: true })) !== '';
  if (!hasCurl) console.log('  (There is no curl here: Node sends what the lines say.)');
  const variables: Record<string, string> = {};
  let key = '';
  const call = async (request: Call): Promise<Json> => {
    const line = curlLine(request);
    console.log(`  $ ${line.replaceAll('\n', '\n  ')}`);
    const run = shell.with(variables);
    const text = hasCurl ? await run.run(line, { quiet: true }) : await send(request, variables);
    const answer = JSON.parse(text) as Json;
    console.log(`${wrap(withoutKey(spaced(answer)), 94).replace(/^/gm, '    ')}\n`);
    return answer;
  };
  return {
    set(name, value, shown = value) {
      variables[name] = expand(value, variables);
      console.log(`  $ export ${name}=${shown}`);
    },
    use: (name) => void (key = name),
    get: (url) => call({ method: 'GET', url, key }),
    post: (url, body, idempotencyKey) =>
      call({ method: 'POST', url, key, body, ...(idempotencyKey !== undefined && { idempotencyKey }) }),
    async download(url, file) {
      console.log(`  $ ${curlLine({ method: 'GET', url, key })} -o ${basename(file)}`);
      const headers = { authorization: `Bearer ${variables[key] ?? ''}` };
      const answer = await fetch(expand(url, variables), { headers });
      if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
      await writeFile(file, Buffer.from(await answer.arrayBuffer()));
      return answer.headers.get('last-modified');
    },
  };
}

function spaced(answer: Json): string {
  return (
    JSON.stringify(answer, null, 1)
      .replace(/\n\s*/g, ' ')
      // The link with which a card is saved: who has it has the card.
      .replace(/(\/gp\/v\/save\/.{40})[^"]*/g, '$1…')
  );
}

/** A key is shown once, to whoever made it; not in a demo that may be recorded. */
function withoutKey(text: string): string {
  return text.replace(/olk_[\w-]{43}/g, (key) => `${key.slice(0, 8)}…`);
}

function expand(text: string, variables: Record<string, string>): string {
  return text.replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? '');
}

function curlLine({ url, key, body, idempotencyKey }: Call): string {
  const parts = [`curl -sS "${url}" -H "Authorization: Bearer $${key}"`];
  if (idempotencyKey !== undefined) parts.push(`-H "Idempotency-Key: ${idempotencyKey}"`);
  if (body !== undefined) parts.push(`-H 'Content-Type: application/json' \\\n    -d '${JSON.stringify(body)}'`);
  return parts.join(' \\\n    ');
}

async function send(
  { method, url, key, body, idempotencyKey }: Call,
  variables: Record<string, string>,
): Promise<string> {
  const headers: Record<string, string> = { authorization: `Bearer ${variables[key] ?? ''}` };
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(expand(url, variables), { method, headers, ...sent });
  return answer.text();
}
