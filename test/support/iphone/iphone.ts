import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type HeldPass, openPass } from './pass.ts';

/** What an iPhone does with passes of one pass type, and what it writes to /v1/log when the web service is not as it wants it. */
export interface IPhone {
  readonly deviceId: string;
  /** With it APNs reaches the phone. Another one after `renewToken`. */
  pushToken(): string;
  /** Every request that it has sent to the web service: method, path, status. */
  readonly requests: readonly string[];
  /** What it has written to /v1/log. */
  readonly complaints: readonly string[];
  /** The customer adds a pass: it is verified, and the phone registers. Answers the status of the registration. */
  add(pkpass: Buffer, lastModified?: string | null): Promise<number>;
  /** The customer removes it: the phone unregisters. */
  remove(serialNumber: string): Promise<number>;
  /** APNs has delivered a push: the phone asks what has changed, and fetches it. Answers the serial numbers it was told of. */
  pushed(): Promise<string[]>;
  /** As on pulling the pass down: fetched, whether pushed or not. Answers the status. */
  fetch(serialNumber: string): Promise<number>;
  /** As after a restore from a backup: a new push token, with which each pass registers anew. */
  renewToken(): Promise<void>;
  /** The pass as it is shown. */
  shown(serialNumber: string): HeldPass;
}

export interface IPhoneOptions {
  /** PEM of the root that it trusts in place of Apple's. */
  rootPem: string;
  /** Where webServiceURL really is, such as http://127.0.0.1:3000; absent: there. */
  server?: string;
}

export function createIPhone({ rootPem, server }: IPhoneOptions): IPhone {
  const deviceId = randomBytes(16).toString('hex');
  const passes = new Map<string, HeldPass>();
  const [requests, complaints]: [string[], string[]] = [[], []];
  let pushToken = randomBytes(32).toString('hex');
  let tag: string | undefined;

  const held = (serialNumber: string): HeldPass => {
    const pass = passes.get(serialNumber);
    assert.ok(pass, `the phone has the pass ${serialNumber}`);
    return pass;
  };

  async function send(method: string, { json }: HeldPass, path: string, init: RequestInit = {}): Promise<Response> {
    const base = server ?? json.webServiceURL;
    const response = await fetch(`${base}${path}`, { ...init, method, signal: AbortSignal.timeout(30_000) });
    requests.push(`${method} ${path} ${response.status}`);
    return response;
  }

  const holder = ({ json }: HeldPass): Record<string, string> => ({
    authorization: `ApplePass ${json.authenticationToken}`,
  });

  async function complain(pass: HeldPass, what: string): Promise<void> {
    const { passTypeIdentifier: type, webServiceURL: url } = pass.json;
    const message = `[${new Date().toISOString()}] Web service error for ${type} (${url}): ${what}`;
    complaints.push(message);
    const headers = { 'content-type': 'application/json' };
    await send('POST', pass, '/v1/log', { headers, body: JSON.stringify({ logs: [message] }) });
  }

  function registrationPath({ json }: HeldPass): string {
    return `/v1/devices/${deviceId}/registrations/${json.passTypeIdentifier}/${json.serialNumber}`;
  }

  async function register(pass: HeldPass): Promise<number> {
    const headers = { ...holder(pass), 'content-type': 'application/json' };
    const { status } = await send('POST', pass, registrationPath(pass), {
      headers,
      body: JSON.stringify({ pushToken }),
    });
    if (status !== 200 && status !== 201) await complain(pass, `Register task encountered error: status ${status}`);
    return status;
  }

  /** @param told whether the service has said that the pass changed */
  async function get(serialNumber: string, told: boolean): Promise<number> {
    const pass = held(serialNumber);
    const headers = { ...holder(pass), ...(pass.lastModified !== null && { 'if-modified-since': pass.lastModified }) };
    const response = await send('GET', pass, `/v1/passes/${pass.json.passTypeIdentifier}/${serialNumber}`, { headers });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status === 304 && told) {
      await complain(pass, `Server requested update to serial number '${serialNumber}', but the pass was unchanged.`);
    }
    if (response.status !== 200) return response.status;
    assert.equal(response.headers.get('content-type'), 'application/vnd.apple.pkpass');
    const lastModified = response.headers.get('last-modified');
    if (lastModified === null)
      await complain(pass, `Response for '${serialNumber}' is missing the last-modified header.`);
    await take(pass, bytes, lastModified);
    return 200;
  }

  async function take(before: HeldPass, bytes: Buffer, lastModified: string | null): Promise<void> {
    const pass = await openPass(bytes, rootPem, lastModified);
    const { serialNumber, authenticationToken, passTypeIdentifier } = before.json;
    const same = [pass.json.serialNumber, pass.json.authenticationToken, pass.json.passTypeIdentifier];
    assert.deepEqual(same, [serialNumber, authenticationToken, passTypeIdentifier], 'what may never change has not');
    if (before.lastModified !== null && isSame(before, pass)) {
      const since = before.lastModified;
      await complain(
        before,
        `Server ignored the 'if-modified-since' header (${since}) and returned the full unchanged pass data for serial number '${serialNumber}'.`,
      );
    }
    passes.set(serialNumber, pass);
  }

  async function changed(): Promise<string[]> {
    const [pass] = passes.values();
    if (pass === undefined) return [];
    const since = tag === undefined ? '' : `?passesUpdatedSince=${encodeURIComponent(tag)}`;
    const path = `/v1/devices/${deviceId}/registrations/${pass.json.passTypeIdentifier}${since}`;
    const response = await send('GET', pass, path);
    if (response.status === 204) {
      await complain(
        pass,
        `Device received spurious push. Request for passes updated since ${tag ?? '(null)'} returned no serial numbers.`,
      );
      return [];
    }
    assert.equal(response.status, 200);
    const { lastUpdated, serialNumbers } = (await response.json()) as { lastUpdated?: string; serialNumbers: string[] };
    if (lastUpdated === undefined || lastUpdated === tag) {
      const what = lastUpdated === undefined ? 'is missing' : `(${lastUpdated}) remained the same`;
      await complain(
        pass,
        `Response to 'What changed?' request included ${serialNumbers.length} serial numbers but the lastUpdated tag ${what}.`,
      );
    }
    for (const serial of serialNumbers.filter((one) => !passes.has(one))) {
      await complain(pass, `Update requested for unregistered serial number ${serial}`);
    }
    tag = lastUpdated;
    return serialNumbers;
  }

  return {
    deviceId,
    pushToken: () => pushToken,
    requests,
    complaints,
    async add(pkpass, lastModified = null) {
      const pass = await openPass(pkpass, rootPem, lastModified);
      passes.set(pass.json.serialNumber, pass);
      return register(pass);
    },
    async remove(serialNumber) {
      const pass = held(serialNumber);
      const { status } = await send('DELETE', pass, registrationPath(pass), { headers: holder(pass) });
      passes.delete(serialNumber);
      return status;
    },
    async pushed() {
      const serials = await changed();
      for (const serial of serials) if (passes.has(serial)) await get(serial, true);
      return serials;
    },
    fetch: (serialNumber) => get(serialNumber, false),
    async renewToken() {
      pushToken = randomBytes(32).toString('hex');
      for (const pass of passes.values()) await register(pass);
    },
    shown: held,
  };
}

/** Whether two passes have the same files; their signatures differ by the time. */
function isSame(one: HeldPass, other: HeldPass): boolean {
  return String(one.files.get('manifest.json')) === String(other.files.get('manifest.json'));
}
